"""What the tests of settlement ask of a world: what became of an upload, the one case, why a bank refuses."""

from typing import Final

import pytest

from shuangli.errors import ShuangliError
from shuangli.issuer.cases import Case
from shuangli.issuer.facts import Spent
from shuangli.issuer.store import IssuerStore
from shuangli.offline.evidence import verify_evidence
from tests.setting import DAY_S, NOW
from tests.world import World

CLAIMED_S: Final = NOW + 3 * DAY_S
"""Two days to claim and one of grace after a payment at NOW: the last second in which it can be claimed."""
EXPIRED_S: Final = NOW + 31 * DAY_S
"""The last second in which coins loaded at NOW can be handed in: they live for 30 days, and one of grace."""


def outcomes(world: World, upload: bytes, operator: str = "OP01", now_s: int = NOW) -> list[str]:
    """Hand an upload in; what became of each spend, and of each coin refused, by name."""
    return [outcome.name for outcome in world.submit(upload, operator, now_s=now_s).outcomes]


def only_case(world: World) -> Case:
    """The one case, proven with the root key; the books are in order."""
    (case,) = world.cases()
    proven = verify_evidence(case.evidence, root=world.keys["root"].public)
    assert (proven.culprit, proven.coin_id) == (case.culprit, case.coin_id)
    world.check_books()
    return case


def spends_of(store: IssuerStore, coin_id: bytes) -> list[Spent]:
    """All known spends of a coin, whatever its parent's date."""
    keys = store.database.rows("SELECT coin_key FROM facts WHERE substr(coin_key, 6) = ?", coin_id)
    return [spent for (key,) in keys for spent in store.spends_of(key)]


def refused(world: World, act: object, *args: object, **kwargs: object) -> ShuangliError:
    """The error with which a bank refuses; nothing may be left behind."""
    books = [bank.store.ledger.balances() for bank in world.banks.values()]
    supply = world.issuer.store.supply()
    with pytest.raises(ShuangliError) as no, world.transaction():
        act(*args, **kwargs)  # type: ignore[operator]
    assert [bank.store.ledger.balances() for bank in world.banks.values()] == books
    assert world.issuer.store.supply() == supply
    return no.value
