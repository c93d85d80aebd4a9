"""Links over TCP and Unix sockets. An edge file: it alone of the protocol touches the network.

The payee listens and shows its request to whoever connects; the payer connects. Every wait is bounded by
an argument, and for a message as a whole: a peer that sends one byte a second is silent, too. The
monotonic clock comes in as a function.
"""

import errno
import socket
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from shuangli.errors import BadInput, LinkError, Malformed
from shuangli.offline.links.addresses import Address, TcpAddress, UnixAddress
from shuangli.offline.links.frames import GOODBYE, MAX_MESSAGE_BYTES, FrameReader, encode_frame
from shuangli.offline.states import Message

READ_BYTES: Final = 65_536
BACKLOG: Final = 16
OWNER_ONLY: Final = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long one end waits, in seconds, and for how large a message, in bytes.

    `message_s` is for one whole message, from asking for it to its last byte, or from its first byte
    sent to the last one taken; it includes the time in which the other side thinks.
    """

    connect_s: float = 5.0
    message_s: float = 30.0
    most_bytes: int = MAX_MESSAGE_BYTES

    def __post_init__(self) -> None:
        if self.connect_s <= 0 or self.message_s <= 0 or not 0 < self.most_bytes <= MAX_MESSAGE_BYTES:
            raise BadInput("bad-option", "timeouts are more than 0 s, sizes 1 byte to the largest message")


class SocketLink:
    """One device's end of a connected stream socket.

    Leaving its `with` block closes it, and says goodbye before that unless an error is on its way: so the
    other side knows that this one has what it wanted.
    """

    __slots__ = ("_monotonic_s", "_patience", "_reader", "_socket")

    def __init__(
        self, connected: socket.socket, *, monotonic_s: Callable[[], float], patience: Patience
    ) -> None:
        """Take over a connected socket."""
        self._socket = connected
        self._monotonic_s = monotonic_s
        self._patience = patience
        self._reader = FrameReader(most_bytes=patience.most_bytes)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            # If it cannot be said any more, the other side finds the connection cut: it may be run again.
            with suppress(OSError):
                self._socket.settimeout(self._patience.connect_s)
                self._socket.sendall(GOODBYE)
        self.close()

    def close(self) -> None:
        """Cut the connection."""
        self._socket.close()

    def send(self, message: Message) -> None:
        """Send a message; that it was taken does not mean that it has arrived.

        Raises:
            LinkError: the connection was cut, or nobody took the bytes in time.
        """
        frame = encode_frame(message)
        try:
            self._socket.settimeout(self._patience.message_s)
            self._socket.sendall(frame)
        except OSError as error:
            raise _link_error(error) from error

    def receive(self) -> Message | None:
        """Wait for the next message; None if the other side has said goodbye.

        Raises:
            Malformed: what arrived is no message; the connection is closed.
            LinkError: the connection was cut, or the message was not there in time.
        """
        until_s = self._monotonic_s() + self._patience.message_s
        try:
            while (message := self._reader.next_message()) is None and not self._reader.ended:
                self._reader.feed(self._read(until_s - self._monotonic_s()))
        except Malformed:
            self.close()
            raise
        return message

    def _read(self, within_s: float) -> bytes:
        if within_s <= 0:
            raise LinkError("link-silent")
        try:
            self._socket.settimeout(within_s)
            data = self._socket.recv(READ_BYTES)
        except OSError as error:
            raise _link_error(error) from error
        if not data:
            raise LinkError("link-cut")
        return data


def connect(address: Address, *, monotonic_s: Callable[[], float], patience: Patience) -> SocketLink:
    """Connect to a listening device.

    Raises:
        LinkError: nobody can be reached there in time.
    """
    try:
        if isinstance(address, TcpAddress):
            connected = socket.create_connection((address.host, address.port), patience.connect_s)
        else:
            connected = _connect_unix(address.path, patience.connect_s)
    except OSError as error:
        raise LinkError("link-unreachable", f"{address}: {error.strerror or error}") from error
    return _linked(connected, monotonic_s, patience)


class Listener:
    """Waits for devices to connect; leaving its `with` block closes it and removes a Unix socket's file.

    Attributes:
        address: where it listens, with the port that was chosen
    """

    __slots__ = ("_monotonic_s", "_patience", "_socket", "address")

    def __init__(self, address: Address, *, monotonic_s: Callable[[], float], patience: Patience) -> None:
        """Listen at an address. The file of a Unix socket is the owner's alone.

        A file that a killed listener has left there is replaced.

        Raises:
            LinkError: one cannot listen there, or somebody does already.
        """
        self._monotonic_s = monotonic_s
        self._patience = patience
        try:
            if isinstance(address, TcpAddress):
                family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
                at = (address.host, address.port)
                self._socket = socket.create_server(at, family=family, backlog=BACKLOG)
                address = TcpAddress(host=address.host, port=self._socket.getsockname()[1])
            else:
                self._socket = _listen_unix(address.path)
        except OSError as error:
            raise LinkError("link-unreachable", f"{address}: {error.strerror or error}") from error
        self.address: Address = address

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Listen no more."""
        self._socket.close()
        if isinstance(self.address, UnixAddress):
            self.address.path.unlink(missing_ok=True)

    def accept(self, *, within_s: float) -> SocketLink | None:
        """The next device that connects, or None if none does within so many seconds.

        Raises:
            LinkError: it was gone again before it was accepted.
        """
        try:
            self._socket.settimeout(max(within_s, 0.0))
            connected, _ = self._socket.accept()
        except (TimeoutError, BlockingIOError):
            return None
        except OSError as error:
            raise _link_error(error) from error
        return _linked(connected, self._monotonic_s, self._patience)


def _linked(connected: socket.socket, monotonic_s: Callable[[], float], patience: Patience) -> SocketLink:
    if connected.family != socket.AF_UNIX:
        # A session is a few short messages, each an answer: none is held back to fill a packet.
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return SocketLink(connected, monotonic_s=monotonic_s, patience=patience)


def _connect_unix(path: Path, within_s: float) -> socket.socket:
    connected = socket.socket(socket.AF_UNIX)
    try:
        connected.settimeout(within_s)
        connected.connect(str(path))
    except OSError:
        connected.close()
        raise
    return connected


def _listen_unix(path: Path) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX)
    try:
        try:
            listening.bind(str(path))
        except OSError as error:
            if error.errno != errno.EADDRINUSE or not _is_left_over(path):
                raise
            path.unlink()
            listening.bind(str(path))
        path.chmod(OWNER_ONLY)
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


def _is_left_over(path: Path) -> bool:
    """Whether a path is a socket at which nobody listens."""
    if not stat.S_ISSOCK(path.stat().st_mode):
        return False
    try:
        _connect_unix(path, 1.0).close()
    except ConnectionRefusedError:
        return True
    return False


def _link_error(error: OSError) -> LinkError:
    if isinstance(error, TimeoutError):
        return LinkError("link-silent")
    return LinkError("link-cut", f"the connection was cut: {error.strerror or error}")
