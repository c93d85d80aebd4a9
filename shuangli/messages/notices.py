"""What wallets, operators and the centre tell each other when they are online."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, Self, TypeVar

from shuangli import codec, cose
from shuangli.cose import Domain, Signed
from shuangli.crypto import Signer
from shuangli.errors import Malformed
from shuangli.messages.audit import LogEntry
from shuangli.messages.fields import (
    MAX_NAME,
    check_count,
    check_id,
    check_key,
    check_text,
    check_time,
    read_array,
    read_list,
    require,
)
from shuangli.money import MAX_FEN

MAX_REVOKED: Final = 100_000
"""Most wallets, operators or epochs in a revocation list."""
MAX_LIST_BYTES: Final = 8 * 1024 * 1024
MAX_REPORT_BYTES: Final = 16 * 1024 * 1024
"""Largest report: it names every piece of evidence, 80 bytes each."""

Entry = TypeVar("Entry", bytes, int)


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationList:
    """All revoked wallet keys, operator keys and epochs, as numbered and signed by the centre."""

    number: int
    issued_at_s: int
    wallets: frozenset[bytes]
    operators: frozenset[bytes]
    epochs: frozenset[int]
    signed: Signed

    def __post_init__(self) -> None:
        check_count(self.number, MAX_FEN, "number")
        check_time(self.issued_at_s, "time")
        for key in (*self.wallets, *self.operators):
            check_key(key, "a revoked key")
        for epoch in self.epochs:
            check_count(epoch, 2**16, "a revoked epoch")

    @classmethod
    def sign(
        cls,
        centre_key: Signer,
        *,
        number: int,
        issued_at_s: int,
        wallets: Sequence[bytes],
        operators: Sequence[bytes],
        epochs: Sequence[int],
    ) -> Self:
        """Sign a list; keys and epochs are put in order."""
        revoked = [sorted({*entries}) for entries in (wallets, operators, epochs)]
        fields: list[Any] = [number, issued_at_s, *revoked]
        return cls._build(fields, cose.sign(centre_key, Domain.REVOCATION_LIST, codec.encode_fields(fields)))

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a received list; its signature is not yet verified."""
        signed = cose.parse(data, Domain.REVOCATION_LIST)
        fields = read_array(signed.payload, 5, "revocation list", max_bytes=MAX_LIST_BYTES)
        return cls._build(fields, signed)

    @classmethod
    def _build(cls, fields: list[Any], signed: Signed) -> Self:
        number, issued_at_s, wallets, operators, epochs = fields
        return cls(
            number=number,
            issued_at_s=issued_at_s,
            wallets=_read_set(wallets, bytes, "revoked wallets"),
            operators=_read_set(operators, bytes, "revoked operators"),
            epochs=_read_set(epochs, int, "revoked epochs"),
            signed=signed,
        )


def _read_set(value: object, kind: type[Entry], what: str) -> frozenset[Entry]:
    entries: list[Entry] = read_list(value, what)
    alike = {*map(type, entries)} <= {kind}
    if not alike or len(entries) > MAX_REVOKED or entries != sorted({*entries}):
        raise Malformed("shape", f"{what} are not at most {MAX_REVOKED} different entries in order")
    return frozenset(entries)


class Outcome(IntEnum):
    """What became of one spend that was handed in; the numbers go over the wire and stay.

    A fact may be recorded even if payment is refused: LATE, CAPPED and FROZEN record it and pay nothing.
    LATE is also said of a payment: what it was split into is worth nothing until somebody shows that it
    was handed in on time.
    """

    SETTLED = 0
    REPEAT = 1
    FORKED = 2
    LATE = 3
    CAPPED = 4
    INVALID = 5
    UNKNOWN_COIN = 6
    NOT_MINTED = 7
    FROZEN = 8
    CONDITION = 9


