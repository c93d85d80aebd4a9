"""The commands of an element, and what its status words mean: both sides read the same tables.

A rule that says no is a project error inside the element, goes over the interface as a status word, and
comes out as the same error again. Status words below 9000 are those of ISO/IEC 7816-4:2013, table 6; those
above are for an application's own use.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final, NamedTuple

from shuangli import codec
from shuangli.cose import Domain
from shuangli.errors import (
    LinkError,
    Malformed,
    OutOfTurn,
    Refused,
    ShuangliError,
    StoreError,
)
from shuangli.messages.fields import read_list

APPLET: Final = b"\xf0SHUANGLI.E"
"""Id of the application: F0 is the class that nobody registers (ISO/IEC 7816-5, proprietary)."""
VERSION: Final = 1
MAX_COMMAND_BYTES: Final = 16_384
"""Largest data of a command: the memory in which a chain is put together."""
PIN_BYTES: Final = 8
"""A PIN on the interface: 4 to 8 digits in ASCII, filled up with FF (as in ETSI TS 102 221, 9.5.1)."""
PIN_DIGITS: Final = range(4, PIN_BYTES + 1)

INTERINDUSTRY: Final = 0x00
OWN: Final = 0x80


class Ins(IntEnum):
    """Instruction bytes; those with class 00 are ISO/IEC 7816-4's, the others this application's."""

    VERIFY = 0x20
    CHANGE_PIN = 0x24
    INCREASE = 0x32
    SIGN_ENROLMENT = 0x40
    INITIALIZE_LOAD = 0x42
    COMPLETE_LOAD = 0x44
    SIGN_REQUEST = 0x46
    SIGN_TRANSFER = 0x48
    SIGN_RECEIPT = 0x4A
    SIGN_REFUSAL = 0x4C
    GET_CHALLENGE = 0x84
    SELECT = 0xA4
    GET_DATA = 0xCA
    PUT_DATA = 0xDA


class Tag(IntEnum):
    """P1 and P2 of GET DATA and PUT DATA: what is read or written. LOG + n is the n-th newest entry."""

    ABOUT = 0x0100
    COUNTERS = 0x0101
    COINS = 0x0102
    KEYS = 0x0120
    CERTIFICATE = 0x0121
    LOG = 0x0140


class Status(IntEnum):
    """Status words of an element; the last digit of WRONG_PIN is how many tries are left."""

    OK = 0x9000
    WRONG_PIN = 0x63C0
    WRONG_LENGTH = 0x6700
    PIN_REQUIRED = 0x6982
    LOCKED = 0x6983
    OUT_OF_TURN = 0x6985
    NOT_SELECTED = 0x6986
    WRONG_DATA = 0x6A80
    NOT_FOUND = 0x6A82
    FULL = 0x6A84
    WRONG_PARAMETERS = 0x6A86
    OUT_OF_STEP = 0x6A88
    UNKNOWN_INS = 0x6D00
    UNKNOWN_CLA = 0x6E00
    OVER_LIMIT = 0x9801
    SYNC_REQUIRED = 0x9802


class _Meaning(NamedTuple):
    status: Status
    kind: type[ShuangliError]
    detail: str


_MEANINGS: Final[Mapping[str, _Meaning]] = {
    "pin-required": _Meaning(Status.PIN_REQUIRED, Refused, ""),
    "locked": _Meaning(Status.LOCKED, Refused, "the secure element is locked: its PIN was wrong too often"),
    "out-of-turn": _Meaning(Status.OUT_OF_TURN, OutOfTurn, "the secure element does not expect this now"),
    "element-full": _Meaning(Status.FULL, Refused, ""),
    "out-of-step": _Meaning(Status.OUT_OF_STEP, StoreError, ""),
    "over-limit": _Meaning(Status.OVER_LIMIT, Refused, "over a limit that the secure element enforces"),
    "sync-required": _Meaning(Status.SYNC_REQUIRED, Refused, ""),
}
"""Codes that have a status word of their own; what does not verify or parse is WRONG_DATA."""
_CODES: Final = {meaning.status: code for code, meaning in _MEANINGS.items()}


def status_of(error: ShuangliError) -> int:
    """The status word that stands for an error."""
    if isinstance(error, WrongPin):
        return Status.WRONG_PIN | error.tries
    meaning = _MEANINGS.get(error.code)
    return meaning.status if meaning is not None else Status.WRONG_DATA


def error_of(status: int, what: str) -> ShuangliError:
    """The error that a status word other than OK stands for; `what` names the command."""
    if status & 0xFFF0 == Status.WRONG_PIN:
        return WrongPin(status & 0x0F)
    code = _CODES.get(Status(status)) if status in _KNOWN else None
    if code is not None:
        meaning = _MEANINGS[code]
        return meaning.kind(code, meaning.detail)
    if status == Status.WRONG_DATA:
        return Refused(
            "element-refused", f"the secure element refuses {what}: what it is given does not hold"
        )
    return LinkError("link-status", f"the secure element answers {status:04X} to {what}")


_KNOWN: Final = frozenset(Status)


class WrongPin(Refused):
    """The PIN is wrong; `tries` more may be made."""

    def __init__(self, tries: int) -> None:
        super().__init__("wrong-pin", f"the PIN is wrong, {tries} tries left")
        self.tries = tries


def pin_block(pin: str) -> bytes:
    """A PIN as it goes over the interface.

    Raises:
        Refused: it is not 4 to 8 digits, so it is not the PIN (`wrong-pin`).
    """
    if len(pin) not in PIN_DIGITS or not (pin.isascii() and pin.isdigit()):
        raise Refused("wrong-pin", f"a PIN has {PIN_DIGITS.start} to {PIN_BYTES} digits")
    return pin.encode().ljust(PIN_BYTES, b"\xff")


def is_pin(block: bytes) -> bool:
    """Say whether bytes on the interface are a PIN."""
    digits = block.rstrip(b"\xff")
    return len(block) == PIN_BYTES and len(digits) in PIN_DIGITS and digits.isdigit()


def domain_of(structure: bytes) -> Domain:
    """The kind of object that a Sig_structure is for.

    Raises:
        Malformed: it is for none.
    """
    for domain in Domain:
        if structure.startswith(domain.signed_head):
            return domain
    raise Malformed("shape", "not the Sig_structure of a known kind")


def join(*parts: bytes) -> bytes:
    """Several byte strings as the data of one command: a CBOR array."""
    return codec.encode_fields(list(parts))


def split(data: bytes, count: int) -> list[bytes]:
    """The byte strings of `join`.

    Raises:
        Malformed: they are not `count` byte strings.
    """
    parts = read_list(codec.decode(data), "the data of a command")
    if len(parts) != count or {type(part) for part in parts} != {bytes}:
        raise Malformed("shape", f"the data of this command is an array of {count} byte strings")
    return parts
