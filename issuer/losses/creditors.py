"""Who is paid by an upload: on the word of the operator that certified the key. Pure."""

from shuangli.messages.transfers import CENTRE
from shuangli.offline.chain import Walk


def creditor_of(seen: Walk | None, *, operator: str) -> bytes | None:
    """The key that redeems in an upload, if `operator` has certified it; an upload pays one key.

    Another operator's word on who holds it counts for nothing.
    """
    for step in reversed(seen.steps if seen is not None else ()):
        transfer = step.transfer
        if transfer is not None and transfer.payee == CENTRE and step.fault is None:
            return transfer.payer if transfer.certificate.claims.issuer == operator else None
    return None
