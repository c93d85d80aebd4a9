"""Where an operator is: `http://HOST:PORT`, `https://HOST`, or `unix:PATH` for a socket on this machine."""

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from shuangli.errors import BadInput
from shuangli.hosts import is_host

_UNIX: Final = "unix:"


def parse_operator_address(text: str) -> str:
    """Read an operator's address into the form in which it is kept, with the whole path of a socket.

    Raises:
        BadInput: it is none.
    """
    path = text.removeprefix(_UNIX)
    if path not in (text, ""):
        return f"{_UNIX}{Path(path).absolute()}"
    try:
        parts = urlsplit(text)
        scheme, host, port = parts.scheme, parts.hostname or "", parts.port
    except ValueError:
        scheme, host, port = "", "", None
    plain = text.isascii() and text.isprintable() and " " not in text
    if (
        scheme not in ("http", "https")
        or not is_host(host)
        or port == 0
        or not plain
        or set("?#@") & set(text)
    ):
        raise BadInput("bad-option", f"{text!r} is no operator's address: give http://HOST:PORT or unix:PATH")
    return text.rstrip("/")


def socket_path_of(address: str) -> str | None:
    """The path of the Unix socket that an address names; None if it names none."""
    return address.removeprefix(_UNIX) if address.startswith(_UNIX) else None
