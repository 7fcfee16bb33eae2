"""Switches relengotron on in a fedmsg hub.

Put this file into /etc/fedmsg.d/ on the machine where relengotron runs, next to what your bus needs anyway
(see endpoints.py.example and signing.py.example). Everything else is set in relengotron's own configuration.
"""

import os

config = {
    # The hub skips a consumer silently when its key is not True.
    "relengotron.enabled": True,
    # Where relengotron's own configuration is: the folder with relengotron.yaml. Services and `relengotron daemon` name
    # it in their environment.
    "relengotron.settings": os.environ.get("RELENGOTRON_CONFIG", "/etc/relengotron"),
    # What happens when relengotron cannot start: "exit" ends the hub with status 78, so that the service is red;
    # "disable" lets a hub that carries other consumers go on without us.
    "relengotron.on_failure": "exit",
    # The hub takes these from its defaults or not at all, and then fails in strange ways: set them.
    "topic_prefix": "org.fedoraproject",
    "environment": "prod",
    "zmq_enabled": True,
    # One worker keeps the order; more do not help a consumer that only stores.
    "moksha.workers_per_consumer": 1,
    # Workers plus room for the hub's own jobs.
    "moksha.threadpool_size": 6,
    # False means that anybody who reaches the bus can order a push. Missing means that the hub does not start.
    "validate_signatures": True,
    # A subscriber comes back to a restarted publisher at the latest after this time; publishers sleep at least as
    # long before their first message.
    "zmq_reconnect_ivl": 100,
    "zmq_reconnect_ivl_max": 1000,
    "post_init_sleep": 1.0,
    # Must stay 0: fedmsg 1.1.7 cannot set another value with today's pyzmq.
    "high_water_mark": 0,
    # Replaces fedmsg's own logging, so it must be whole: format, place and the three packages that talk. The
    # formatter writes the facts beside each sentence, such as the text of a message that was lost.
    "logging": {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "plain": {
                "()": "relengotron.logbook.FactsBeside",
                "fmt": "%(asctime)s %(levelname)s %(name)s: %(message)s",
            },
        },
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": "plain", "stream": "ext://sys.stderr"},
        },
        "loggers": {
            "fedmsg": {"level": "INFO", "propagate": False, "handlers": ["console"]},
            "moksha": {"level": "INFO", "propagate": False, "handlers": ["console"]},
            "relengotron": {"level": "INFO", "propagate": False, "handlers": ["console"]},
        },
    },
}
