"""Whose customer a key is: on the word of the key itself. Pure.

An operator may certify any key that it has seen, so a certificate does not say whose customer its holder is.
Who says that shows the enrolment that the key has signed to that operator.
"""

from shuangli.errors import Unverified
from shuangli.messages.enrolment import Enrolment
from shuangli.offline.trust import Trust


def verify_enrolment(data: bytes, *, operator: str, trust: Trust) -> Enrolment:
    """The enrolment at an operator that the holder of a key signed; `trust` is the issuer's own place.

    Raises:
        Malformed, Unverified: it does not hold, or was made elsewhere (`wrong-network`).
    """
    enrolment = Enrolment.parse(data)
    if (enrolment.network, enrolment.operator) != (trust.network, operator):
        raise Unverified("wrong-network", f"the enrolment is made to {enrolment.operator}")
    trust.verifier.check_once(enrolment.signed, enrolment.key, "enrolment")
    return enrolment
