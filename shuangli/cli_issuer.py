"""`shuangli issuer …`: run the issuer that several operators share, say who they are, and end its epochs."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from shuangli.cli_common import (
    OneLineGroup,
    answer_no,
    database_option,
    host_option,
    issuer_service,
    json_option,
    port_option,
    root_key,
    root_option,
    say,
)
from shuangli.cli_decisions import cases, decide, disputes, receivables, write_off
from shuangli.errors import BadInput, ProtocolError
from shuangli.extras import needs_extra

if TYPE_CHECKING:
    from shuangli.issuer.service.server import Serving


@click.group(cls=OneLineGroup)
def issuer() -> None:
    """Run an issuer that several operators share."""


@issuer.command("serve")
@click.argument("directory", type=click.Path(path_type=Path))
@host_option
@port_option(8443)
@database_option
@json_option
def issuer_serve(directory: Path, host: str, port: int, database: str | None, as_json: bool) -> None:
    """Serve the issuer whose keys and database lie in DIRECTORY until interrupted. Its money is play money.

    The first time, it founds a network there. Only operators that were admitted can connect.
    """

    def announce(serving: "Serving") -> None:
        facts = {"network": serving.network, "root": serving.root.hex(), "address": serving.address}
        say(as_json, facts, "\n".join(f"{name:<9}{value}" for name, value in facts.items()))

    issuer_service().serve(directory, host=host, port=port, database=database, announce=announce)


@issuer.command("admit")
@click.argument("directory", type=click.Path(path_type=Path))
@click.argument("name")
@click.argument("out", type=click.Path(path_type=Path))
@json_option
def issuer_admit(directory: Path, name: str, out: Path, as_json: bool) -> None:
    """Admit operator NAME to the network in DIRECTORY, and write its own directory OUT.

    The issuer may be running, and knows the operator at once. Where no network is yet, it is founded.
    """
    number = issuer_service().admit_operator(directory, name, out)
    facts = {"operator": name, "directory": str(out), "key_set": number}
    say(as_json, facts, f"{name} is admitted by key set {number}; serve it from {out}")


@issuer.command("renew-operator")
@click.argument("directory", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@json_option
def issuer_renew_operator(directory: Path, out: Path, as_json: bool) -> None:
    """Give the operator with the directory OUT new keys, such as after its old one has leaked.

    The issuer in DIRECTORY may be running. The operator is served from OUT again, and its wallets renew their
    certificates as they sync.
    """
    number = issuer_service().renew_operator(directory, out)
    facts = {"directory": str(out), "key_set": number}
    say(as_json, facts, f"a new key is certified by key set {number}; serve the operator from {out} again")


@issuer.command("dismiss")
@click.argument("directory", type=click.Path(path_type=Path))
@click.argument("name")
@json_option
def issuer_dismiss(directory: Path, name: str, as_json: bool) -> None:
    """Dismiss operator NAME from the network in DIRECTORY: the issuer refuses it from now on."""
    number = issuer_service().dismiss_operator(directory, name)
    say(as_json, {"operator": name, "key_set": number}, f"{name} is dismissed by key set {number}")


@issuer.command("admit-auditor")
@click.argument("directory", type=click.Path(path_type=Path))
@click.argument("name")
@click.argument("out", type=click.Path(path_type=Path))
@json_option
def issuer_admit_auditor(directory: Path, name: str, out: Path, as_json: bool) -> None:
    """Let auditor NAME read the audit log of the issuer in DIRECTORY, and write its own directory OUT."""
    issuer_service().admit_auditor(directory, name, out)
    say(
        as_json, {"auditor": name, "directory": str(out)}, f"{name} may read the log, with what lies in {out}"
    )


@issuer.command("dismiss-auditor")
@click.argument("directory", type=click.Path(path_type=Path))
@click.argument("name")
@json_option
def issuer_dismiss_auditor(directory: Path, name: str, as_json: bool) -> None:
    """Take from auditor NAME the right to read the audit log of the issuer in DIRECTORY."""
    issuer_service().dismiss_auditor(directory, name)
    say(as_json, {"auditor": name}, f"{name} may read the log no more")


@issuer.command("read-log")
@click.argument("address")
@click.argument("directory", type=click.Path(path_type=Path))
@json_option
def issuer_read_log(address: str, directory: Path, as_json: bool) -> None:
    """Read the whole audit log of the issuer at ADDRESS, and say whether it is what the centre has signed.

    DIRECTORY is that of an auditor, or of an operator, which is shown what concerns it. Nothing is trusted
    but the root key there. Exit code 1: the log does not hold.
    """
    try:
        counts, size = issuer_service().read_log(address, directory)
    except ProtocolError as fault:
        answer_no(as_json, fault)
    facts = {"verified": True, "entries": size, "shown": counts}
    text = "\n".join(f"  {name:<14}{count:>12,}" for name, count in counts.items())
    say(as_json, facts, f"yes: {size:,} entries are what the centre has signed\n{text}".rstrip())


@issuer.command("epochs")
@click.argument("directory", type=click.Path(path_type=Path))
@database_option
@json_option
def issuer_epochs(directory: Path, database: str | None, as_json: bool) -> None:
    """Show the epochs of the issuer in DIRECTORY: state, supply, open coins, and what a close waits for."""
    views = issuer_service().look_at_epochs(directory, database=database)
    facts = {"epochs": [view.facts() for view in views]}
    say(as_json, facts, "\n".join(view.text() for view in views))


@issuer.command("file-report")
@click.argument("directory", type=click.Path(path_type=Path))
@click.argument("report", type=click.Path(path_type=Path))
@database_option
@json_option
def issuer_file_report(directory: Path, report: Path, database: str | None, as_json: bool) -> None:
    """File REPORT: the audit log of the issuer in DIRECTORY names it, and no other version of it."""
    filed = issuer_service().file_report(directory, report, database=database)
    facts = {"report": filed.signed.id.hex(), "made_at_s": filed.made_at_s}
    say(as_json, facts, f"report {facts['report']} is filed")


@issuer.command("close-epoch")
@click.argument("directory", type=click.Path(path_type=Path))
@click.argument("number", type=int)
@click.option("--end-minting", is_flag=True, help="If it still mints, let it mint no more, from now on.")
@database_option
@json_option
def issuer_close_epoch(
    directory: Path, number: int, end_minting: bool, database: str | None, as_json: bool
) -> None:
    """Close epoch NUMBER of the issuer in DIRECTORY: whatever is handed in of it from now on is late.

    It is refused while anything in it still waits for its fate.
    """
    issuer_service().close_epoch(directory, number, end_minting=end_minting, database=database)
    say(as_json, {"epoch": number, "state": "closed"}, f"epoch {number} is closed")


@issuer.command("archive")
@click.argument("directory", type=click.Path(path_type=Path))
@click.argument("number", type=int)
@click.argument("out", type=click.Path(path_type=Path))
@database_option
@json_option
def issuer_archive(directory: Path, number: int, out: Path, database: str | None, as_json: bool) -> None:
    """Move closed epoch NUMBER of the issuer in DIRECTORY to files below OUT; again if it was cut off."""
    service = issuer_service()
    with needs_extra("archive", "an archive"):
        path = service.archive_epoch(directory, number, out, database=database)
    say(as_json, {"epoch": number, "directory": str(path)}, f"epoch {number} is archived in {path}")


@issuer.command("verify-archive")
@click.argument("path", type=click.Path(path_type=Path))
@root_option
@json_option
def issuer_verify_archive(path: Path, root: str, as_json: bool) -> None:
    """Say whether the archived epoch in PATH holds, trusting only the root key. Exit code 1: it does not."""
    key = root_key(root)
    with needs_extra("archive", "an archive"):
        from shuangli.issuer.archive.files import MANIFEST
        from shuangli.issuer.archive.verifying import verify_archive

        if not (path / MANIFEST).is_file():
            raise BadInput("bad-file", f"{path}: no archived epoch lies there")
        try:
            verified = verify_archive(path, key)
        except ProtocolError as fault:
            answer_no(as_json, fault, path)
    facts = {
        "epoch": verified.epoch,
        "archived_at_s": verified.archived_at_s,
        "rows": verified.counts,
        "totals": verified.totals,
        "culprits": sorted(culprit.hex() for culprit in verified.culprits),
    }
    objects, culprits = verified.counts["objects"], len(verified.culprits)
    text = (
        f"yes: epoch {verified.epoch}, {objects:,} objects, {culprits:,} culprits proven, the supply adds up"
    )
    say(as_json, {"verified": True, **facts}, text)


@issuer.command("revoke-operator")
@click.argument("directory", type=click.Path(path_type=Path))
@click.argument("name")
@database_option
@json_option
def issuer_revoke_operator(directory: Path, name: str, database: str | None, as_json: bool) -> None:
    """Revoke the key of operator NAME, which has leaked. It cannot be taken back.

    Devices refuse all wallets that it has certified; the issuer in DIRECTORY honours those it knew before.
    """
    keys = issuer_service().revoke_operator(directory, name, database=database)
    facts = {"operator": name, "keys": [key.hex() for key in keys]}
    say(as_json, facts, f"the key of {name} is revoked; the next revocation list names it")


for command in (cases, decide, disputes, receivables, write_off):
    issuer.add_command(command)
