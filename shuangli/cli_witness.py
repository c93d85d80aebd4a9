"""`shuangli witness …`: sign that a log has only grown since it was last looked at."""

import secrets
import time
from pathlib import Path
from types import ModuleType

import click

from shuangli.cli_common import OneLineGroup, answer_no, json_option, root_key, root_option, say
from shuangli.errors import ProtocolError
from shuangli.extras import needs_extra


@click.group(cls=OneLineGroup)
def witness() -> None:
    """See that an audit log has one history only, and sign that."""


def _witnessing() -> ModuleType:
    """What a witness does with files.

    Raises:
        BadInput: what it needs is not installed (`bad-option`).
    """
    with needs_extra("api", "a witness"):
        from shuangli.issuer.service import witnessing
    return witnessing


@witness.command("new")
@click.argument("directory", type=click.Path(path_type=Path))
@json_option
def witness_new(directory: Path, as_json: bool) -> None:
    """Become a witness: make a key in DIRECTORY, and remember there what was seen."""
    key = _witnessing().found(directory, random_bytes=secrets.token_bytes)
    say(as_json, {"witness": key.hex(), "directory": str(directory)}, f"witness {key.hex()}")


@witness.command("cosign")
@click.argument("directory", type=click.Path(path_type=Path))
@click.argument("report", type=click.Path(path_type=Path))
@root_option
@json_option
def witness_cosign(directory: Path, report: Path, root: str, as_json: bool) -> None:
    """Sign the state of the log that the report in REPORT is of, as the witness in DIRECTORY.

    It is signed only if it starts with what was seen before. Exit code 1: it does not.
    """
    witnessing, key = _witnessing(), root_key(root)
    try:
        said = witnessing.cosign_report(directory, report, root=key, now_s=int(time.time()))
    except ProtocolError as fault:
        answer_no(as_json, fault, report)
    facts = {"witness": said.witness.hex(), "origin": said.origin, "size": said.size, "root": said.root.hex()}
    text = f"yes: {said.size:,} entries of {said.origin} start with what was seen before; signed"
    say(as_json, {"verified": True, **facts}, text)
