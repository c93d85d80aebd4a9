"""Whom an upload is to be paid to. Pure."""

from collections.abc import Sequence

from shuangli.errors import Malformed, ProtocolError
from shuangli.offline.chain import Walk
from shuangli.offline.conditions import paid_key
from shuangli.offline.refusals import VerifiedRefusal


def creditor_of(seen: Walk, refusals: Sequence[VerifiedRefusal | ProtocolError]) -> bytes | None:
    """The one key that an upload is to be paid to: it redeems, gets back what was refused, or has given it.

    None if nothing in it that holds is to be paid.

    Raises:
        Malformed: it is to be paid to two keys.
    """
    paid = [*map(paid_key, seen.steps)]
    paid += [verdict.creditor for verdict in refusals if isinstance(verdict, VerifiedRefusal)]
    keys = {key for key in paid if key is not None}
    if len(keys) > 1:
        raise Malformed("shape", "an upload is to be paid to one wallet only")
    return next(iter(keys), None)
