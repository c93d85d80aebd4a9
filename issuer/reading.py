"""Reading uploads: strict decoding, the walk over their chains, their signatures. No database.

A *reader* is a place of its own: it remembers what it has checked and shares that with nobody. It trusts
what whoever asks stands on (`Footing`), under the same root key, and knows no mint log: loads of few coins it
takes for minted, and what it says rests on that (`issuer.proven`). It never takes for less than the centre
does: what it passed over unchecked, the centre would take for checked.
"""

import marshal
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from shuangli.cose import Check
from shuangli.errors import Malformed
from shuangli.issuer.proven import Proven, prove
from shuangli.messages.bundle import Bundle
from shuangli.messages.certificates import Epoch, OperatorCertificate
from shuangli.messages.hand_in import HandIn
from shuangli.offline.chain import Walk, walk
from shuangli.offline.refusals import verify_refusals
from shuangli.offline.trust import Trust

Finish = Callable[[Mapping[bytes, Check]], Collection[bytes]]
"""Does checks that were gathered (`cose.Verifier.finish`)."""


_PLAIN: Final = 2
"""The last version of `marshal` that does not look whether it has written the same object before."""


class Footing(NamedTuple):
    """What a reader is to trust: all that a verdict on signatures depends on but the mint log.

    Attributes:
        root: the issuer's root key
        network: the network
        objects_kept: how many checked objects a reader remembers
        operators: the certificates of operators
        epochs: the certificates of epochs
        revoked: the keys of operators that are revoked
    """

    root: bytes
    network: str
    objects_kept: int
    operators: tuple[bytes, ...]
    epochs: tuple[bytes, ...]
    revoked: frozenset[bytes]


class Reading(NamedTuple):
    """What a reader says of an upload.

    Attributes:
        proven: what it proves; None where not all of it holds, or somebody has to look at more
        failed: the signatures that do not hold, by their names (`cose.Verifier.deferring`); all others that a
            walk over it asks for hold, but for those of loads
        checked: how many signatures were checked for it
    """

    proven: Proven | None
    failed: tuple[bytes, ...]
    checked: int


class Vouched(NamedTuple):
    """A reading, and what its reader stood on: it counts wherever exactly the same is trusted."""

    footing: Footing
    reading: Reading


class Reader:
    """Reads uploads on one footing."""

    def __init__(self, footing: Footing) -> None:
        """Trust what `footing` says; each certificate's signature is checked anew.

        Raises:
            Malformed, Unverified: one of them does not hold.
        """
        self._trust = Trust(root=footing.root, network=footing.network, objects_kept=footing.objects_kept)
        for data in footing.operators:
            self._trust.add_operator(data)
        for data in footing.epochs:
            self._trust.add_epoch(data)
        self._trust.minted_here = lambda _load: True
        self._in_doubt = False
        if footing.revoked:
            self._revoked = footing.revoked
            self._trust.disowns = lambda key, _certificate: self._doubt(key)

    def _doubt(self, key: bytes) -> bool:
        """Whether a certificate of a revoked key still holds, only the issuer's log knows."""
        self._in_doubt = self._in_doubt or key in self._revoked
        return False

    def read(self, operator: str, upload: bytes) -> Reading:
        """Read an upload that an operator passes on; what is no hand-in proves nothing."""
        try:
            hand_in = HandIn.decode(upload)
        except Malformed:
            return Reading(None, (), 0)
        verifier = self._trust.verifier
        before = verifier.checked
        self._in_doubt = False
        seen, failed = walk_checked(hand_in.bundle, self._trust, finish=verifier.finish)
        refusals = verify_refusals(hand_in.refusals, seen, self._trust)
        proven = None if failed or self._in_doubt else prove(seen, refusals, operator=operator)
        return Reading(proven, tuple(failed), verifier.checked - before)


@lru_cache(maxsize=4)
def _bytes_of(certificates: tuple[OperatorCertificate | Epoch, ...]) -> tuple[bytes, ...]:
    return tuple(certificate.signed.data for certificate in certificates)


def footing_of(trust: Trust, *, revoked: frozenset[bytes]) -> Footing:
    """What a place trusts now; `revoked` are the keys of operators that are."""
    operators, epochs = _bytes_of(trust.operators), _bytes_of(trust.epochs)
    return Footing(trust.root, trust.network, trust.verifier.capacity, operators, epochs, revoked)


def walk_checked(
    bundle: Bundle, trust: Trust, *, finish: Finish, failed: Collection[bytes] = ()
) -> tuple[Walk, set[bytes]]:
    """Walk over a bundle, its checks done all at once by `finish`; and the names of those that failed.

    `failed` are known before. Nothing is relied on before its check is done: if one fails, the walk begins
    again and knows of it.
    """
    known = set(failed)
    while True:
        with trust.verifier.deferring(known) as deferred:
            seen = walk(bundle, trust)
        fresh = finish(deferred)
        if not fresh:
            return seen, known
        known.update(fresh)


def pack_readings(readings: Sequence[Reading]) -> bytes:
    """Readings on their way from one process of this program to another."""
    return marshal.dumps(
        [
            (tuple(proven) if proven is not None else None, failed, checked)
            for proven, failed, checked in readings
        ],
        _PLAIN,
    )


def unpack_readings(data: bytes) -> list[Reading]:
    """`pack_readings` backwards: from a process that this one has started, nobody else."""
    return [
        Reading(Proven(*proven) if proven is not None else None, failed, checked)
        for proven, failed, checked in marshal.loads(data)  # noqa: S302
    ]
