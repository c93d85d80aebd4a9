"""What was accepted against a stale revocation list is counted (F22)."""

from contextlib import suppress

from shuangli.messages.event_kinds import EventKind, Finding
from shuangli.messages.events import Event
from tests.paying import pay
from tests.setting import NOW
from tests.world import World


def stale(world: World, name: str = "OP01") -> list[tuple[int, int]]:
    log = world.banks[name].store.audit
    events = map(Event.decode, log.entries(0, log.size))
    return [
        (event.fact("found"), event.fact("value_fen"))
        for event in events
        if event.kind is EventKind.FINDING and event.fact("finding") == Finding.STALE_LIST
    ]


def test_f22_what_was_accepted_against_a_stale_list_is_counted(hops: World) -> None:
    culprit, gate, shop = hops.wallet([100, 50, 20]), hops.wallet(tier=0), hops.wallet(tier=0)
    twin = hops.clone(culprit)
    pay(culprit, gate, 100)
    pay(twin, shop, 100)
    hops.hand_in(gate)
    hops.hand_in(shop)
    assert stale(hops) == [], "there was no list yet"
    pay(culprit, gate, 50, now_s=NOW + 9)
    listed = hops.issuer.centre.revocation_list(now_s=NOW + 10)
    bank = hops.banks["OP01"]
    bank.trust.update_revocations(listed)
    pay(culprit, gate, 20, now_s=NOW + 11)
    hops.hand_in(gate, now_s=NOW + 20)
    assert stale(hops) == [(1, 20)], "the payment before the list was no fault"
    # A later list names the key again, and changes nothing.
    bank.trust.update_revocations(hops.issuer.centre.revocation_list(now_s=NOW + 100_000))
    honest = hops.wallet([30])
    pay(honest, shop, 30, now_s=NOW + 100_001)
    hops.hand_in(shop, now_s=NOW + 100_002)
    assert stale(hops) == [(1, 20)]


def test_a_list_that_was_noted_in_a_transaction_that_was_undone(hops: World) -> None:
    culprit, gate, shop = hops.wallet([100, 20]), hops.wallet(tier=0), hops.wallet(tier=0)
    twin = hops.clone(culprit)
    pay(culprit, gate, 100)
    pay(twin, shop, 100)
    hops.hand_in(gate)
    hops.hand_in(shop)
    hops.banks["OP01"].trust.update_revocations(hops.issuer.centre.revocation_list(now_s=NOW + 10))
    pay(culprit, gate, 20, now_s=NOW + 11)
    upload = gate.hand_in(now_s=NOW + 20) or b""
    with suppress(ZeroDivisionError), hops.transaction():
        hops.banks["OP01"].reconcile(upload, now_s=NOW + 20)
        raise ZeroDivisionError
    assert stale(hops) == []
    hops.submit(upload, now_s=NOW + 20)
    assert stale(hops) == [(1, 20)]