_OUTCOMES: Final = tuple(Outcome)
"""By their numbers, which have no gaps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """An operator's signed answer to an upload.

    `outcomes` has one entry per spend of every transfer of the upload, in its order, then one per verdict on
    its refusals (`offline.refusals`); `credited_fen` is what was paid; `received_at_s` is the time by which
    lateness is judged; `entry` is what is logged of it.
    """

    operator: str
    upload_id: bytes
    received_at_s: int
    credited_fen: int
    outcomes: tuple[Outcome, ...]
    entry: LogEntry
    signed: Signed

    def __post_init__(self) -> None:
        check_id(self.upload_id, "upload id")
        check_time(self.received_at_s, "time")
        check_count(self.credited_fen, MAX_FEN, "credit")
        require(self.entry.origin == self.operator, "range", "an entry of another's log")

    @classmethod
    def sign(
        cls,
        operator_key: Signer,
        *,
        upload_id: bytes,
        received_at_s: int,
        credited_fen: int,
        outcomes: Sequence[Outcome],
        entry: LogEntry,
    ) -> Self:
        """Sign an acknowledgement for the operator whose log has `entry`; what it says is already stored."""
        told: list[Any] = [entry.origin, upload_id, received_at_s, credited_fen, bytes(outcomes)]
        fields = [*told, entry.fields()]
        signed = cose.sign(operator_key, Domain.ACKNOWLEDGEMENT, codec.encode_fields(fields))
        return cls._build(fields, signed)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a received acknowledgement; its signature is not yet verified."""
        signed = cose.parse(data, Domain.ACKNOWLEDGEMENT)
        return cls._build(read_array(signed.payload, 6, "acknowledgement"), signed)

    @classmethod
    def _build(cls, fields: list[Any], signed: Signed) -> Self:
        operator, upload_id, received_at_s, credited_fen, outcomes, entry = fields
        if type(outcomes) is not bytes or max(outcomes, default=0) >= len(_OUTCOMES):
            raise Malformed("range", "outcomes are a byte string of known outcomes")
        return cls(
            operator=operator,
            upload_id=upload_id,
            received_at_s=received_at_s,
            credited_fen=credited_fen,
            outcomes=tuple([_OUTCOMES[code] for code in outcomes]),
            entry=LogEntry.read(operator, entry),
            signed=signed,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A period's figures and the SHA-256 digests of the files that belong to it, signed by the centre."""

    network: str
    made_at_s: int
    figures: tuple[tuple[str, int], ...]
    files: tuple[tuple[str, bytes], ...]
    signed: Signed

    def __post_init__(self) -> None:
        check_text(self.network, MAX_NAME, "network")
        check_time(self.made_at_s, "time")
        for name, value in self.figures:
            check_text(name, 80, "a figure's name")
            require(type(value) is int and abs(value) <= MAX_FEN, "range", f"{name} is not an integer")
        for name, digest in self.files:
            check_text(name, 200, "a file's name")
            check_id(digest, "a file's digest")

    @classmethod
    def sign(
        cls,
        centre_key: Signer,
        *,
        network: str,
        made_at_s: int,
        figures: dict[str, int],
        files: dict[str, bytes],
    ) -> Self:
        """Sign a report."""
        fields = [network, made_at_s, codec.in_order(figures), codec.in_order(files)]
        signed = cose.sign(centre_key, Domain.REPORT, codec.encode_fields(fields))
        return cls._build(fields, signed)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a report; its signature is not yet verified."""
        signed = cose.parse(data, Domain.REPORT)
        return cls._build(read_array(signed.payload, 4, "report", max_bytes=MAX_REPORT_BYTES), signed)

    @classmethod
    def _build(cls, fields: list[Any], signed: Signed) -> Self:
        network, made_at_s, figures, files = fields
        if type(figures) is not dict or type(files) is not dict:
            raise Malformed("shape", "a report has a map of figures and a map of files")
        return cls(
            network=network,
            made_at_s=made_at_s,
            figures=tuple(figures.items()),
            files=tuple(files.items()),
            signed=signed,
        )
