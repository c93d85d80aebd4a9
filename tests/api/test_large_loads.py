"""The second factor covers what goes into the offline purse: the same amount, the same rule as online."""

from typing import Any

import pytest

from shuangli.api.models import COSE_SIGN1
from shuangli.crypto import SigningKey
from shuangli.errors import StoreError
from shuangli.messages.loads import Load, LoadOrder
from shuangli.operator.service.auth.codes import FROM_FEN, MOST_WRONG
from tests.api.customers import at, pay, second_factor
from tests.api.service import OPERATOR, Service

HALF_FEN = FROM_FEN // 2


def order(service: Service, key: SigningKey, *values_fen: int, number: int = 0) -> bytes:
    return LoadOrder.sign(
        key,
        operator=OPERATOR,
        values_fen=values_fen,
        nonce=number.to_bytes(16, "big"),
        ordered_at_s=service.clock.now_s(),
    ).signed.data


def load(service: Service, data: bytes, code: str = "") -> Any:
    return service.ask("POST", "/v1/loads", body=data, headers={"Content-Type": COSE_SIGN1}, code=code)


def refusal(told: Any) -> tuple[int, str]:
    return told.status_code, told.json()["code"]


def is_under_way(service: Service) -> bool:
    return service.desk.has_backlog()


def test_f23_a_large_load_needs_a_code_whatever_its_coins_are(service: Service) -> None:
    key = service.wallet("saver", tier=0, holds_fen=3 * FROM_FEN)
    assert load(service, order(service, key, HALF_FEN, HALF_FEN - 1)).status_code == 200
    large = order(service, key, HALF_FEN, HALF_FEN, number=1)
    without = load(service, large)
    assert refusal(without) == (403, "second-factor")
    assert "set up" in without.json()["detail"]
    second = second_factor(service, key)
    assert refusal(load(service, large)) == (403, "second-factor")
    assert refusal(load(service, large, "000000")) == (403, "second-factor")
    assert service.balance_fen(key) == 2 * FROM_FEN + 1
    assert not is_under_way(service), "what is refused holds no money back"
    loaded = load(service, large, second.now())
    assert Load.parse(loaded.content).values_fen == (HALF_FEN, HALF_FEN)
    assert service.balance_fen(key) == FROM_FEN + 1
    service.check_books()


def test_f12_a_load_that_has_shown_a_code_is_given_again_without(service: Service) -> None:
    key = service.wallet("saver", tier=0, holds_fen=2 * FROM_FEN)
    second = second_factor(service, key)
    code, large = second.now(), order(service, key, FROM_FEN)
    loaded = load(service, large, code)
    assert load(service, large).content == loaded.content
    assert refusal(load(service, order(service, key, FROM_FEN, number=1), code)) == (403, "second-factor")
    used = pay(service, key, service.wallet("payee"), FROM_FEN, "a", code=code)
    assert refusal(used) == (403, "second-factor"), "used once, whatever for"


def test_f23_wrong_codes_count_together_whatever_they_were_for(service: Service) -> None:
    key, payee = service.wallet("saver", tier=0, holds_fen=2 * FROM_FEN), service.wallet("payee")
    second, large = second_factor(service, key), order(service, key, FROM_FEN)
    assert refusal(pay(service, key, payee, FROM_FEN, "a", code="000000")) == (403, "second-factor")
    for _ in range(MOST_WRONG - 1):
        assert refusal(load(service, large, "000000")) == (403, "second-factor")
    assert refusal(load(service, large, second.now())) == (422, "locked")
    service.clock.advance(900)
    assert load(service, large, second.now()).status_code == 200


def test_f40_nobody_else_uses_up_the_tries_of_a_wallet(service: Service) -> None:
    """An order is open to anybody; the code of one that its wallet has not signed is not looked at."""
    key = service.wallet("saver", tier=0, holds_fen=FROM_FEN)
    second, large = second_factor(service, key), order(service, key, FROM_FEN)
    forged = large[:-1] + bytes([large[-1] ^ 1])
    for _ in range(MOST_WRONG):
        assert load(service, forged, "000000").status_code == 400
    assert load(service, large, second.now()).status_code == 200


def test_f41_a_code_is_not_used_up_while_nothing_can_be_minted(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = service.wallet("saver", tier=0, holds_fen=FROM_FEN)
    second, large = second_factor(service, key), order(service, key, FROM_FEN)
    code = second.now()

    def cut() -> bytes:
        raise StoreError("unavailable")

    with monkeypatch.context() as line:
        line.setattr(service.desk._published, "renew_revocations", cut)
        assert refusal(load(service, large, code)) == (503, "unavailable")
    assert load(service, large, code).status_code == 200


def test_f41_an_order_under_way_is_asked_again_without_a_code(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = service.wallet("saver", tier=0, holds_fen=FROM_FEN)
    second, large = second_factor(service, key), order(service, key, FROM_FEN)

    def lost(*_: object, **__: object) -> bytes:
        raise StoreError("unavailable", "the answer was lost")

    with monkeypatch.context() as line:
        line.setattr(service.desk._issuer, "mint", lost)
        assert refusal(load(service, large, second.now())) == (503, "unavailable")
    assert is_under_way(service)
    service.desk.catch_up()
    assert not is_under_way(service)
    assert load(service, large).status_code == 200
    assert service.ask("GET", at(key), key=key).json()["balance_fen"] == 0
