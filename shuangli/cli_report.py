"""`shuangli report …`: write reports of a period from an audit log, and check reports of any kind."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from shuangli.cli_common import (
    OneLineGroup,
    answer_no,
    database_option,
    json_option,
    read_file,
    root_key,
    root_option,
    say,
)
from shuangli.errors import BadInput, ProtocolError
from shuangli.extras import needs_extra
from shuangli.money import format_yuan

if TYPE_CHECKING:
    from shuangli.offline.periods.verifying import VerifiedPeriod

ID_BYTES: Final = 32


@click.group(cls=OneLineGroup)
def report() -> None:
    """Write reports that anybody can check, and check them."""


@report.command("write")
@click.argument("directory", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--from", "start", required=True, help="First moment: 2026-11-01, or 2026-11-01T12:00 (UTC).")
@click.option("--until", "end", required=True, help="First moment after it; it must be past.")
@click.option("--centre", "central", is_flag=True, help="The whole system's, of the issuer in DIRECTORY.")
@click.option("--replaces", default="", help="The id of the report that this one puts right.")
@database_option
@json_option
def report_write(
    directory: Path,
    out: Path,
    start: str,
    end: str,
    central: bool,
    replaces: str,
    database: str | None,
    as_json: bool,
) -> None:
    """Write the report of a period, of the operator in DIRECTORY, into the new directory OUT, and file it.

    The service may be running. What is written holds no personal data but what the books' entries say: the
    numbers of wallets.
    """
    import time

    with needs_extra("api", "this"):
        from shuangli.issuer.periods.writer import write_report
        from shuangli.operator.service.report_parties import party_in
    from_s, until_s = _moment(start, "--from"), _moment(end, "--until")
    if from_s >= until_s:
        raise BadInput("bad-option", f"--until {end} is not after --from {start}")
    with party_in(directory, central=central, database=database) as party:
        written = write_report(
            party,
            out,
            from_s=from_s,
            until_s=until_s,
            now_s=int(time.time()),
            replaces=_report_id(replaces),
        )
    span = written.span
    facts = {
        "report": written.signed.id.hex(),
        "origin": written.origin,
        "directory": str(out),
        "entries": span.end - span.first,
    }
    text = f"report {facts['report']}\nof {written.origin}, {facts['entries']:,} entries, is filed; see {out}"
    say(as_json, facts, text)


@report.command("verify")
@click.argument("directory", type=click.Path(path_type=Path))
@root_option
@click.option(
    "--receipts",
    type=click.Path(path_type=Path),
    help="Acknowledgements that wallets were given, a file or a directory; the log must have what they name.",
)
@click.option(
    "--witness", "witnesses", multiple=True, help="The key of a witness who must have seen the log."
)
@click.option("--after", type=click.Path(path_type=Path), help="The directory of the report before this one.")
@json_option
def report_verify(
    directory: Path,
    root: str,
    receipts: Path | None,
    witnesses: tuple[str, ...],
    after: Path | None,
    as_json: bool,
) -> None:
    """Say whether the report in DIRECTORY, its files and its evidence hold. Exit code 1: they do not.

    The report of a period is added up again from its log, or from the log's Parquet tables where they are all
    there is of it; that of a simulation is checked from its files. With --after, both reports are verified,
    and the log must have grown from the one to the other.
    """
    key = root_key(root)
    of_period = _is_of_period(directory)
    if not of_period and (receipts is not None or after is not None or witnesses):
        what = "--receipts, --witness and --after are for the report of a period"
        raise BadInput("bad-option", f"{directory}: {what}")
    trusted = [root_key(text, option="--witness") for text in witnesses]
    try:
        if of_period:
            facts, text = _told(
                _verified_period(directory, key, receipts=receipts, witnesses=trusted, after=after), directory
            )
        else:
            facts, text = _verified_run(directory, key)
    except ProtocolError as fault:
        answer_no(as_json, fault, directory)
    say(as_json, {"verified": True, **facts}, text)


@report.command("export")
@click.argument("directory", type=click.Path(path_type=Path))
@root_option
@click.option(
    "--format",
    "formats",
    multiple=True,
    type=click.Choice(["csv", "parquet", "html", "pdf"]),
    help="A format; it can be given several times. Unless it is given: csv and html.",
)
@json_option
def report_export(directory: Path, root: str, formats: tuple[str, ...], as_json: bool) -> None:
    """Write the tables and pages of the report in DIRECTORY into its folder `exported`, once it is verified.

    `report verify` compares them with the report from then on. Exit code 1: the report does not hold.
    """
    from shuangli.offline.periods.exporting import export

    key = root_key(root)
    if not _is_of_period(directory):
        raise BadInput("bad-file", f"{directory}: has no report of a period, and only such a one is exported")
    try:
        verified = _verified_period(directory, key)
    except ProtocolError as fault:
        answer_no(as_json, fault, directory)
    try:
        names = export(directory, verified.report, formats or ("csv", "html"))
    except OSError as error:
        raise BadInput("bad-output", f"{error.filename or directory}: {error.strerror or error}") from error
    facts = {"report": verified.report.signed.id.hex(), "files": names}
    say(as_json, facts, f"{directory / 'exported'} has {', '.join(names)}")


def _is_of_period(directory: Path) -> bool:
    """Whether the report of a period lies there.

    Raises:
        BadInput: that cannot be seen (`bad-file`).
    """
    from shuangli.offline.periods.directory import is_of_period

    try:
        return is_of_period(directory)
    except OSError as error:
        raise BadInput("bad-file", f"{error.filename}: {error.strerror or error}") from error


def _verified_run(directory: Path, key: bytes) -> tuple[dict[str, object], str]:
    """What a run's report proves."""
    from shuangli.offline.report import COVERED, EVIDENCE_PREFIX, verify_report

    signed = read_file(directory / "report.cbor")
    evidence_files = sorted((directory / EVIDENCE_PREFIX).glob("*"))
    paths = [path for path in [*(directory / name for name in COVERED), *evidence_files] if path.is_file()]
    files = {path.relative_to(directory).as_posix(): read_file(path) for path in paths}
    verified = verify_report(signed, files, root=key)
    text = f"yes: {len(files)} files unaltered, {verified.forks} double spends proven, the supply adds up"
    return {"network": verified.network, "files": len(files), "forks": verified.forks}, text


