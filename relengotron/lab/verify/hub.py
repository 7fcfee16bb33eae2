"""How does a stranger ask Koji?"""

import http.client
import xmlrpc.client
from typing import Any, Final
from urllib.parse import urlsplit

_TIMEOUT: Final = 30.0


class _Transport(xmlrpc.client.Transport):
    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        connection = super().make_connection(host)
        connection.timeout = _TIMEOUT
        return connection


class _SafeTransport(xmlrpc.client.SafeTransport):
    def make_connection(self, host: Any) -> http.client.HTTPSConnection:
        connection = super().make_connection(host)
        connection.timeout = _TIMEOUT
        return connection


def hub_at(url: str) -> xmlrpc.client.ServerProxy:
    """A hub that nobody is logged in to."""
    transport = _SafeTransport() if urlsplit(url).scheme == "https" else _Transport()
    return xmlrpc.client.ServerProxy(url, transport=transport, allow_none=True)
