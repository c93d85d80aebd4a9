"""`shuangli sim …`: run scenarios, sweep over settings, compare what came of it."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from shuangli.cli_common import OneLineGroup, json_option, say
from shuangli.errors import BadInput, StoreError
from shuangli.extras import needs_extra

if TYPE_CHECKING:
    from shuangli.sims.scenario_file import Setup

SET_OPTION = click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="Change a setting; see `sim describe`."
)
SAID_OTHERWISE: Final = {
    "seed": "give --seed",
    "demand": "give --demand to `sim run`, or name it in a scenario file",
    "network": "give --network to `sim run`, or name it in a scenario file",
}
"""What belongs to a run and is no setting of its scenario."""
SEED = click.IntRange(0, 2**63 - 1)
needs_sim = needs_extra("sim", "a simulation")


@click.command("demo")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("shuangli-demo"),
    show_default=True,
    help="Directory: new, empty, or of an earlier run.",
)
@needs_sim
def demo(out: Path) -> None:
    """Simulate a metro day, and say where its report is: `sim run transit` as it comes."""
    _play("transit", _setup("transit", {}, None, None, None), out.resolve())


@click.group(cls=OneLineGroup)
def sim() -> None:
    """Simulate scenarios with real wallets, operators and signatures."""


@sim.command("run")
@click.argument("what", default="")
@click.option(
    "--demand", type=click.Path(path_type=Path), help="OD or boardings table, CSV or Parquet (transit)."
)
@click.option(
    "--network", type=click.Path(path_type=Path), help="Stations on lines with distances (transit)."
)
@SET_OPTION
@click.option("--seed", type=SEED, default=None, help="Chance starts here.  [default: the file's, or 1]")
@click.option(
    "--workers", type=click.IntRange(1, 256), default=None, help="Processes.  [default: one a processor]"
)
@click.option(
    "--out", type=click.Path(path_type=Path), default=None, help="Directory.  [default: build/ and the name]"
)
@click.option("--json", "as_json", is_flag=True, help="Print result and run facts as JSON, and nothing else.")
@needs_sim
def sim_run(
    what: str,
    demand: Path | None,
    network: Path | None,
    settings: tuple[str, ...],
    seed: int | None,
    workers: int | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Run WHAT, and write its results, evidence and report.

    WHAT is a scenario (border, parking, payroll, prepaid, rent, split, subsidy, tax, transit), a preset, or a
    scenario file, whose name ends in .toml.
    """
    setup = _setup(what, pairs(settings), seed, demand, network)
    name = Path(what).stem
    _play(name, setup, out or Path("build") / name, workers=workers, as_json=as_json)


@sim.command("describe")
@click.argument("name", required=False)
@json_option
@needs_sim
def sim_describe(name: str | None, as_json: bool) -> None:
    """List the settings of the scenario, preset or scenario file NAME; without it, all there is to name."""
    from shuangli.sims.describe import as_text, describe

    described = describe(name)
    say(as_json, described, as_text(described))


