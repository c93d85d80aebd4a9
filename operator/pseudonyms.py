"""Pseudonyms of persons: the same at every operator, and a name to nobody who lacks the operators' key. Pure.

    pseudonym = HMAC-SHA256(key, domain || number of the key || digest of the person's record)

(RFC 2104). The operators share the key; the issuer does not have it. So the issuer can count limits and caps
over all operators, and cannot try out names or numbers of identity cards until one fits. A key holds for a
period, such as a year: with the next one everybody has another pseudonym, and what was counted under the old
one ends there.

The record's digest is what the operator gave to the wallet for its enrolment (`Enrolment.person`). Operators
make it alike, or one person is two.
"""

import hmac
from dataclasses import dataclass
from typing import Final

from shuangli.crypto import DIGEST_BYTES
from shuangli.errors import BadInput

DOMAIN: Final = b"shuangli/person/v1"
SECRET_BYTES: Final = 32
NUMBER_BYTES: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PseudonymKey:
    """The operators' secret of one period: its number, such as the year, and from when on it is used."""

    number: int
    since_s: int
    secret: bytes

    def __post_init__(self) -> None:
        if len(self.secret) != SECRET_BYTES:
            raise BadInput("bad-value", f"a key for pseudonyms has {SECRET_BYTES} bytes")
        if not 0 <= self.number < 2 ** (8 * NUMBER_BYTES):
            raise BadInput("bad-value", f"a key for pseudonyms has a number of {NUMBER_BYTES} bytes")


class Pseudonyms:
    """The keys that an operator has, each from its own time on."""

    def __init__(self, *keys: PseudonymKey) -> None:
        """Use these keys.

        Raises:
            BadInput: there is none, or two have the same number or begin at the same time (`bad-value`).
        """
        begins = {key.since_s for key in keys}
        if not keys or len(begins) < len(keys) or len({key.number for key in keys}) < len(keys):
            raise BadInput("bad-value", "give keys for pseudonyms of different numbers and times")
        self._keys = sorted(keys, key=lambda key: -key.since_s)

    def of(self, person: bytes, *, at_s: int) -> bytes:
        """The pseudonym of a person at a time, 32 bytes.

        Raises:
            BadInput: no key is in use by then, or `person` is no digest (`bad-value`).
        """
        key = next((key for key in self._keys if key.since_s <= at_s), None)
        if key is None:
            raise BadInput("bad-value", "no key for pseudonyms is in use at this time")
        return pseudonym(key, person)


def pseudonym(key: PseudonymKey, person: bytes) -> bytes:
    """The pseudonym of a person under one key, 32 bytes.

    Raises:
        BadInput: `person` is no digest of 32 bytes (`bad-value`).
    """
    if len(person) != DIGEST_BYTES:
        raise BadInput("bad-value", f"a person's record has a digest of {DIGEST_BYTES} bytes")
    return hmac.digest(key.secret, DOMAIN + key.number.to_bytes(NUMBER_BYTES, "big") + person, "sha256")


def is_same(one: bytes, other: bytes) -> bool:
    """Compare two digests or pseudonyms in a time that does not tell how much of them is alike."""
    return hmac.compare_digest(one, other)
