"""Facts, cases and totals do not depend on how a history reaches the centre (DESIGN section 5).

A random history of payments, copies, refusals, change and hand-ins is put into uploads once. Then it is
handed in in several ways: in another order, in parts, with repetitions, to one operator or the other, which
received it in time or too late.
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
from shuangli.issuer.facts import ObjectKind
from shuangli.messages.hand_in import HandIn
from shuangli.messages.notices import Acknowledgement
from shuangli.messages.session import Refusal
from shuangli.messages.transfers import Transfer
from shuangli.offline.request import request_id_of
from shuangli.wallet.wallet import Wallet
from tests.truth import REFUSED, Truth
from tests.world import DAY_S, NAMES, NOW, TRANSFERABLE, World, as_upload, read_bundle

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
deliveries = st.lists(st.builds(Delivery, st.integers(0, 40), st.sampled_from(NAMES)), max_size=12)


@dataclass(frozen=True)
class History:
    """The uploads of a history, and the truth about it."""

    uploads: list[bytes]
    truth: Truth


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
    """The spends that the centre knows of every coin."""
    store = world.issuer.store
    known = {
        coin_id: {
            REFUSED
            if spent.kind is ObjectKind.REFUSAL
            else Transfer.parse(store.object(spent.number)).signed.id
            for spent in store.spends_of(coin_id)
        }
        for coin_id in truth.owner
    }
    return {coin_id: transfers for coin_id, transfers in known.items() if transfers}


def check(world: World, history: History) -> tuple[int | str, ...]:
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
    paid_fen = supply.redeemed_fen + supply.returned_fen + supply.fund_paid_fen
    open_fen = supply.outstanding_fen + supply.forked_open_fen
    assert paid_fen + open_fen + supply.void_fen == supply.loaded_fen + supply.forked_fen
    # What a double spender redeems is paid if it comes before its case.
    if truth.culprits & truth.due_fen.keys():
        return supply.loaded_fen, supply.forked_fen
    return supply.loaded_fen, supply.forked_fen, paid_fen, open_fen, *open_coins(world)


def open_coins(world: World) -> list[str]:
    """Every open coin, by the object that made it."""
    rows = world.issuer.store.tables.query(
        "SELECT hex(id) AS id, position, value_fen, due_s FROM open_coins JOIN objects ON no = parent_no"
    )
    return sorted(str(tuple(row.values())) for row in rows)


def check_honest_deposits(world: World, template: World, history: History) -> None:
    """Whoever did not spend twice is paid what it redeemed, once, wherever and however often it asked."""
    for wallet in list(template.journals)[:WALLETS]:
        if wallet.key.public not in history.truth.culprits:
            credited_fen = sum(world.deposit_fen(wallet, operator) for operator in NAMES)
            assert credited_fen == history.truth.due_fen[wallet.key.public]


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
            Step("rival", 2, 0, 10),
            Step("hand-in", 3, 0, 1),
        ],
    )
    assert len(history.truth.forks) == 1
    assert history.truth.forked_fen == 30
    assert len(history.uploads) > 6
    assert REFUSED in set().union(*history.truth.spends.values())


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps, deliveries, st.sets(st.builds(Delivery, st.integers(0, 40), st.sampled_from(NAMES))), st.data())
def test_whatever_comes_late_anywhere_the_order_changes_nothing(
    template: World, happenings: list[Step], plan: list[Delivery], late: set[Delivery], data: st.DataObject
) -> None:
    """Each operator received each upload once, in time or too late; the centre hears of it in any order."""
    history = live(template, happenings)
    if not history.uploads:
        return
    count = len(history.uploads)
    everything = [Delivery(number % count, operator) for number, operator in plan]
    everything += [Delivery(number, "OP01") for number in range(count)]
    everything = list(dict.fromkeys(everything))
    too_late = {Delivery(number % count, operator) for number, operator in late}
    results = []
    for number, order in enumerate((everything, data.draw(st.permutations(everything)))):
        with tempfile.TemporaryDirectory() as directory:
            world = template.copy(Path(directory) / str(number))
            for delivery in order:
                received_s = NOW + 40 * DAY_S if delivery in too_late else NOW
                world.submit(history.uploads[delivery.upload], delivery.operator, now_s=received_s)
            results.append(check(world, history))
            world.close()
    assert len(set(results)) == 1
