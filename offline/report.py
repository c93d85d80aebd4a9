"""A run's or period's report: figures and file digests, signed by the centre, checkable by anybody.

The signature says that the centre made these figures and files; the check goes on from there and
trusts nothing but the root key: every piece of evidence must prove its fork, the supply equations must
hold, and the figures must agree with each other.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from shuangli import codec
from shuangli.crypto import Signer, sha256
from shuangli.errors import Malformed, Unverified
from shuangli.messages.certificates import CentreCertificate
from shuangli.messages.notices import MAX_REPORT_BYTES, Report
from shuangli.offline.evidence import Evidence, verify_evidence
from shuangli.offline.trust import Trust

RESULT: Final = "result.json"
TABLES: Final = ("payments.parquet", "cases.parquet")
PAGE: Final = "report.html"
EVIDENCE_PREFIX: Final = "evidence/"
COVERED: Final = (RESULT, *TABLES, PAGE)
"""The files of a report, beside its evidence."""
SERIES: Final = frozenset({"hours", "asked_by_hour", "simulated_by_hour"})
"""Figures by time, which grow with the period: the digest of the file covers them, no figure repeats them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedReport:
    """A report that holds: its network, figures by name, and how many forks its evidence proves."""

    network: str
    figures: Mapping[str, int]
    forks: int


def read_figures(data: bytes) -> dict[str, int]:
    """All integers of an encoded result but its series, under their paths: {"supply.0.loaded_fen": 7, …}.

    Raises:
        Unverified: it is not JSON with each name once (`report`).
    """
    try:
        return _integers(json.loads(data, object_pairs_hook=_once), "")
    except (ValueError, RecursionError) as error:
        raise Unverified("report", f"{RESULT} is not JSON that gives each figure once") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names differ, so that all readers see the same figures."""
    items = dict(pairs)
    if len(items) != len(pairs) or any("." in name for name in items):
        raise ValueError("a name is repeated, or could be taken for a path")
    return items


def _integers(value: object, path: str) -> dict[str, int]:
    if isinstance(value, dict):
        items = {name: part for name, part in value.items() if name not in SERIES}
    elif isinstance(value, list):
        items = {str(index): part for index, part in enumerate(value)}
    else:
        return {path: value} if type(value) is int else {}
    figures: dict[str, int] = {}
    for name, part in items.items():
        figures.update(_integers(part, f"{path}.{name}" if path else name))
    return figures


def sign_report(
    key: Signer,
    *,
    network: str,
    made_at_s: int,
    files: Mapping[str, bytes],
    centre: bytes,
) -> bytes:
    """Sign the figures of `files[RESULT]` and the digests of all files: [centre certificate, report]."""
    report = Report.sign(
        key,
        network=network,
        made_at_s=made_at_s,
        figures=read_figures(files[RESULT]),
        files={name: sha256(data) for name, data in files.items()},
    )
    return codec.encode_fields([centre, report.signed.data])


def verify_report(data: bytes, files: Mapping[str, bytes], *, root: bytes) -> VerifiedReport:
    """Verify a report and the files that belong to it, trusting nothing but `root` (32 bytes).

    1. The root certified the centre, and the centre signed the report.
    2. Every file that the report names is there, unaltered, and no evidence is there that it omits.
    3. The figures signed are those of result.json.
    4. Every piece of evidence proves a fork, no coin twice, and there are as many as were found.
    5. The supply and the forks add up in every epoch, and the books balance.

    Raises:
        Malformed: not a report.
        Unverified: what exactly does not hold.
    """
    certificate, report = verify_signed(data, root=root)
    digests = dict(report.files)
    for name in sorted(digests.keys() | {name for name in files if name.startswith(EVIDENCE_PREFIX)}):
        if name not in digests:
            raise Unverified("report", f"{name} is not part of the report")
        if name not in files:
            raise Unverified("report", f"{name} is missing")
        if sha256(files[name]) != digests[name]:
            raise Unverified("report", f"{name} was altered after the report was signed")
    if RESULT not in digests:
        raise Unverified("report", f"the report does not cover {RESULT}")
    figures = read_figures(files[RESULT])
    if figures != dict(report.figures):
        raise Unverified("report", f"the figures signed are not those of {RESULT}")
    forks = _proven_forks(files, root=root, network=report.network)
    _check_figures(figures, forks=forks)
    return VerifiedReport(network=certificate.claims.issuer, figures=figures, forks=forks)


def verify_signed(data: bytes, *, root: bytes) -> tuple[CentreCertificate, Report]:
    """Verify that a certified centre has signed a report, whatever its files say: step 1 of `verify_report`.

    Raises:
        Malformed: not a report.
        Unverified: what does not hold.
    """
    certificate_data, report_data = _parts(data)
    report = Report.parse(report_data)
    trust = Trust(root=root, network=report.network, objects_kept=4)
    certificate = trust.add_centre(certificate_data)
    if not certificate.claims.valid_at(report.made_at_s):
        raise Unverified(
            "certificate-time", "the centre's certificate was not valid when the report was made"
        )
    trust.verifier.check(report.signed, certificate.claims.key, "report")
    return certificate, report


def _parts(data: bytes) -> tuple[bytes, bytes]:
    """The centre's certificate and the report, taken apart by their heads: a file may be large."""
    if len(data) > MAX_REPORT_BYTES:
        raise Malformed("too-large", f"{len(data)} bytes, a report has at most {MAX_REPORT_BYTES}")
    count, at = codec.read_head(data, 0, codec.ARRAY)
    if count != 2:
        raise Malformed("shape", "a report file is an array of the centre's certificate and the report")
    length, start = codec.read_head(data, at, codec.BYTES)
    at = start + length
    certificate = data[start:at]
    length, start = codec.read_head(data, at, codec.BYTES)
    if start + length != len(data):
        raise Malformed("cbor", "cut off, or trailing bytes")
    return certificate, data[start:]


