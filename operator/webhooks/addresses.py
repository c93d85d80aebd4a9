"""Where events may be sent: never into the operator's own network. Pure.

A program names a URL, and the operator's server calls it: so a URL must not reach what only that server can
reach (SSRF). It must be https, with a public address; in a sandbox, http and https to this machine besides.
What a name resolves to is judged each time, all of it, and just that address is connected to: a name cannot
be public when it is looked at, and private when it is called.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from shuangli.errors import BadInput

# IPv6 addresses that carry an IPv4 address which somebody on the way unpacks (NAT64, 6to4, Teredo).
_CARRIERS: Final = tuple(map(IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")))
_PORTS: Final = {"https": 443, "http": 80}


class Target(NamedTuple):
    """A URL taken apart: `path` is path and query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The `Host` header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def read_url(url: str, *, sandbox: bool) -> Target:
    """Take a URL apart that events are to be sent to.

    Raises:
        BadInput: events are not sent there (`bad-value`); says what to change.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise BadInput("bad-value", f"url: no URL: {error}") from error
    if parts.scheme not in _PORTS or not host or port == 0:
        raise BadInput("bad-value", "url: give https://HOST/PATH")
    if parts.username is not None or parts.password is not None or parts.fragment or "\\" in url:
        raise BadInput("bad-value", "url: leave out user, password and fragment")
    local = sandbox and _is_this_machine(host)
    if parts.scheme != "https" and not local:
        raise BadInput("bad-value", "url: use https")
    address = _address(host)
    if address is not None and not may_connect(address, sandbox=sandbox):
        raise BadInput("bad-value", f"url: {host} is no public address")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port or _PORTS[parts.scheme], path)


def choose_address(found: Sequence[str], *, sandbox: bool) -> str | None:
    """The address to connect to, of those that a name has; None if it has none, or one that may not be."""
    addresses = [_address(text) for text in found]
    allowed = all(each is not None and may_connect(each, sandbox=sandbox) for each in addresses)
    return found[0] if found and allowed else None


def may_connect(address: IPv4Address | IPv6Address, *, sandbox: bool) -> bool:
    """Whether events may be sent to an address."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return may_connect(address.ipv4_mapped, sandbox=sandbox)
        if address.scope_id is not None or any(address in network for network in _CARRIERS):
            return False
    if address.is_loopback:
        return sandbox
    return address.is_global and not address.is_multicast and not address.is_reserved


def _is_this_machine(host: str) -> bool:
    address = _address(host)
    return host == "localhost" or (address is not None and address.is_loopback)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