def _verified_period(
    directory: Path,
    key: bytes,
    *,
    receipts: Path | None = None,
    witnesses: Sequence[bytes] = (),
    after: Path | None = None,
) -> "VerifiedPeriod":
    """The report in a directory, after the one before it if that is given."""
    from shuangli.offline.periods.directory import SEQUENCES, files_below, verify_directory

    before = None if after is None else _verified_period(after, key)
    try:
        told = _receipts_in(receipts)
        return verify_directory(
            directory,
            files_below(directory, but=SEQUENCES),
            root=key,
            after=before,
            receipts=told,
            witnesses=witnesses,
        )
    except OSError as error:
        raise BadInput("bad-file", f"{error.filename}: {error.strerror or error}") from error


def _receipts_in(path: Path | None) -> list[bytes]:
    """The acknowledgements in a file, or in a directory."""
    if path is None:
        return []
    paths = [path] if path.is_file() else sorted(path.rglob("*"))
    found = [one.read_bytes() for one in paths if one.is_file()]
    if not found:
        raise BadInput("bad-file", f"{path}: no files lie there")
    return found


def _told(verified: "VerifiedPeriod", directory: Path) -> tuple[dict[str, object], str]:
    from shuangli.offline.periods.exporting import check_exported

    said = verified.report
    try:
        exported = check_exported(directory, said)
    except OSError as error:
        raise BadInput("bad-file", f"{error.filename}: {error.strerror or error}") from error
    facts: dict[str, object] = {
        "report": said.signed.id.hex(),
        "network": said.network,
        "origin": said.origin,
        "from_s": said.span.from_s,
        "until_s": said.span.until_s,
        "entries": said.span.end - said.span.first,
        "figures": len(said.flows) + len(said.stocks),
        "forks": verified.cases,
        "receipts": verified.receipts,
        "exported": exported,
    }
    lines = [
        f"yes: {facts['figures']} figures of {said.origin} add up from {said.size:,} entries of its log,",
        f"     {verified.cases} double spends proven, {verified.receipts} receipts found",
    ]
    if exported:
        lines.append(f"     {exported} exported files fit")
    epochs = sorted({name.split(".")[1] for name in said.stocks if name.startswith("supply.")}, key=int)
    for epoch in epochs:
        loaded, redeemed, returned, outstanding = (
            format_yuan(said.stocks.get(f"supply.{epoch}.{what}_fen", 0))
            for what in ("loaded", "redeemed", "returned", "outstanding")
        )
        parts = f"{redeemed} redeemed + {returned} returned + {outstanding} outstanding"
        lines.append(f"epoch {epoch}: {loaded} loaded = {parts}")
    return facts, "\n".join(lines)


def _moment(text: str, option: str) -> int:
    """A date, or a date and a time, in UTC, in seconds since 1970.

    Raises:
        BadInput: it is neither.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        what = f"{option} {text}: not a date such as 2026-11-01, or 2026-11-01T12:00"
        raise BadInput("bad-option", what) from error
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _report_id(text: str) -> bytes:
    """The id of a report from its hex digits; no text is none.

    Raises:
        BadInput: it is no id.
    """
    try:
        report_id = bytes.fromhex(text)
    except ValueError:
        report_id = b"?"
    if len(report_id) not in (0, ID_BYTES):
        raise BadInput("bad-option", f"--replaces {text}: give a report's id, {2 * ID_BYTES} hex digits")
    return report_id
