"""Reading at the centre's own place, with the mint log: what is not as plain as its reader has assumed.

Called inside the transaction that settles what is read.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from shuangli.cose import Check, Domain
from shuangli.errors import Malformed, ProtocolError
from shuangli.issuer.batch import Batch
from shuangli.issuer.facts import load_key
from shuangli.issuer.reading import Reading, walk_checked
from shuangli.messages.hand_in import HandIn
from shuangli.messages.loads import Load, read_load
from shuangli.offline.chain import Walk, walk
from shuangli.offline.refusals import VerifiedRefusal, verify_refusals
from shuangli.offline.trust import Trust


class Shown(NamedTuple):
    """What a hand-in shows: its walk, and a verdict on each of its refusals."""

    seen: Walk
    refusals: Sequence[VerifiedRefusal | ProtocolError]


class OwnReader:
    """Reads uploads where they are settled."""

    def __init__(self, trust: Trust) -> None:
        """`trust` is the centre's own place."""
        self._trust = trust

    def read(self, data: bytes, reading: Reading | None, batch: Batch) -> Shown:
        """Read an upload; signatures that its `reading` vouches for are not checked again.

        What the mint log names, the issuer has signed itself: a load's id is a hash of what was signed. The
        `batch` looks the upload's loads up for that, and knows them from then on.

        Raises:
            Malformed: it is no hand-in.
        """
        hand_in = HandIn.decode(data)
        batch.look_up(load_keys=list(dict.fromkeys(map(load_key, _loads(hand_in)))), coin_keys=())
        minted, trust = batch.loads_known, self._trust
        trust.minted_here = lambda load: load_key(load) in minted
        if reading is None:
            seen = walk(hand_in.bundle, trust)
        else:
            finish, failed = self._finish_loads, reading.failed
            seen, _ = walk_checked(hand_in.bundle, trust, finish=finish, failed=failed)
        return Shown(seen, verify_refusals(hand_in.refusals, seen, trust))

    def _finish_loads(self, deferred: Mapping[bytes, Check]) -> set[bytes]:
        """Check what no reader checks: loads that are not in the mint log."""
        loads = {name: check for name, check in deferred.items() if check.signed.domain is Domain.LOAD}
        return self._trust.verifier.finish(loads)


def _loads(hand_in: HandIn) -> Iterator[Load]:
    """The loads of a hand-in that can be read; `walk` says what is wrong with the others."""
    for data in hand_in.bundle.loads:
        with suppress(Malformed):
            yield read_load(data)
