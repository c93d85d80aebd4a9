"""A relay between two sockets that cuts its first connection after so many bytes, and no later one."""

import selectors
import socket
import struct
from threading import Thread
from types import TracebackType
from typing import Final, Self

from shuangli.offline.links.addresses import Address, TcpAddress

NO_LINGER: Final = struct.pack("ii", 1, 0)


class CuttingRelay:
    """Listens on a free TCP port and passes what comes on to `target`, in both directions.

    The first connection ends when `to_payer` bytes of the payee, or `to_payee` bytes of the payer have
    passed: both sides see it end as if the other one had closed it, or with `reset` as an error.
    """

    def __init__(
        self,
        target: TcpAddress,
        to_payer: int | None = None,
        to_payee: int | None = None,
        *,
        reset: bool = False,
    ) -> None:
        self._target = target
        self._limits = to_payer, to_payee
        self._reset = reset
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._thread = Thread(target=self._run)
        self.address: Address = TcpAddress(host="127.0.0.1", port=self._listening.getsockname()[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # A blocked accept is woken by shutdown, not by close.
        self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listening.close()

    def _run(self) -> None:
        limits = self._limits
        while True:
            try:
                payer, _ = self._listening.accept()
            except OSError:
                return
            with payer, socket.create_connection((self._target.host, self._target.port)) as payee:
                self._pass_on(payer, payee, limits)
                if self._reset and limits != (None, None):
                    for end in (payer, payee):
                        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
            limits = None, None

    @staticmethod
    def _pass_on(payer: socket.socket, payee: socket.socket, limits: tuple[int | None, int | None]) -> None:
        left = {payee: limits[0], payer: limits[1]}
        selector = selectors.DefaultSelector()
        selector.register(payer, selectors.EVENT_READ, payee)
        selector.register(payee, selectors.EVENT_READ, payer)
        with selector:
            while 0 not in left.values():
                for key, _ in selector.select():
                    source = payer if key.data is payee else payee
                    room = left[source]
                    try:
                        data = source.recv(65_536 if room is None else room)
                        key.data.sendall(data)
                    except OSError:
                        return
                    if not data:
                        return
                    if room is not None:
                        left[source] = room - len(data)
                        if not left[source]:
                            break
