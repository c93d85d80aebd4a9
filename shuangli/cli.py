"""The command line: `shuangli …`. The composition root: it alone may import every folder, and does so lazily.

Exit codes: 0 done; 1 the answer is "no" (evidence false, report does not hold); 2 bad input, with one
line on standard error, never a traceback.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import click

from shuangli import __version__
from shuangli.errors import BadInput, ProtocolError, ShuangliError

KEY_HEX_DIGITS = 64


class OneLineGroup(click.Group):
    """Turns every error on purpose into one line and its exit code; without a command it shows help."""

    group_class = type

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; none at all is a question for help."""
        if not args:
            click.echo(ctx.get_help())
            ctx.exit()
        return super().parse_args(ctx, args)

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command line."""
        kwargs["standalone_mode"] = False
        try:
            code = super().main(*args, **kwargs)
        except click.exceptions.Exit as done:
            sys.exit(done.exit_code)
        except click.ClickException as error:
            self._fail(error.format_message())
        except click.Abort:
            self._fail("interrupted", code=130)
        except ShuangliError as error:
            self._fail(str(error))
        sys.exit(code if isinstance(code, int) else 0)

    @staticmethod
    def _fail(message: str, *, code: int = 2) -> None:
        click.echo(f"shuangli: {' '.join(message.split())}", err=True)
        sys.exit(code)


@click.group(cls=OneLineGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="shuangli")
def main() -> None:
    """Dual-offline digital-currency payments: simulate them, and check what they leave behind."""


@main.group()
def sim() -> None:
    """Simulate scenarios with real wallets, operators and signatures."""


@sim.command("run")
@click.argument("scenario", type=click.Choice(["transit", "payroll"]))
@click.option(
    "--demand", type=click.Path(path_type=Path), help="OD or boardings table, CSV or Parquet (transit)."
)
@click.option(
    "--network", type=click.Path(path_type=Path), help="Stations on lines with distances (transit)."
)
@click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="Change a setting; see `sim describe`."
)
@click.option(
    "--seed", type=click.IntRange(0, 2**63 - 1), default=1, show_default=True, help="Chance starts here."
)
@click.option(
    "--workers", type=click.IntRange(1, 256), default=None, help="Processes.  [default: one a processor]"
)
@click.option(
    "--out", type=click.Path(path_type=Path), default=None, help="Directory.  [default: build/SCENARIO]"
)
@click.option("--json", "as_json", is_flag=True, help="Print result and run facts as JSON, and nothing else.")
def sim_run(
    scenario: str,
    demand: Path | None,
    network: Path | None,
    settings: tuple[str, ...],
    seed: int,
    workers: int | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Run SCENARIO and write its results, evidence and report."""
    from shuangli.sims.catalogue import make_scenario
    from shuangli.sims.progress import progress_bar
    from shuangli.sims.run import run_scenario

    made = make_scenario(scenario, _pairs(settings), seed=seed, demand=demand, network=network)
    directory = out if out is not None else Path("build") / scenario
    processes = workers if workers is not None else (os.cpu_count() or 1)
    with progress_bar(scenario) as progress:
        written = run_scenario(made, directory, workers=processes, progress=progress)
    if as_json:
        click.echo(json.dumps({"result": written.result, "run": written.run}, ensure_ascii=False))
        return
    from shuangli.sims.summary import summary

    click.echo(summary(written.result, written.run))
    click.echo(f"report: {directory / 'report.html'}")


@sim.command("describe")
@click.argument("scenario", type=click.Choice(["transit", "payroll"]))
def sim_describe(scenario: str) -> None:
    """List the settings of SCENARIO with their defaults."""
    from shuangli.sims.catalogue import describe

    click.echo(describe(scenario))


_root_option = click.option(
    "--root", required=True, help="The issuer's root key: 64 hex digits, or a file with them."
)
_json_option = click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")


@main.group()
def evidence() -> None:
    """Check evidence of double spends."""


@evidence.command("verify")
@click.argument("file", type=click.Path(path_type=Path))
@_root_option
@_json_option
def evidence_verify(file: Path, root: str, as_json: bool) -> None:
    """Say whether FILE proves that one key spent one coin twice. Exit code 1: it does not."""
    from shuangli.offline.evidence import verify_evidence

    key, data = _root_key(root), _read(file)
    try:
        fork = verify_evidence(data, root=key)
    except ProtocolError as fault:
        _answer(as_json, False, {"code": fault.code, "why": str(fault)}, f"no: {file}: {fault}")
        return
    facts = {
        "coin": fork.coin_id.hex(),
        "culprit": fork.culprit.hex(),
        "operator": fork.operator,
        "transfers": [transfer.signed.id.hex() for transfer in fork.transfers],
    }
    text = f"yes: key {fork.culprit.hex()} of {fork.operator} spent coin {fork.coin_id.hex()} twice"
    _answer(as_json, True, facts, text)


@main.group()
def report() -> None:
    """Check reports."""


@report.command("verify")
@click.argument("directory", type=click.Path(path_type=Path))
@_root_option
@_json_option
def report_verify(directory: Path, root: str, as_json: bool) -> None:
    """Say whether the report in DIRECTORY, its files and its evidence hold. Exit code 1: they do not."""
    from shuangli.offline.report import COVERED, EVIDENCE_PREFIX, verify_report

    key = _root_key(root)
    signed = _read(directory / "report.cbor")
    evidence_files = sorted((directory / EVIDENCE_PREFIX).glob("*"))
    covered = [directory / name for name in COVERED]
    paths = [path for path in [*covered, *evidence_files] if path.is_file()]
    files = {path.relative_to(directory).as_posix(): _read(path) for path in paths}
    try:
        verified = verify_report(signed, files, root=key)
    except ProtocolError as fault:
        _answer(as_json, False, {"code": fault.code, "why": str(fault)}, f"no: {directory}: {fault}")
        return
    facts = {"network": verified.network, "files": len(files), "forks": verified.forks}
    text = f"yes: {len(files)} files unaltered, {verified.forks} double spends proven, the supply adds up"
    _answer(as_json, True, facts, text)


def _answer(as_json: bool, holds: bool, facts: dict[str, Any], text: str) -> None:
    click.echo(json.dumps({"verified": holds, **facts}) if as_json else text)
    if not holds:
        raise click.exceptions.Exit(1)


def _pairs(settings: tuple[str, ...]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals or not name:
            raise BadInput("bad-option", f"--set {setting}: should be KEY=VALUE")
        pairs[name] = value
    return pairs


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput("bad-file", f"{path}: {error.strerror or error}") from error


def _root_key(text: str) -> bytes:
    """A key from 64 hex digits, or from a file that holds them.

    Raises:
        BadInput: neither.
    """
    try:
        in_file = len(text) != KEY_HEX_DIGITS
        key = bytes.fromhex(Path(text).read_text(encoding="ascii").strip() if in_file else text)
    except (OSError, ValueError):
        key = b""
    if len(key) != KEY_HEX_DIGITS // 2:
        raise BadInput(
            "bad-value", f"--root {text}: is neither {KEY_HEX_DIGITS} hex digits nor a file with them"
        )
    return key


if __name__ == "__main__":
    main()