def _proven_forks(files: Mapping[str, bytes], *, root: bytes, network: str) -> int:
    """How many forks the evidence proves."""
    coins: set[bytes] = set()
    for name in sorted(files):
        if not name.startswith(EVIDENCE_PREFIX):
            continue
        try:
            coin_id = verify_evidence(files[name], root=root).coin_id
        except (Malformed, Unverified) as fault:
            raise Unverified("report", f"{name} proves nothing: {fault}") from fault
        if coin_id in coins or Evidence.decode(files[name]).network != network:
            raise Unverified("report", f"{name} proves a fork again, or one of another network")
        coins.add(coin_id)
    return len(coins)


def _check_figures(figures: Mapping[str, int], *, forks: int) -> None:
    def figure(name: str) -> int:
        if name not in figures:
            raise Unverified("report", f"{name} is missing")
        return figures[name]

    found = figure("forks.found") + figures.get("forks.unexpected", 0)
    if found != forks:
        raise Unverified("report", f"forks.found says {found}, the evidence proves {forks}")
    if difference_fen := figure("books.difference_fen"):
        raise Unverified("report", f"books.difference_fen is {difference_fen}, not 0")
    epoch = 0
    while f"supply.{epoch}.loaded_fen" in figures:
        for whole, parts, difference in (
            ("loaded_fen", ("redeemed_fen", "returned_fen", "outstanding_fen"), "difference_fen"),
            ("forked_fen", ("fund_paid_fen", "void_fen", "forked_open_fen"), "forked_difference_fen"),
        ):
            off_fen = figure(f"supply.{epoch}.{whole}")
            off_fen -= sum(figure(f"supply.{epoch}.{part}") for part in parts)
            if off_fen or figure(f"supply.{epoch}.{difference}"):
                raise Unverified("report", f"{whole} of supply.{epoch} is off by {off_fen} fen")
        epoch += 1
