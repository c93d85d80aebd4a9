"""Facts, cases and totals do not depend on how a history reaches the centre (DESIGN section 5).

A random history of payments, copies, refusals, change and hand-ins is put into uploads once. Then it is
handed in in several ways: in another order, in parts, with repetitions, to one operator or the other, which
received it in time or too late.
"""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shuangli.issuer.facts import ObjectKind
from shuangli.messages.hand_in import HandIn
from shuangli.messages.transfers import Transfer
from tests.database.places import Places
from tests.setting import DAY_S, NAMES, NOW
from tests.settlement.answers import spends_of
from tests.settlement.histories import (
    EVERYTHING,
    WALLETS,
    Delivery,
    History,
    Step,
    deliveries,
    live,
    steps,
)
from tests.truth import REFUSED, Truth
from tests.world import World


def deliver(world: World, history: History, plan: list[Delivery], batch: int) -> None:
    """Hand in a plan's uploads, and at last whatever it has left out.

    What was refused is given back through the operator that has certified its payer: it comes there as well.
    """
    plan = [delivery._replace(upload=delivery.upload % len(history.uploads)) for delivery in plan]
    refused = {number for number, data in enumerate(history.uploads) if HandIn.decode(data).refusals}
    at_home = {delivery.upload for delivery in plan if delivery.operator == "OP01"}
    left_out = set(range(len(history.uploads))) - {delivery.upload for delivery in plan}
    left_out |= refused - at_home
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
            for spent in spends_of(store, coin_id)
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
    store = world.issuer.store
    rows = store.database.rows("SELECT parent_no, position, value_fen, due_s FROM open_coins")
    return sorted(str((store.object(number), *rest)) for number, *rest in rows)


def check_honest_deposits(world: World, template: World, history: History) -> None:
    """Whoever did not spend twice is paid what it redeemed, once, wherever and however often it asked."""
    for wallet in list(template.journals)[:WALLETS]:
        if wallet.key.public not in history.truth.culprits:
            credited_fen = sum(world.deposit_fen(wallet, operator) for operator in NAMES)
            assert credited_fen == history.truth.due_fen[wallet.key.public]


def test_any_way_of_handing_in_gives_the_same(places: Places, template: World) -> None:
    @settings(max_examples=60 // places.share, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(steps, deliveries, deliveries, st.integers(1, 8))
    def holds(happenings: list[Step], plan: list[Delivery], other_plan: list[Delivery], batch: int) -> None:
        history = live(template, happenings)
        if not history.uploads:
            return
        results = []
        for deliveries_made in ([], plan, other_plan):
            with places.new() as place:
                world = template.copy(place)
                deliver(world, history, deliveries_made, batch)
                results.append(check(world, history))
                check_honest_deposits(world, template, history)
                world.close()
        assert len(set(results)) == 1

    holds()


def test_the_histories_hold_what_they_should(template: World) -> None:
    """A history with everything, so that the property above is not about nothing."""
    history = live(template, EVERYTHING)
    assert len(history.truth.forks) == 1
    assert history.truth.forked_fen == 30
    assert len(history.uploads) > 6
    assert REFUSED in set().union(*history.truth.spends.values())


def test_whatever_comes_late_anywhere_the_order_changes_nothing(places: Places, template: World) -> None:
    """Each operator received each upload once, in time or too late; the centre hears of it in any order."""
    some = st.sets(st.builds(Delivery, st.integers(0, 40), st.sampled_from(NAMES)))

    @settings(max_examples=40 // places.share, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(steps, deliveries, some, st.data())
    def holds(happenings: list[Step], plan: list[Delivery], late: set[Delivery], data: st.DataObject) -> None:
        history = live(template, happenings)
        if not history.uploads:
            return
        count = len(history.uploads)
        everything = [Delivery(number % count, operator) for number, operator in plan]
        everything += [Delivery(number, "OP01") for number in range(count)]
        everything = list(dict.fromkeys(everything))
        too_late = {Delivery(number % count, operator) for number, operator in late}
        results = []
        for order in (everything, data.draw(st.permutations(everything))):
            with places.new() as place:
                world = template.copy(place)
                for delivery in order:
                    received_s = NOW + 40 * DAY_S if delivery in too_late else NOW
                    world.submit(history.uploads[delivery.upload], delivery.operator, now_s=received_s)
                results.append(check(world, history))
                world.close()
        assert len(set(results)) == 1

    holds()
