"""One device as a process of its own: `python -m tests.links.device payer|payee ADDRESS DIRECTORY`.

Both processes derive the same small world from its seed, as two devices that were enrolled and loaded at
some time before; from then on they share nothing but the connection. Prints one JSON object a line: the
payee first where it listens, and each at the end what it holds and what it will hand in.
"""

import json
import sys
import time
from pathlib import Path

from shuangli.offline.links.addresses import parse_address
from shuangli.offline.links.sockets import Listener, Patience, connect
from shuangli.wallet.session import PayerSide, pay, serve
from shuangli.wallet.wallet import Wallet
from tests.links.support import agree, now_s, parties
from tests.setting import NOW
from tests.world import World

PATIENCE = Patience(connect_s=30, message_s=30)
WAIT_S = 30


def say(**words: object) -> None:
    print(json.dumps(words), flush=True)  # noqa: T201


def say_what_is_held(wallet: Wallet, state: str) -> None:
    balance_fen = wallet.purse.balance_fen
    upload = wallet.hand_in(now_s=NOW)
    say(state=state, balance_fen=balance_fen, upload=upload.hex() if upload else None)


def main(role: str, at: str, directory: str) -> None:
    world = World(Path(directory))
    payer, payee, request_id = parties(world)
    address = parse_address(at)
    if role == "payee":
        with Listener(address, monotonic_s=time.monotonic, patience=PATIENCE) as listener:
            say(listens=str(listener.address))
            served = serve(payee, request_id, lambda: listener.accept(within_s=WAIT_S), now_s=now_s)
        say_what_is_held(payee, served.session.state.value)
    else:
        side = PayerSide(payer, confirm=agree, now_s=now_s)
        session = pay(side, lambda: connect(address, monotonic_s=time.monotonic, patience=PATIENCE))
        say_what_is_held(payer, session.state.value)
    world.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
