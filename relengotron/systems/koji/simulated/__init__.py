"""A Koji hub for rehearsals: same protocol, same rules, no builders of its own."""

from .app import wsgi_app
from .hub import TRIAL_USERS, Hub
from .policy import DEFAULT_POLICIES

__all__ = ["DEFAULT_POLICIES", "TRIAL_USERS", "Hub", "wsgi_app"]
