"""Facts, cases and totals do not depend on how a history reaches the centre (DESIGN section 5).

A random history of payments, copies, change and hand-ins is put into uploads once. Then it is handed
in in several ways: in another order, in parts, with repetitions, to one operator or the other.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shuangli.crypto import sha256
from shuangli.errors import Refused
from shuangli.messages.bundle import Bundle
from shuangli.messages.notices import Acknowledgement
from shuangli.messages.transfers import CENTRE, Transfer
from shuangli.offline.request import request_id_of
from shuangli.wallet.wallet import Wallet
from tests.truth import Truth
from tests.world import NAMES, NOW, TRANSFERABLE, World

WALLETS: Final = 4


class Step(NamedTuple):
    """Something that happens: `what` is pay, copy or hand-in."""

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
        st.sampled_from(["pay", "pay", "pay", "pay", "lost", "copy", "hand-in"]),
        st.integers(0, 6),
        st.integers(0, 6),
        st.integers(1, 130),
    ),
    min_size=4,
    max_size=16,
)
deliveries = st.lists(st.builds(Delivery, st.integers(0, 40), st.sampled_from(NAMES)), max_size=12)


@dataclass(frozen=True)
class History:
    """The uploads of a history, and the truth about it."""

    uploads: list[bytes]
    truth: Truth
    redeemed_fen: dict[bytes, int]


@pytest.fixture(scope="module")
def template() -> Iterator[World]:
    """A world in which the wallets are open and loaded, and nothing has happened yet."""
    with tempfile.TemporaryDirectory() as directory:
        world = World(Path(directory), terms=TRANSFERABLE)
        for _ in range(WALLETS):
            wallet = world.wallet([100, 50, 20])
            certificate = wallet.certificate.signed.data
            world.enrol(wallet, "OP02")
            wallet.install(certificate)
        yield world
        world.close()


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
            try:
                uploads.append(pay(who, whom, step.amount_fen, lose_receipt=step.what == "lost"))
            except Refused:
                continue
    for wallet in wallets:
        hand_in(world, wallet, uploads)
    bundles = [Bundle.decode(upload) for upload in uploads]
    minted = [coin.load for wallet in list(world.journals)[:WALLETS] for coin in wallet.purse.coins.values()]
    transfers = {
        transfer.signed.id: transfer for part in bundles for transfer in map(Transfer.parse, part.transfers)
    }
    redeemed_fen: dict[bytes, int] = {}
    for transfer in transfers.values():
        if transfer.payee == CENTRE:
            redeemed_fen[transfer.payer] = redeemed_fen.get(transfer.payer, 0) + transfer.pay_fen
    for wallet in wallets:
        del world.journals[wallet]
    return History(uploads, Truth(minted, transfers.values()), redeemed_fen)


def pay(payer: Wallet, payee: Wallet, amount_fen: int, *, lose_receipt: bool) -> bytes:
    request = payee.request(amount_fen, now_s=NOW)
    request_id = request_id_of(request)
    (payment,) = payer.receive(request_id, request, now_s=NOW)
    (answer,) = payee.receive(request_id, payment, now_s=NOW)
    if not lose_receipt:
        payer.receive(request_id, answer, now_s=NOW)
    return payment.body


def hand_in(world: World, wallet: Wallet, uploads: list[bytes]) -> None:
    """Take what a wallet hands in, and tell it that it has arrived."""
    while (upload := wallet.hand_in(now_s=NOW)) is not None:
        uploads.append(upload)
        answer = Acknowledgement.sign(
            world.keys["OP01"],
            operator="OP01",
            upload_id=sha256(upload),
            received_at_s=NOW,
            credited_fen=0,
            outcomes=(),
        )
        wallet.acknowledge(answer.signed.data, operator_key=world.keys["OP01"].public)


def deliver(world: World, history: History, plan: list[Delivery], batch: int) -> None:
    """Hand in a plan's uploads, and at last whatever it has left out."""
    plan = [delivery._replace(upload=delivery.upload % len(history.uploads)) for delivery in plan]
    left_out = set(range(len(history.uploads))) - {delivery.upload for delivery in plan}
    plan += [Delivery(number, "OP01") for number in sorted(left_out)]
    for start in range(0, len(plan), batch):
        with world.transaction():
            for number, operator in plan[start : start + batch]:
                world.banks[operator].reconcile(history.uploads[number], now_s=NOW)


def recorded(world: World, truth: Truth) -> dict[bytes, set[bytes]]:
    """The transfers that the centre knows of every coin."""
    store = world.issuer.store
    known = {
        coin_id: {Transfer.parse(store.object(number)).signed.id for number, _ in store.spends_of(coin_id)}
        for coin_id in truth.owner
    }
    return {coin_id: transfers for coin_id, transfers in known.items() if transfers}


def check(world: World, history: History) -> tuple[int, ...]:
    """Hold what the centre has made of a history against the truth; returns what no order may change."""
    truth = history.truth
    assert recorded(world, truth) == truth.spends
    cases = world.cases()
    assert {case.coin_id for case in cases} == truth.forks
    assert {case.culprit for case in cases} == truth.culprits
    assert all(case.culprit == truth.owner[case.coin_id] for case in cases)
    world.check_books()
    supply = world.supply()
    assert supply.loaded_fen == truth.loaded_fen == WALLETS * 170
    assert supply.forked_fen == truth.forked_fen
    paid_fen = supply.redeemed_fen + supply.fund_paid_fen
    open_fen = supply.outstanding_fen + supply.forked_open_fen + supply.void_fen
    assert paid_fen + open_fen == supply.loaded_fen + supply.forked_fen
    # What a double spender redeems is paid if it comes before its case.
    culprit_claims = truth.culprits & history.redeemed_fen.keys()
    return (supply.loaded_fen, supply.forked_fen, 0 if culprit_claims else paid_fen)


def check_honest_deposits(world: World, template: World, history: History) -> None:
    """Whoever did not spend twice is paid what it redeemed, once, wherever and however often it asked."""
    for wallet in list(template.journals)[:WALLETS]:
        if wallet.key.public not in history.truth.culprits:
            credited_fen = sum(world.deposit_fen(wallet, operator) for operator in NAMES)
            assert credited_fen == history.redeemed_fen.get(wallet.key.public, 0)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps, deliveries, deliveries, st.integers(1, 8))
def test_any_way_of_handing_in_gives_the_same(
    template: World,
    happenings: list[Step],
    plan: list[Delivery],
    other_plan: list[Delivery],
    batch: int,
) -> None:
    history = live(template, happenings)
    if not history.uploads:
        return
    results = []
    for number, deliveries_made in enumerate(([], plan, other_plan)):
        with tempfile.TemporaryDirectory() as directory:
            world = template.copy(Path(directory) / str(number))
            deliver(world, history, deliveries_made, batch)
            results.append(check(world, history))
            check_honest_deposits(world, template, history)
            world.close()
    assert len(set(results)) == 1


def test_the_histories_hold_what_they_should(template: World) -> None:
    """A history with everything, so that the property above is not about nothing."""
    history = live(
        template,
        [
            Step("pay", 0, 1, 30),
            Step("copy", 1, 0, 1),
            Step("pay", 1, 2, 30),
            Step("pay", 4, 3, 30),
            Step("lost", 3, 0, 25),
            Step("hand-in", 3, 0, 1),
        ],
    )
    assert len(history.truth.forks) == 1
    assert history.truth.forked_fen == 30
    assert len(history.uploads) > 6
