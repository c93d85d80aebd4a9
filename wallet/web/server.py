"""The web wallet as a process: one wallet file, one address of this machine, until it is told to stop."""

from collections.abc import Callable
from typing import Final

from shuangli.api.service.listening import answer_at, listening_at
from shuangli.wallet.commands.edges import Edges
from shuangli.wallet.commands.opened import OpenWallet
from shuangli.wallet.web.app import make_web_wallet
from shuangli.wallet.web.door import Door

HOST: Final = "127.0.0.1"
"""No other machine reaches the wallet. Without TLS, a browser lets a page use the camera only here."""


def serve(
    opened: OpenWallet, edges: Edges, *, port: int, passphrase: str, announce: Callable[[str], None]
) -> None:
    """Serve a wallet at a port (0: a free one); `announce` is given each new link that lets a browser in.

    Raises:
        BadInput: nobody can listen there (`bad-option`).
    """
    with listening_at(HOST, port) as (listening, address):
        door = Door(address, edges.device.random_bytes)

        def new_link() -> None:
            announce(door.link)

        wallet = make_web_wallet(opened, edges, door=door, passphrase=passphrase, new_link=new_link)
        answer_at(listening, wallet, started=new_link)
