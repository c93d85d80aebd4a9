"""Random histories of payments, copies, refusals, change and hand-ins, put into uploads once."""

from dataclasses import dataclass
from typing import Final, NamedTuple

from hypothesis import strategies as st

from shuangli.crypto import sha256
from shuangli.errors import Refused
from shuangli.messages.audit import LogEntry
from shuangli.messages.hand_in import HandIn
from shuangli.messages.notices import Acknowledgement
from shuangli.messages.session import Refusal
from shuangli.messages.transfers import Transfer
from shuangli.offline.request import request_id_of
from shuangli.wallet.wallet import Wallet
from tests.paying import as_upload, read_bundle
from tests.setting import NAMES, NOW
from tests.truth import Truth
from tests.world import World

WALLETS: Final = 4


class Step(NamedTuple):
    """Something that happens: `what` is pay, lost (its receipt), rival, copy or hand-in."""

    what: str
    who: int
    whom: int
    amount_fen: int


class Delivery(NamedTuple):
    """One upload of the history, handed to an operator."""

    upload: int
    operator: str


steps = st.lists(
    st.builds(
        Step,
        st.sampled_from(["pay", "pay", "pay", "pay", "lost", "rival", "copy", "hand-in"]),
        st.integers(0, 6),
        st.integers(0, 6),
        st.integers(1, 130),
    ),
    min_size=4,
    max_size=16,
)
EVERYTHING: Final = [
    Step("pay", 0, 1, 30),
    Step("copy", 1, 0, 1),
    Step("pay", 1, 2, 30),
    Step("pay", 4, 3, 30),
    Step("lost", 3, 0, 25),
    Step("rival", 2, 0, 10),
    Step("hand-in", 3, 0, 1),
]
"""A history with everything: a fork, a refusal, a lost receipt."""
deliveries = st.lists(st.builds(Delivery, st.integers(0, 40), st.sampled_from(NAMES)), max_size=12)


@dataclass(frozen=True)
class History:
    """The uploads of a history, and the truth about it."""

    uploads: list[bytes]
    truth: Truth


def live(world: World, happenings: list[Step]) -> History:
    """Let a history happen between copies of the template's wallets."""
    world.random.seed(7)
    wallets = [world.clone(wallet) for wallet in list(world.journals)[:WALLETS]]
    uploads: list[bytes] = []
    for step in happenings:
        who, whom = wallets[step.who % len(wallets)], wallets[step.whom % len(wallets)]
        if step.what == "copy":
            wallets.append(world.clone(who))
        elif step.what == "hand-in":
            hand_in(world, who, uploads)
        elif who.key.public != whom.key.public:
            rivals = [other for other in wallets if other.key.public not in (who.key.public, whom.key.public)]
            payers = [who, rivals[step.amount_fen % len(rivals)]] if step.what == "rival" else [who]
            uploads += pay(payers, whom, step.amount_fen, lose_receipt=step.what == "lost")
    for wallet in wallets:
        hand_in(world, wallet, uploads)
    minted = [coin.load for wallet in list(world.journals)[:WALLETS] for coin in wallet.purse.coins.values()]
    transfers = [Transfer.parse(data) for upload in uploads for data in read_bundle(upload).transfers]
    refusals = [Refusal.parse(data) for upload in uploads for data in HandIn.decode(upload).refusals]
    for wallet in wallets:
        del world.journals[wallet]
    # A wallet and its copy may hand in the same: at one operator that is one upload, received once.
    return History(list(dict.fromkeys(uploads)), Truth(minted, transfers, refusals))


def pay(payers: list[Wallet], payee: Wallet, amount_fen: int, *, lose_receipt: bool) -> list[bytes]:
    """Pay one request, the first payer first; returns the payments as uploads."""
    request = payee.request(amount_fen, now_s=NOW)
    request_id = request_id_of(request)
    uploads = []
    for payer in payers:
        try:
            (payment,) = payer.receive(request_id, request, now_s=NOW)
        except Refused:
            continue
        (answer,) = payee.receive(request_id, payment, now_s=NOW)
        if not lose_receipt:
            payer.receive(request_id, answer, now_s=NOW)
        uploads.append(as_upload(payment.body))
    return uploads


def hand_in(world: World, wallet: Wallet, uploads: list[bytes]) -> None:
    """Take what a wallet hands in, and tell it that it has arrived."""
    while (upload := wallet.hand_in(now_s=NOW)) is not None:
        uploads.append(upload)
        answer = Acknowledgement.sign(
            world.keys["OP01"],
            upload_id=sha256(upload),
            received_at_s=NOW,
            credited_fen=0,
            outcomes=(),
            entry=LogEntry(origin="OP01", number=0, logged_at_s=NOW, leaf_hash=bytes(32)),
        )
        wallet.acknowledge(answer.signed.data, operator_key=world.keys["OP01"].public)
