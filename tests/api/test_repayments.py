"""The holder of a culprit's key pays back over HTTP: once, and no more than is owed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shuangli.crypto import SigningKey, sha256
from shuangli.operator.service.resources.sandbox import TestClock
from shuangli.operator.service.sandbox import Sandbox
from tests.api.service import PLENTY, Service
from tests.paying import signing_key
from tests.persons.answers import FACE_FEN, forge, owed_fen
from tests.service.desks import Desks
from tests.setting import NOW
from tests.world import World


class Culprit:
    """Somebody who has spent a coin twice, and has 1,000 fen in the account."""

    def __init__(self, world: World) -> None:
        self.world = world
        desk = Desks(world).at["OP01"]
        sandbox = Sandbox(desk=desk, issuer=world.issuer, root=world.keys["root"].public)
        self.service = Service(sandbox, TestClock(lambda: NOW), rate=PLENTY, seed=1)
        self.key: SigningKey = signing_key(forge(world))
        desk.deposit(self.key.public, 1_000, idempotency_key="savings")

    def pay(self, amount_fen: int, once: str, **how: Any) -> Any:
        path = f"/v1/wallets/{self.key.public.hex()}/repayments"
        return self.service.ask("POST", path, json={"amount_fen": amount_fen}, once=once, **how)


@pytest.fixture
def culprit(tmp_path: Path) -> Iterator[Culprit]:
    world = World(tmp_path)
    yield Culprit(world)
    world.close()


def test_what_is_paid_back_counts_once_and_never_more_than_is_owed(culprit: Culprit) -> None:
    for _ in range(2):
        told = culprit.pay(150, "a", key=culprit.key)
        assert told.status_code == 200, told.text
        assert (told.json()["amount_fen"], told.json()["balance_fen"]) == (150, 850)
    assert owed_fen(culprit.world) == FACE_FEN - 150
    other = culprit.pay(151, "a", key=culprit.key)
    assert (other.status_code, other.json()["code"]) == (409, "nonce-used")
    too_much = culprit.pay(FACE_FEN, "b", key=culprit.key)
    assert (too_much.status_code, too_much.json()["code"]) == (400, "bad-value")
    assert culprit.service.balance_fen(culprit.key) == 850
    culprit.service.check_books()


def test_the_operators_staff_may_take_it_at_the_counter(culprit: Culprit) -> None:
    assert culprit.pay(1, "a", token=culprit.service.token("disputes:resolve")).status_code == 200
    assert culprit.pay(1, "b", token=culprit.service.token("risk:review")).status_code == 403


def test_f12_it_counts_once_although_the_operator_has_another_key_since(
    culprit: Culprit, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert culprit.pay(150, "a", key=culprit.key).status_code == 200
    monkeypatch.setattr(culprit.service.desk.bank, "secret_for", lambda purpose: sha256(b"new" + purpose))
    assert culprit.pay(150, "a", key=culprit.key).json()["balance_fen"] == 850
    assert owed_fen(culprit.world) == FACE_FEN - 150
