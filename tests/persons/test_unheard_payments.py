"""What a culprit has paid back stays booked until the issuer has said, for good, that it does not take it."""

from typing import Any

import pytest

from shuangli.errors import Refused, StoreError
from tests.persons.answers import FACE_FEN, forge, owed_fen
from tests.service.desks import Desks, State
from tests.setting import NOW
from tests.world import World

REFERENCE = bytes(range(16))


@pytest.fixture
def desks(world: World) -> Desks:
    return Desks(world)


def test_f12_a_payment_back_that_one_is_refused_stays_while_another_asks_for_it(
    world: World, desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the deposit would have it again between the issuer's entry and its answer."""
    forger, bank = forge(world), world.banks["OP01"]
    with bank.store.transaction():
        bank.deposit(forger.key.public, 1_000, now_s=NOW)
    cases, take = desks.at["OP01"].cases, desks.issuer.pay_back

    def short(*_: Any, **__: Any) -> None:
        raise Refused("vault-empty")

    def take_and_let_another_be_refused(*args: Any, **kwargs: Any) -> None:
        take(*args, **kwargs)
        monkeypatch.setattr(desks.issuer, "pay_back", short)
        with pytest.raises(Refused):
            cases.pay_back(forger.key.public, 150, reference=REFERENCE)

    monkeypatch.setattr(desks.issuer, "pay_back", take_and_let_another_be_refused)
    cases.pay_back(forger.key.public, 150, reference=REFERENCE)
    assert (world.deposit_fen(forger), owed_fen(world)) == (850, FACE_FEN - 150)
    world.check_books()


def test_f41_f30_a_payment_back_whose_answer_was_lost_is_kept_while_the_issuer_does_not_admit_the_bank(
    world: World, desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its key is revoked, and none certified in its place yet: the issuer has booked what was paid."""
    forger, bank = forge(world), world.banks["OP01"]
    with bank.store.transaction():
        bank.deposit(forger.key.public, 1_000, now_s=NOW)
    cases = desks.at["OP01"].cases
    desks.cut(State.ANSWERS_LOST, only="pay_back")
    with pytest.raises(StoreError):
        cases.pay_back(forger.key.public, 150, reference=REFERENCE)
    desks.mend()

    def shut_out(*_: Any, **__: Any) -> None:
        raise Refused("not-admitted")

    with monkeypatch.context() as revoked:
        revoked.setattr(desks.issuer, "pay_back", shut_out)
        for ask in (cases.catch_up, lambda: cases.pay_back(forger.key.public, 150, reference=REFERENCE)):
            with pytest.raises(Refused) as refused:
                ask()
            assert refused.value.code == "not-admitted"
    cases.catch_up()
    assert (world.deposit_fen(forger), owed_fen(world)) == (850, FACE_FEN - 150)
    world.check_books()
