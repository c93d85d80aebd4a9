"""A connection that a test can cut: a small proxy between a client and a server, both of this machine."""

import socket
import threading
from contextlib import suppress
from typing import Final

HOST: Final = "127.0.0.1"


class Line:
    """Passes bytes on, both ways, until it is cut.

    Attributes:
        to_port: the server's port; it may be changed
        port: where the client connects
    """

    def __init__(self, to_port: int) -> None:
        self.to_port = to_port
        self._guard = threading.Lock()
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._loses_answers = False
        self._loses_one = False
        self._listening = self._listen(0)
        self.port: int = self._listening.getsockname()[1]

    def _listen(self, port: int) -> socket.socket:
        listening = socket.create_server((HOST, port))
        threading.Thread(target=self._accept, args=(listening,), daemon=True).start()
        return listening

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                near, _ = listening.accept()
            except OSError:
                return
            try:
                far = socket.create_connection((HOST, self.to_port))
            except OSError:
                near.close()
                continue
            with self._guard:
                self._pairs.append((near, far))
            threading.Thread(target=self._pass, args=(near, far, False), daemon=True).start()
            threading.Thread(target=self._pass, args=(far, near, True), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, are_answers: bool) -> None:
        with suppress(OSError):
            while (piece := source.recv(65_536)) and not (are_answers and self._loses()):
                target.sendall(piece)
        _close(source, target)

    def _loses(self) -> bool:
        loses, self._loses_one = self._loses_answers or self._loses_one, False
        return loses

    def lose_one_answer(self) -> None:
        """The next answer is lost, with its connection."""
        self._loses_one = True

    def cut(self, *, heard: bool = False) -> None:
        """Nobody gets through any more. If `heard`, what is asked next over an open connection still arrives,
        and its answer is lost.
        """
        _close(self._listening)
        self._loses_answers = heard
        if not heard:
            with self._guard:
                pairs, self._pairs = self._pairs, []
            for pair in pairs:
                _close(*pair)

    def mend(self) -> None:
        """What is tried from now on gets through."""
        self.cut()
        self._listening = self._listen(self.port)

    def close(self) -> None:
        self.cut()


def _close(*sockets: socket.socket) -> None:
    """Close sockets also for a thread that waits at one of them."""
    for each in sockets:
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()
