"""A settling process that is killed at a named point: before a statement, before or after the commit, ...

The points are counted: reading, each statement of the database, the commit and the answer are one each. The
process that dies is a fork of the test's, and opens the databases itself.
"""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from shuangli.issuer.centre import Settled, Submission
from shuangli.issuer.pipeline import Pipeline
from shuangli.issuer.readers import Readers
from tests.world import World

STATEMENTS: Final = ("insert", "delete", "many", "execute", "lookup", "row", "rows")


class Points:
    """Counts points, and kills this process at one of them."""

    def __init__(self, dies_at: int | None) -> None:
        self.names: list[str] = []
        self._dies_at = dies_at

    def reach(self, name: str) -> None:
        self.names.append(name)
        if len(self.names) == self._dies_at:
            os.kill(os.getpid(), signal.SIGKILL)


class BeforeCommit:
    """The last buffer of a transaction: all that stands between it and the disk is the commit."""

    def __init__(self, points: Points) -> None:
        self._points = points

    def flush(self) -> None:
        self._points.reach("before the commit")

    def discard(self) -> None:
        self._points.reach("rolled back")


def settle(world: World, batches: Sequence[Sequence[Submission]], points: Points, told: Path) -> None:
    """Settle batches, reaching points on the way; each answer's credit is told once it is given."""
    database: Any = world.issuer.store.database
    for name in STATEMENTS:
        setattr(database, name, _reaching(getattr(database, name), name, points))
    transaction = database.transaction

    @contextmanager
    def reaching(*buffers: Any) -> Iterator[None]:
        with transaction(*buffers, BeforeCommit(points)):
            points.reach("begun")
            yield
        points.reach("committed")

    database.transaction = reaching
    with told.open("ab", buffering=0) as answered:
        for answers in Pipeline(world.issuer, Readers(0)).run(batches):
            for answer in answers:
                assert isinstance(answer, Settled)
                answered.write(b"%d\n" % answer.credited_fen)
            points.reach("answered")


def _reaching(call: Callable[..., Any], name: str, points: Points) -> Callable[..., Any]:
    def reach(*values: Any, **rest: Any) -> Any:
        points.reach(f"{name} {getattr(values[0], 'name', '')}".strip())
        return call(*values, **rest)

    return reach


def settle_and_die(
    open_world: Callable[[], World], batches: Sequence[Sequence[Submission]], dies_at: int, told: Path
) -> bool:
    """Settle in another process that is killed at a point; says whether it was."""
    child = os.fork()
    if not child:
        try:
            settle(open_world(), batches, Points(dies_at), told)
            os._exit(0)
        except BaseException:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "it failed in another way"
    return os.WIFSIGNALED(status)
