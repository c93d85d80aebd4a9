"""Addresses at which a device listens for another one: `tcp:HOST:PORT` or `unix:PATH`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shuangli.errors import BadInput
from shuangli.hosts import is_host

MAX_PORT: Final = 65_535
MAX_PORT_DIGITS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpAddress:
    """A host name or IP address, and a port; port 0 lets a listener choose a free one."""

    host: str
    port: int

    def __post_init__(self) -> None:
        if not self.host or not 0 <= self.port <= MAX_PORT:
            raise BadInput("bad-option", f"no TCP address: host {self.host!r}, port {self.port}")

    def __str__(self) -> str:
        return f"tcp:[{self.host}]:{self.port}" if ":" in self.host else f"tcp:{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnixAddress:
    """The path of a Unix socket."""

    path: Path

    def __str__(self) -> str:
        return f"unix:{self.path}"


Address = TcpAddress | UnixAddress


def parse_address(text: str) -> Address:
    """Read `tcp:HOST:PORT` (an IPv6 address in brackets) or `unix:PATH`.

    Raises:
        BadInput: it is neither.
    """
    scheme, _, rest = text.partition(":")
    if scheme == "unix" and rest:
        return UnixAddress(path=Path(rest))
    host, _, port = rest.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        host = ""
    is_number = port.isascii() and port.isdecimal() and len(port) <= MAX_PORT_DIGITS
    if scheme != "tcp" or not is_host(host) or not is_number:
        raise BadInput("bad-option", f"{text!r} is not an address: give tcp:HOST:PORT or unix:PATH")
    return TcpAddress(host=host, port=int(port))
