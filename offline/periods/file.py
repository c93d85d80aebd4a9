"""The files of a period's report.

report.cbor      [certificate, report, checkpoint]: the report, the state of the log when it was made, and
                 the certificate of the key that signed both
report.json      the same figures for people and programs
log.cborseq      the log's entries up to the checkpoint, a CBOR sequence (RFC 8742) of byte strings
log.index        the roots of its blocks, which tell where a log differs
books.cborseq    the entries of the books that the log tells of, a sequence of them too
evidence/*.cbor  for each case of the period, the two transfers that prove it
cosignatures/*   witnesses' words that they have seen the same state of the log
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, BinaryIO, Final, Self

from shuangli import codec
from shuangli.errors import Malformed
from shuangli.messages.fields import read_array
from shuangli.messages.period_report import MAX_REPORT_BYTES, PeriodReport
from shuangli.offline.periods.figures import nested

REPORT_FILE: Final = "report.cbor"
FIGURES_FILE: Final = "report.json"
LOG_FILE: Final = "log.cborseq"
INDEX_FILE: Final = "log.index"
EVIDENCE_FOLDER: Final = "evidence"
COSIGNATURES: Final = "cosignatures"
ADDED: Final = (f"{EVIDENCE_FOLDER}/", f"{COSIGNATURES}/")
"""How the names of files begin that the report does not name: the log names evidence, nothing a witness."""
_READ_BYTES: Final = 1 << 20
_LONGEST_HEAD: Final = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFile:
    """The parts of `report.cbor`, none of them verified."""

    certificate: bytes
    report: bytes
    checkpoint: bytes

    def encode(self) -> bytes:
        """Encode as [certificate, report, checkpoint]."""
        return codec.encode_fields([self.certificate, self.report, self.checkpoint])

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Take a file apart.

        Raises:
            Malformed: it is not a report's file.
        """
        parts = read_array(data, 3, "report's file", max_bytes=2 * MAX_REPORT_BYTES)
        if any(type(part) is not bytes for part in parts):
            raise Malformed("shape", "a report's file holds a certificate, a report and a checkpoint")
        certificate, report, checkpoint = parts
        return cls(certificate=certificate, report=report, checkpoint=checkpoint)


def figures_json(report: PeriodReport) -> bytes:
    """A report as `report.json` shows it: whose, of which period, and its figures as nested objects."""
    span = report.span
    shown: dict[str, Any] = {
        "report": report.signed.id.hex(),
        "replaces": report.replaces.hex() or None,
        "network": report.network,
        "origin": report.origin,
        "from": _instant(span.from_s),
        "until": _instant(span.until_s),
        "made": _instant(report.made_at_s),
        "log": {"first": span.first, "end": span.end, "size": report.size, "root": report.root.hex()},
        "period": nested({tuple(name.split(".")): value for name, value in report.flows.items()}),
        "end": nested({tuple(name.split(".")): value for name, value in report.stocks.items()}),
        "files": {name: digest.hex() for name, digest in sorted(report.files.items())},
    }
    return (json.dumps(shown, indent=2, ensure_ascii=False) + "\n").encode()


def _instant(time_s: int) -> str:
    return datetime.fromtimestamp(time_s, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def size_in_sequence(item: bytes) -> int:
    """How many bytes an entry takes in a sequence, with its head."""
    return len(codec.head(codec.BYTES, len(item))) + len(item)


def read_sequence(stream: BinaryIO) -> Iterator[bytes]:
    """The entries of a CBOR sequence of byte strings, read piece by piece.

    Raises:
        Malformed: it holds something else, or is cut off (`cbor`).
    """
    buffer, ended = b"", False
    while buffer or not ended:
        at = 0
        while at < len(buffer):
            if not ended and len(buffer) - at < _LONGEST_HEAD:
                break
            length, start = codec.read_head(buffer, at, codec.BYTES)
            if length > codec.MAX_BYTES:
                raise Malformed("too-large", f"an entry of {length} bytes")
            if start + length > len(buffer):
                if ended:
                    raise Malformed("cbor", "the last entry is cut off")
                break
            yield buffer[start : start + length]
            at = start + length
        more = stream.read(_READ_BYTES)
        ended = not more
        buffer = buffer[at:] + more
