"""Wallet files for tests: made fast, with what two wallets have really lived through."""

import random
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from shuangli.days import day_of
from shuangli.errors import BadInput, Refused, StoreError
from shuangli.messages.bundle import Bundle
from shuangli.messages.notices import RevocationList
from shuangli.messages.returns import Returned
from shuangli.messages.transfers import PAYEE_OUTPUT, Transfer, output_coin_id
from shuangli.offline.payer import PayerSession
from shuangli.offline.request import request_id_of
from shuangli.sealing import Cost
from shuangli.wallet.counter import Counter
from shuangli.wallet.file_database import Connect, Connection, connect_file
from shuangli.wallet.file_guard import Guard
from shuangli.wallet.purse import Purse
from shuangli.wallet.records import Record
from shuangli.wallet.wallet import Wallet
from shuangli.wallet.wallet_file import EPOCH, Device, WalletFile
from tests.paying import pay
from tests.setting import NOW
from tests.world import World

FAST: Final = Cost(operations=1, memory_bytes=8_192)
"""Argon2id at its cheapest: tests try thousands of passphrases."""
GUARD: Final = Guard(cost=FAST, least_cost=FAST)
PASSPHRASE: Final = "three blue herons"
SEED: Final = bytes(range(32))
CLEAR: Final = (StoreError, BadInput, Refused)
"""How a file that is not whole may be refused: in one line, never a traceback."""


class Hasty:
    """A connection that does not wait for the disk, which only a loss of power could tell."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def execute(self, statement: str, parameters: Sequence[Any] = (), /) -> Iterable[Any]:
        if statement.startswith("PRAGMA synchronous"):
            statement = "PRAGMA synchronous = OFF"
        return self._connection.execute(statement, parameters)

    def close(self) -> None:
        self._connection.close()


def hastily(path: Path, fresh: bool) -> Connection:
    return Hasty(connect_file(path, fresh))


def device(
    *, seed: int = 1, counter: Counter | None = None, guard: Guard = GUARD, connect: Connect = hastily
) -> Device:
    """A device whose randomness is the same in every run."""
    randomness = random.Random(seed).randbytes
    return Device(random_bytes=randomness, counter=counter, guard=guard, connect=connect)


def make(
    path: Path, records: Sequence[Record], *, epochs: Sequence[bytes], on: Device | None = None
) -> WalletFile:
    """A new file, open, with these records in a few writes, and the certificates of their epochs."""
    file = WalletFile.create(path, passphrase=PASSPHRASE, seed=SEED, device=on or device())
    for number, data in enumerate(epochs, 1):
        file.keep(EPOCH.format(number=number), data)
    for start in range(0, len(records), 12):
        file.append(records[start : start + 12])
    return file


def reopen(path: Path, *, on: Device | None = None, now_s: int = NOW) -> WalletFile:
    """Open a file that `make` made."""
    return WalletFile.open(path, passphrase=PASSPHRASE, now_s=now_s, device=on or device(seed=2))


def read(path: Path) -> list[Record]:
    """What the journal in a file says."""
    with reopen(path) as file:
        return list(file)


def copy_of(path: Path, name: str = "copy") -> Path:
    """A copy of a closed file, as anybody makes it who gets hold of the device."""
    target = path.with_name(name)
    shutil.copyfile(path, target)
    return target


def fold(records: Sequence[Record]) -> Purse:
    """The purse that a journal adds up to."""
    purse = Purse(day_of=day_of)
    for record in records:
        purse.apply(record)
    return purse


def life(world: World) -> list[Record]:
    """The journal of a wallet with something of everything: change, receipts, refusals, hand-ins."""
    payer, wallet, third = world.wallet([500, 200, 100]), world.wallet([300]), world.wallet([50])
    pay(payer, wallet, 450)
    pay(wallet, third, 100)
    request = wallet.request(120, now_s=NOW)
    for rival in (payer, third):
        for message in rival.receive(request_id_of(request), request, now_s=NOW):
            (answer,) = wallet.receive(request_id_of(request), message, now_s=NOW)
            rival.receive(request_id_of(request), answer, now_s=NOW)
    _lose_race(wallet, third, payer)
    lost = third.request(30, now_s=NOW)
    wallet.receive(request_id_of(lost), lost, now_s=NOW)
    wallet.order_load([20], now_s=NOW)
    wallet.drop_order(wallet.order_load([40], now_s=NOW))
    world.hand_in(wallet)
    wallet.note_sync(now_s=NOW)
    listed = RevocationList.sign(
        world.keys["centre"], number=1, issued_at_s=NOW, wallets=(), operators=(), epochs=()
    )
    wallet.update_revocations(listed.signed.data)
    pay(third, wallet, 15)
    wallet.hand_in(now_s=NOW)
    _give_back(world, wallet, wallet.purse.paying[request_id_of(lost)])
    return list(world.journals[wallet])


def _give_back(world: World, wallet: Wallet, session: PayerSession) -> None:
    """A payment that nobody has claimed comes back."""
    assert session.payment is not None
    (spend,) = Transfer.parse(Bundle.decode(session.payment.body).transfers[-1]).spends
    notice = Returned.sign(
        world.keys["OP01"],
        operator="OP01",
        number=1,
        owner=wallet.key.public,
        parent_id=session.transfer_id,
        coin_id=output_coin_id(session.transfer_id, spend.coin_id, PAYEE_OUTPUT),
        value_fen=spend.pay_fen,
        returned_at_s=NOW,
    )
    wallet.take_returned(notice.signed.data, operator_key=world.keys["OP01"].public)


def _lose_race(loser: Wallet, winner: Wallet, payee: Wallet) -> None:
    """Two wallets pay one request; the first to arrive is paid, the other keeps a refusal."""
    request = payee.request(10, now_s=NOW)
    for payer in (winner, loser):
        (message,) = payer.receive(request_id_of(request), request, now_s=NOW)
        (answer,) = payee.receive(request_id_of(request), message, now_s=NOW)
        payer.receive(request_id_of(request), answer, now_s=NOW)


def outcome(attempt: Callable[[], list[Record]]) -> list[Record] | None:
    """What a file says; None if it is refused clearly. Anything else that is raised is a fault of ours."""
    try:
        return attempt()
    except CLEAR as refusal:
        lines = str(refusal).splitlines()
    assert len(lines) == 1
    return None
