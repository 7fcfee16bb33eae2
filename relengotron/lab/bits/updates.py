"""Which updates wait in the lab for a push?"""

from relengotron.lab.bits.catalogue import find
from relengotron.lab.bits.package import Update

UPDATES: tuple[Update, ...] = (
    Update(
        "openssl",
        (find("openssl").at("1.0.2j"),),
        "security",
        "stable",
        "Missing CRL sanity check and several memory errors.",
        (1379310, 1377600),
        ("CVE-2016-7052", "CVE-2016-6304"),
        "urgent",
    ),
    Update(
        "bash",
        (find("bash").at("4.3.46", "2"),),
        "bugfix",
        "stable",
        "Keeps the history when a session ends.",
        (1376609,),
    ),
    Update("tzdata", (find("tzdata").at("2016i"),), "enhancement", "stable", "New rules for Cyprus and Turkey."),
    Update(
        "nethack",
        (find("nethack").at("3.6.0", "32"),),
        "bugfix",
        "stable",
        "Fixes a crash in the tourist role.",
        (1340000,),
    ),
    Update(
        "kubernetes etcd flannel",
        (find("kubernetes").at("1.4.0", "0.1"), find("etcd").at("3.0.12"), find("flannel").at("0.6.2")),
        "enhancement",
        "testing",
        "Kubernetes 1.4 together with the etcd and flannel it was tested with.",
        (1385000,),
    ),
    Update(
        "ostree rpm-ostree",
        (find("ostree").at("2016.12"), find("rpm-ostree").at("2016.11")),
        "bugfix",
        "testing",
        "Pulls resume after a lost connection.",
        (1388700, 1388701),
    ),
    Update("vim", (find("vim").at("8.0.086"),), "enhancement", "testing", "Vim 8."),
    Update("cockpit", (find("cockpit").at("122"),), "enhancement", "testing", "Shows timers of services."),
    Update(
        "docker",
        (find("docker").at("1.12.3", "2.git9a3752d"),),
        "bugfix",
        "testing",
        "Restarts no longer lose names.",
        (1390000,),
    ),
    Update(
        "less",
        (find("less").at("481", "7"),),
        "bugfix",
        "testing",
        "Handles UTF-8 in prompts.",
        signed_copy_written=False,
    ),
)