@sim.command("sweep")
@click.argument("file", type=click.Path(path_type=Path))
@SET_OPTION
@click.option("--seed", type=SEED, default=None, help="The first seed.  [default: the file's, or 1]")
@click.option(
    "--workers", type=click.IntRange(1, 256), default=None, help="Runs at once.  [default: one a processor]"
)
@click.option("--ray", "address", default=None, metavar="ADDRESS", help="Run on this Ray cluster instead.")
@click.option(
    "--out", type=click.Path(path_type=Path), default=None, help="Directory.  [default: build/ and the name]"
)
@json_option
@needs_sim
def sim_sweep(
    file: Path,
    settings: tuple[str, ...],
    seed: int | None,
    workers: int | None,
    address: str | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Run the study of the scenario FILE, all its points with all its seeds. Begun again, it goes on."""
    from shuangli.sims.api import read_study, sweep
    from shuangli.sims.progress import sweep_bar

    if address is not None and workers is not None:
        raise BadInput("bad-option", "--ray and --workers: give one of them")
    study = read_study(file, pairs(settings), seed=seed)
    directory = out if out is not None else Path("build") / file.stem
    try:
        with sweep_bar(file.stem) as show:
            swept = sweep(study, directory, workers=workers, ray=address, show=show)
    except ModuleNotFoundError as error:
        if error.name != "ray":
            raise
        raise BadInput("bad-option", "--ray needs more: pip install 'shuangli[ray]'") from error
    if swept.failures:
        name, why = swept.failures[0]
        what = f"{len(swept.failures)} of {swept.runs} runs failed; the first, {name}: {why}"
        raise StoreError("worker", f"{directory}: {what}")
    facts = {"directory": str(directory), "runs": swept.runs, "there_before": swept.before}
    points, seeds = len(study.points), len(study.seeds)
    say(
        as_json,
        facts,
        f"runs       {swept.runs:,} of {points:,} points and {seeds:,} seeds, {swept.before:,} there before\n"
        f"next       shuangli sim compare {directory}",
    )


@sim.command("compare")
@click.argument("directory", type=click.Path(path_type=Path))
@json_option
@needs_sim
def sim_compare(directory: Path, as_json: bool) -> None:
    """Compare the points of the study in DIRECTORY: tables, plots and a page with intervals."""
    from shuangli.sims.api import compare

    compared = compare(directory)
    facts = {"directory": str(directory), "runs": compared.runs.height, "missing": compared.missing}
    missing = f", {compared.missing:,} are missing" if compared.missing else ""
    say(
        as_json,
        facts,
        f"runs       {compared.runs.height:,}{missing}\nreport: {directory / 'report.html'}",
    )


def _play(
    name: str, setup: "Setup", directory: Path, *, workers: int | None = None, as_json: bool = False
) -> None:
    """Run a scenario with a progress bar, and print what came of it."""
    from shuangli.sims.api import run_setup
    from shuangli.sims.progress import progress_bar
    from shuangli.sims.summary import summary

    with progress_bar(name) as progress:
        written = run_setup(setup, directory, workers=workers or os.cpu_count() or 1, progress=progress)
    if as_json:
        click.echo(json.dumps({"result": written.result, "run": written.run}, ensure_ascii=False))
        return
    click.echo(summary(written.result, written.run))
    click.echo(f"report: {directory / 'report.html'}")


def _setup(
    what: str, settings: dict[str, str], seed: int | None, demand: Path | None, network: Path | None
) -> "Setup":
    from shuangli.sims.catalogue import CONFIGS
    from shuangli.sims.scenario_file import preset_names, read_setup, setup_of
    from shuangli.sims.settings import unknown_key

    files = {"demand": demand, "network": network}
    given = {name: str(path) for name, path in files.items() if path is not None}
    if what.endswith(".toml"):
        if given:
            raise BadInput("bad-option", f"--{next(iter(given))}: name it in {what}, as a path from there")
        return read_setup(Path(what), settings, seed=seed)
    names = [*CONFIGS, *preset_names()]
    if not what:
        known = ", ".join(names)
        raise BadInput("bad-option", f"sim run: name a scenario, a preset or a file .toml: {known}, …")
    if what not in names:
        raise unknown_key(what, what, names, what="scenario or preset, nor a file .toml")
    key = "scenario" if what in CONFIGS else "preset"
    return setup_of({key: what, **given}, Path(what), settings, seed=seed)


def pairs(settings: tuple[str, ...]) -> dict[str, str]:
    """What `--set` says: names and values as text; the last one for a name holds.

    Raises:
        BadInput: one is not of the form KEY=VALUE, or is said in another way.
    """
    found: dict[str, str] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals or not name:
            raise BadInput("bad-option", f"--set {setting}: should be KEY=VALUE")
        if name in SAID_OTHERWISE:
            raise BadInput("bad-option", f"--set {name}: is no setting; {SAID_OTHERWISE[name]}")
        found[name] = value
    return found
