"""A run's or period's report: figures and file digests, signed by the centre, checkable by anybody.

The signature says that the centre made these figures and files; the check goes on from there and
trusts nothing but the root key: every piece of evidence must prove its fork, the supply equation must
hold, and the figures must agree with each other.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from shuangli import codec
from shuangli.crypto import Signer, sha256
from shuangli.errors import Malformed, Unverified
from shuangli.messages.certificates import CentreCertificate
from shuangli.messages.notices import Report
from shuangli.offline.evidence import verify_evidence
from shuangli.offline.trust import Trust

RESULT = "result.json"
EVIDENCE_PREFIX = "evidence/"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedReport:
    """A report that holds: its network, figures by name, and how many forks its evidence proves."""

    network: str
    figures: Mapping[str, int]
    forks: int


def integer_figures(result: object, prefix: str = "") -> dict[str, int]:
    """All integers of a decoded result, each under its path: {"forks.found": 3, "supply.0.loaded_fen": …}."""
    parts: dict[str, int] = {}
    if isinstance(result, Mapping):
        items = [(str(key), value) for key, value in result.items()]
    elif isinstance(result, list):
        items = [(str(index), value) for index, value in enumerate(result)]
    else:
        return {prefix: result} if isinstance(result, int) and not isinstance(result, bool) else {}
    for key, value in items:
        parts.update(integer_figures(value, f"{prefix}.{key}" if prefix else key))
    return parts


def sign_report(
    key: Signer,
    *,
    network: str,
    made_at_s: int,
    files: Mapping[str, bytes],
    centre: bytes,
) -> bytes:
    """Sign the figures of `files[RESULT]` and the digests of all files: [centre certificate, report]."""
    figures = integer_figures(json.loads(files[RESULT]))
    report = Report.sign(
        key,
        network=network,
        made_at_s=made_at_s,
        figures=figures,
        files={name: sha256(data) for name, data in files.items()},
    )
    return codec.encode([centre, report.signed.data])


def verify_report(data: bytes, files: Mapping[str, bytes], *, root: bytes) -> VerifiedReport:
    """Verify a report and the files that belong to it, trusting nothing but `root` (32 bytes).

    1. The root certified the centre, and the centre signed the report.
    2. Every file that the report names is there, unaltered, and no evidence is there that it omits.
    3. The figures signed are those of result.json.
    4. Every piece of evidence proves a fork, no coin twice, and there are as many as were found.
    5. The supply adds up in every epoch, and the books' difference is what it says.

    Raises:
        Malformed: not a report.
        Unverified: what exactly does not hold.
    """
    certificate, report = _verified_report(data, root)
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
    figures = integer_figures(json.loads(files[RESULT]))
    if figures != dict(report.figures):
        raise Unverified("report", f"the figures signed are not those of {RESULT}")
    coins = set()
    for name in sorted(files):
        if name.startswith(EVIDENCE_PREFIX):
            try:
                coins.add(verify_evidence(files[name], root=root).coin_id)
            except (Malformed, Unverified) as fault:
                raise Unverified("report", f"{name} proves nothing: {fault}") from fault
    _check_figures(figures, forks=len(coins))
    return VerifiedReport(network=certificate.claims.issuer, figures=figures, forks=len(coins))


def _verified_report(data: bytes, root: bytes) -> tuple[CentreCertificate, Report]:
    fields = codec.decode(data)
    if type(fields) is not list or len(fields) != 2:
        raise Malformed("shape", "a report file is an array of the centre's certificate and the report")
    certificate_data, report_data = fields
    if type(certificate_data) is not bytes or type(report_data) is not bytes:
        raise Malformed("shape", "a report file holds byte strings")
    report = Report.parse(report_data)
    trust = Trust(root=root, network=report.network, objects_kept=4)
    certificate = trust.add_centre(certificate_data)
    if not certificate.claims.valid_at(report.made_at_s):
        raise Unverified("certificate-time", "the centre's certificate was not valid when the report was made")
    trust.verifier.check(report.signed, certificate.claims.key, "report")
    return certificate, report


def _check_figures(figures: Mapping[str, int], *, forks: int) -> None:
    found = figures.get("forks.found", 0) + figures.get("forks.unexpected", 0)
    if found != forks:
        raise Unverified("report", f"forks.found says {found}, the evidence proves {forks}")
    epoch = 0
    while f"supply.{epoch}.loaded_fen" in figures:
        part = {key: figures[f"supply.{epoch}.{key}"] for key in ("loaded_fen", "redeemed_fen", "returned_fen")}
        outstanding_fen = figures[f"supply.{epoch}.outstanding_fen"]
        difference_fen = part["loaded_fen"] - part["redeemed_fen"] - part["returned_fen"] - outstanding_fen
        if difference_fen != figures[f"supply.{epoch}.difference_fen"] or difference_fen:
            raise Unverified("report", f"supply.{epoch} is off by {difference_fen} fen")
        epoch += 1
    if figures.get("books.difference_fen", 0):
        raise Unverified("report", f"books.difference_fen is {figures['books.difference_fen']}, not 0")
