"""The report of a period: figures that follow from an audit log, signed by whose log it is.

It says which entries they follow from: the period's are those numbered from `first` up to, and without,
`end`, of a log that had `size` entries and this root when the report was made. So a report is bound to one
history, and whoever has the entries adds the figures up again (`shuangli.offline.periods`).

A report that puts another one right names it in `replaces`; both stay, and both are in the log.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Self

from shuangli import codec, cose, merkle
from shuangli.cose import Domain, Signed
from shuangli.crypto import Signer
from shuangli.errors import Malformed
from shuangli.messages.fields import (
    MAX_NAME,
    check_count,
    check_id,
    check_text,
    check_time,
    read_array,
    read_list,
    require,
)
from shuangli.money import MAX_FEN

MAX_REPORT_BYTES: Final = 1 << 26
MAX_FIGURE_NAME: Final = 120
MAX_FILE_NAME: Final = 200
NO_REPORT: Final = b""
"""Stands for the id of a report that there is none of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A period and its entries: from `from_s` up to, and without, `until_s`; entries `first` up to `end`."""

    from_s: int
    until_s: int
    first: int
    end: int

    def __post_init__(self) -> None:
        check_time(self.from_s, "the period's start")
        check_time(self.until_s, "the period's end")
        check_count(self.end, merkle.MAX_SIZE, "the number of entries")
        check_count(self.first, self.end, "the number of the first entry")
        require(self.from_s < self.until_s, "range", "a period ends after it begins")


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodReport:
    """What the log of `origin` adds up to: flows of a period, stocks at its end, digests of its files.

    Names of figures are paths with dots: `supply.1.loaded_fen`. Files are named by their path in the report's
    directory, with their SHA-256.
    """

    network: str
    origin: str
    span: Span
    size: int
    root: bytes
    made_at_s: int
    flows: Mapping[str, int]
    stocks: Mapping[str, int]
    files: Mapping[str, bytes]
    replaces: bytes
    signed: Signed

    def __post_init__(self) -> None:
        check_text(self.network, MAX_NAME, "network")
        check_text(self.origin, MAX_NAME, "origin")
        check_count(self.size, merkle.MAX_SIZE, "the size of the log")
        require(self.span.end <= self.size, "range", "a period's entries are in the log")
        check_id(self.root, "root")
        check_time(self.made_at_s, "time")
        require(self.span.until_s <= self.made_at_s, "range", "a report is made after its period")
        for figures in (self.flows, self.stocks):
            for name, value in figures.items():
                check_text(name, MAX_FIGURE_NAME, "a figure's name")
                require(type(value) is int and abs(value) <= MAX_FEN, "range", f"{name} is not an integer")
        for name, digest in self.files.items():
            check_text(name, MAX_FILE_NAME, "a file's name")
            check_id(digest, "a file's digest")
        if self.replaces != NO_REPORT:
            check_id(self.replaces, "the id of the report that is replaced")

    @classmethod
    def sign(
        cls,
        key: Signer,
        *,
        network: str,
        origin: str,
        span: Span,
        size: int,
        root: bytes,
        made_at_s: int,
        flows: Mapping[str, int],
        stocks: Mapping[str, int],
        files: Mapping[str, bytes],
        replaces: bytes = NO_REPORT,
    ) -> Self:
        """Sign a report with the operator's or the centre's key."""
        maps = [codec.in_order(dict(part)) for part in (flows, stocks, files)]
        fields: list[Any] = [
            network,
            origin,
            [span.from_s, span.until_s, span.first, span.end],
            size,
            root,
            made_at_s,
            *maps,
            replaces,
        ]
        return cls._build(fields, cose.sign(key, Domain.PERIOD_REPORT, codec.encode_fields(fields)))

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a report; its signature is not yet verified.

        Raises:
            Malformed: it is not one.
        """
        signed = cose.parse(data, Domain.PERIOD_REPORT)
        return cls._build(read_array(signed.payload, 10, "report", max_bytes=MAX_REPORT_BYTES), signed)

    @classmethod
    def _build(cls, fields: list[Any], signed: Signed) -> Self:
        network, origin, span, size, root, made_at_s, *maps, replaces = fields
        if any(type(part) is not dict for part in maps):
            raise Malformed("shape", "a report has maps of flows, stocks and files")
        bounds = read_list(span, "a period")
        require(len(bounds) == 4, "shape", "a period is an array of 4 numbers")
        from_s, until_s, first, end = bounds
        flows, stocks, files = map(MappingProxyType, maps)
        return cls(
            network=network,
            origin=origin,
            span=Span(from_s=from_s, until_s=until_s, first=first, end=end),
            size=size,
            root=root,
            made_at_s=made_at_s,
            flows=flows,
            stocks=stocks,
            files=files,
            replaces=replaces,
            signed=signed,
        )
