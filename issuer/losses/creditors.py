"""Who is paid by an upload: on the word of the operator that certified the key. Pure."""

from shuangli.offline.chain import Walk
from shuangli.offline.conditions import paid_key


def creditor_of(seen: Walk | None, *, operator: str) -> bytes | None:
    """The key that is paid for what an upload redeems, if `operator` has certified it; an upload pays one
    key.

    Another operator's word on who holds it counts for nothing. Nor does anybody's on who is said to have
    given value under a condition: no certificate of that key is shown.
    """
    for step in reversed(seen.steps if seen is not None else ()):
        key = paid_key(step)
        if key is not None and step.transfer is not None:
            certified = step.transfer.certificate.claims
            return key if (certified.issuer, certified.key) == (operator, key) else None
    return None
