"""Power is lost at every write of a payment, on either side (F05 to F08, F10): one payment comes of it.

Payer and payee are wallets on files of their own. They make a payment, and the payee reconciles. Each time
the power of one of them goes at another write; then it comes back, and they go on with what their files say.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import pytest

pytest.importorskip("apsw", reason="power loss is made with apsw's VFS")

from shuangli.crypto import SigningKey, sha256
from shuangli.errors import StoreError
from shuangli.messages.loads import Load
from shuangli.offline.states import Message, PayerState
from shuangli.offline.trust import Trust
from shuangli.wallet.custody import KeyCustody
from shuangli.wallet.session import stored_request
from shuangli.wallet.wallet import Wallet
from shuangli.wallet.wallet_file import WalletFile
from tests.paying import signing_key
from tests.protocol.small_centre import SmallCentre
from tests.setting import NOW, TRANSFERABLE
from tests.wallet_file.files import device, make, reopen
from tests.wallet_file.power import Disk, Survives
from tests.world import World

PATH: Final = Path("/wallet")
LATER_S: Final = NOW + 60
PAID_FEN: Final = 60

Files = dict[str, bytes]


@dataclass(kw_only=True)
class Side:
    """One device: its wallet as it was made, and the files on its disk."""

    made: Wallet
    files: Files

    @contextmanager
    def on(self, disk: Disk, now_s: int) -> Iterator[Wallet]:
        """The wallet that the files on a disk hold."""
        with reopen(PATH, on=device(seed=2, connect=disk.connect), now_s=now_s) as file:
            yield self.wallet(file, now_s)

    def wallet(self, file: WalletFile, now_s: int) -> Wallet:
        return Wallet(
            key=KeyCustody(signing_key(self.made), lambda size: sha256(now_s.to_bytes(8, "big"))[:size]),
            trust=self.made.trust,
            journal=file,
            rules=self.made._rules,
        )


@dataclass(kw_only=True)
class Payment:
    """A payer with 100 fen, a payee, and the centre that the payee reconciles with, before they start.

    `said` is what has left a device: messages, and uploads.
    """

    payer: Side
    payee: Side
    centre: SmallCentre
    trust: Trust
    operator_key: SigningKey
    said: list[Message | bytes] = field(default_factory=list)

    def go_on(self, disks: dict[str, Disk], now_s: int) -> tuple[Wallet, Wallet] | None:
        """Both sides as they are when the payment is made and reconciled; None if the power went."""
        try:
            with self.payer.on(disks["payer"], now_s) as payer, self.payee.on(disks["payee"], now_s) as payee:
                self.pay(payer, payee, now_s)
                payee.hand_in(now_s=now_s)
                for upload in payee.unanswered:
                    self.reconcile(payee, upload, now_s)
                return payer, payee
        except StoreError as error:
            code = error.code
        assert code == "unavailable", "lost power is no damaged file"
        return None

    def pay(self, payer: Wallet, payee: Wallet, now_s: int) -> None:
        asked = next(iter(payee.purse.asking), None)
        request = payee.request(PAID_FEN, now_s=now_s) if asked is None else stored_request(payee, asked)
        (request_id,) = payee.purse.asking
        self.said.append(request)
        for payment in payer.receive(request_id, request, now_s=now_s):
            self.said.append(payment)
            for answer in payee.receive(request_id, payment, now_s=now_s):
                self.said.append(answer)
                payer.receive(request_id, answer, now_s=now_s)

    def reconcile(self, payee: Wallet, upload: bytes, now_s: int) -> None:
        """Hand an upload in; the operator answers a repeat as before."""
        self.said.append(upload)
        if sha256(upload) not in self.centre.answers:
            self.centre = self.centre.answered(
                upload, payee.key.public, trust=self.trust, operator_key=self.operator_key, now_s=now_s
            )
        payee.acknowledge(self.centre.answers[sha256(upload)], operator_key=self.operator_key.public)


@pytest.fixture
def start(tmp_path: Path) -> Payment:
    world = World(tmp_path, terms=TRANSFERABLE)
    payer, payee = world.wallet(), world.wallet()
    load = Load.parse(world.load(payer, [100]))
    sides = []
    for wallet in (payer, payee):
        disk = Disk()
        on = device(connect=disk.connect)
        make(PATH, list(world.journals[wallet]), epochs=[world.epoch.signed.data], on=on).close()
        sides.append(Side(made=wallet, files=disk.after_cut(Survives.ALL)))
    world.close()
    return Payment(
        payer=sides[0],
        payee=sides[1],
        centre=SmallCentre.minted([load], world.trust()),
        trust=world.trust(),
        operator_key=world.keys["OP01"],
    )


def fresh(start: Payment) -> Payment:
    return replace(start, said=[])


@pytest.mark.parametrize("survives", Survives)
@pytest.mark.parametrize("side", ["payer", "payee"])
def test_f05_f06_f07_f08_f10_a_payment_cut_at_every_write(
    start: Payment, side: str, survives: Survives
) -> None:
    files = {"payer": start.payer.files, "payee": start.payee.files}
    whole = {name: Disk(data) for name, data in files.items()}
    assert fresh(start).go_on(whole, NOW) is not None
    came_to: set[int] = set()
    for cut_at in range(1, whole[side].steps + 1):
        payment = fresh(start)
        disks = {name: Disk(data, cut_at=cut_at if name == side else None) for name, data in files.items()}
        done = payment.go_on(disks, NOW)
        came_to.add(len(payment.said))
        assert done is None or cut_at == whole[side].steps
        after = {
            name: Disk(disk.after_cut(survives if name == side else Survives.ALL, seed=cut_at))
            for name, disk in disks.items()
        }
        ended = payment.go_on(after, LATER_S)
        assert ended is not None
        check(payment, *ended)
    assert len(came_to) > 2, "the power went at several stages of the payment"


def check(payment: Payment, payer: Wallet, payee: Wallet) -> None:
    """One payment was made; whatever has left a device twice was the same both times."""
    (session,) = payer.purse.paying.values()
    assert session.state is PayerState.PAID
    assert (payer.purse.balance_fen, payer.purse.in_flight_fen) == (100 - PAID_FEN, 0)
    assert (payee.purse.balance_fen, payee.purse.in_flight_fen, payee.purse.uploads) == (0, 0, {})
    messages = {said for said in payment.said if isinstance(said, Message)}
    assert len({message.kind for message in messages}) == len(messages) == 3
    assert len({said for said in payment.said if isinstance(said, bytes)}) == 1
    assert payment.centre.culprits == frozenset()
    assert payment.centre.credited_fen == {payee.key.public: PAID_FEN}
