"""What the tests of settlement ask of a world: what became of an upload, and the one case that there is."""

from shuangli.issuer.cases import Case
from shuangli.issuer.facts import Spent
from shuangli.issuer.store import IssuerStore
from shuangli.offline.evidence import verify_evidence
from tests.world import NOW, World


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
