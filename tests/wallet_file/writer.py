"""A device that writes to its wallet file until it is killed, and says after each write that it is done.

python -m tests.wallet_file.writer PATH
"""

import os
import sys
from pathlib import Path
from typing import Final

from shuangli.crypto import SigningKey
from shuangli.messages.loads import LoadOrder
from shuangli.wallet.file_database import connect_file
from shuangli.wallet.records import LoadOrdered
from shuangli.wallet.wallet_file import Device, WalletFile
from tests.setting import NOW
from tests.wallet_file.files import GUARD, PASSPHRASE, SEED, fold

COMPACT_EVERY: Final = 7
MOST: Final = 5_000
"""Where it stops by itself, should nobody kill it."""


def order(number: int) -> LoadOrdered:
    """The record of write `number`: orders stay open, so their nonces tell which were stored."""
    return LoadOrdered(
        order=LoadOrder.sign(
            SigningKey(SEED),
            operator="OP01",
            values_fen=[number + 1],
            nonce=number.to_bytes(16, "big"),
            ordered_at_s=NOW,
        )
    )


def on_this_machine() -> Device:
    """This machine, with its real disk and randomness."""
    return Device(random_bytes=os.urandom, guard=GUARD, connect=connect_file)


def write(path: Path) -> None:
    """Append orders, and compact now and then."""
    with WalletFile.open(path, passphrase=PASSPHRASE, now_s=NOW, device=on_this_machine()) as file:
        purse = fold(list(file))
        for number in range(MOST):
            record = order(number)
            file.append([record])
            purse.apply(record)
            os.write(1, b".")
            if number % COMPACT_EVERY == COMPACT_EVERY - 1:
                file.compact(purse.checkpoint())


if __name__ == "__main__":
    write(Path(sys.argv[1]))
