"""What the issuer's service does once a day besides: losses are booked, and payments counted."""

from shuangli.crypto import sha256
from shuangli.issuer.persons.desk import DAYS_KEPT
from shuangli.issuer.service.desk import IssuerDesk
from tests.persons.answers import EXPIRED_S, double_spend, frozen_fen, only_receivable
from tests.setting import DAY_S, NAMES, NOW
from tests.world import World


def daily(world: World, desk: IssuerDesk, *, now_s: int) -> None:
    """Both operators say that they have passed everything on."""
    for name in NAMES:
        bank = world.banks[name]
        with bank.store.transaction():
            data = bank.watermark(now_s=now_s)
        desk.take_watermark(data, now_s=now_s)


def test_losses_are_booked_and_payments_counted_with_the_days_watermarks(world: World) -> None:
    key_set = world.authority.sign_key_set(
        1, issued_at_s=NOW, operators=world.operators, centres=[world.centre], epochs=world.epochs
    ).signed.data
    desk = IssuerDesk(world.issuer, read_key_set=lambda: key_set, now_s=lambda: EXPIRED_S)
    culprit = world.wallet([100], person=sha256(b"Anna"))
    gates = [world.wallet(tier=0, operator=name) for name in NAMES]
    double_spend(world, culprit, gates, [30, 60])
    for gate in gates:
        world.hand_in(gate)
    for now_s in (EXPIRED_S, EXPIRED_S + DAY_S):
        daily(world, desk, now_s=now_s)
    one = only_receivable(world)
    assert (one.claimed_fen, one.set_off_fen, frozen_fen(world)) == (60, 60, 10)
    paid = world.issuer.store.database.rows("SELECT key, paid_fen FROM paid_by_day")
    assert paid == [(culprit.key.public, 90)]
    world.issuer.centre.check_books()
    with world.issuer.transaction():
        world.issuer.count_payments(now_s=NOW + (DAYS_KEPT + 1) * DAY_S)
    assert world.issuer.store.database.rows("SELECT key FROM paid_by_day") == []
