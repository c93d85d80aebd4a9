"""Whom an upload is to be paid to, and whether its operator knows enough to tell. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final

from shuangli.errors import Malformed, ProtocolError
from shuangli.messages.bundle import Bundle
from shuangli.offline.chain import Walk
from shuangli.offline.conditions import paid_key
from shuangli.offline.refusals import VerifiedRefusal

_OF_KEYS: Final = frozenset(("unknown-signer", "signature", "epoch"))
"""Faults of what a key has signed that is trusted elsewhere, and not known here yet."""


def check_loads(bundle: Bundle, seen: Walk) -> None:
    """Make sure that no load in an upload has a wrong signature; `seen` is the walk over its bundle.

    The centre knows the loads that it has minted by what they say, whatever signature stands below. It would
    pay for coins of which nobody here can say whose they are.

    Raises:
        Unverified: one has (`signature`).
    """
    for fault in seen.faults[: len(bundle.loads) - len(seen.loads)]:
        if fault.code == "signature":
            raise fault


def paid_keys(seen: Walk, refusals: Sequence[VerifiedRefusal | ProtocolError]) -> list[bytes]:
    """The keys that an upload is to be paid to: they redeem, get back what was refused, or have given it.

    Raises:
        Malformed: it shows nothing at all: none such is kept.
    """
    if not (seen.loads or seen.steps or seen.faults or refusals):
        raise Malformed("shape", "an upload shows at least one load or transfer")
    paid = [*map(paid_key, seen.steps)]
    paid += [verdict.creditor for verdict in refusals if isinstance(verdict, VerifiedRefusal)]
    return [key for key in paid if key is not None]


def one_creditor(keys: Iterable[bytes]) -> bytes | None:
    """The one key that an upload is to be paid to; None if nothing in it that holds is to be paid.

    Raises:
        Malformed: there are two.
    """
    known = {*keys}
    if len(known) > 1:
        raise Malformed("shape", "an upload is to be paid to one wallet only")
    return next(iter(known), None)


def may_lack_keys(seen: Walk, refusals: Sequence[VerifiedRefusal | ProtocolError]) -> bool:
    """Whether newer keys might show more in an upload: of an operator or an epoch that is new."""
    faults = [*seen.faults, *(one for one in refusals if isinstance(one, ProtocolError))]
    return any(fault.code in _OF_KEYS for fault in faults)
