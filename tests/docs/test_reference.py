"""The reference pages name all that there is, and nothing that there is not.

A small run of each scenario is made for it: its `result.json`, `run.json` and tables are compared with
docs/reference/results.md.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Final

import click
import pytest

from shuangli.cli import main
from shuangli.errors import CODES
from shuangli.sims.catalogue import CONFIGS, make_scenario
from shuangli.sims.run import Written, run_scenario
from shuangli.sims.summary import summary
from tests.docs.pages import ROOT

REFERENCE: Final = ROOT / "docs/reference"
BY_NAME: Final = re.compile(
    r"(scenario\.config|payments\.by_outcome|payments\.by_hops|trips\.waiting_ms|operators\.refused"
    r"|scenario\.input\.sectors|kinds\.by_kind)\..+|(vault_).+"
)
"""Keys that depend on the run; the page writes `*` for them."""


def page(name: str) -> str:
    """The text of a reference page."""
    return (REFERENCE / name).read_text(encoding="utf-8")


def section(text: str, heading: str) -> str:
    """A section from its heading to the next one of the same or a higher level."""
    level = heading.split(" ")[0]
    found = re.search(
        rf"^{re.escape(heading)}$(.*?)(?=^#{{1,{len(level)}}} |\Z)", text, re.MULTILINE | re.DOTALL
    )
    assert found, heading
    return found[1]


def first_cells(text: str) -> list[str]:
    """The names in code that stand in the first column of a section's tables."""
    rows = re.findall(r"^\| (`[^|]*`) \|", text, re.MULTILINE)
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row)]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Written]:
    """A small run of each scenario, with double spends."""
    written: dict[str, Written] = {}
    few = {"people": "16", "days": "2"}
    for name, settings in (
        ("transit", {"trips": "400"}),
        ("payroll", {"workers": "40", "employers": "4", "days": "2"}),
        ("subsidy", few),
        ("rent", {"people": "16"}),
        ("prepaid", few),
        ("parking", few),
        ("split", few),
        ("tax", few),
        ("border", {**few, "people_abroad": "16"}),
    ):
        scenario = make_scenario(name, {**settings, "clone.share": "0.2"}, seed=1, demand=None, network=None)
        directory = tmp_path_factory.mktemp(name) / "out"
        # One in processes of its own, as a person plays it; the others here, which spares starting those.
        workers = 1 if name == "transit" else 0
        written[name] = run_scenario(scenario, directory, workers=workers, progress=lambda *_: None)
    return written


@pytest.fixture(params=sorted(CONFIGS))
def written(request: pytest.FixtureRequest, runs: dict[str, Written]) -> Written:
    """Each of the runs."""
    return runs[request.param]


def keys(value: object, path: str = "") -> Iterator[str]:
    """The paths of all figures; lists count as what is in them."""
    if value == {}:
        # Times of which there is none, and kinds of attacks where nobody attacks, have no keys.
        if BY_NAME.fullmatch(f"{path}.none"):
            yield f"{path}.*"
    elif isinstance(value, dict):
        for key, part in value.items():
            if key == "abroad":
                # The other side of a border has a result of the same form.
                yield from keys(part)
                continue
            # Of each kind of attack the same is said.
            name = "*" if path == "attacks" else key
            yield from keys(part, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for part in value:
            yield from keys(part, path)
    else:
        yield BY_NAME.sub(lambda match: f"{match[1]}.*" if match[1] else f"{match[2]}*", path)


def test_every_key_of_a_result_is_described_and_no_other(runs: dict[str, Written]) -> None:
    described = set(first_cells(section(page("results.md"), "## result.json")))
    found: set[str] = set()
    for written in runs.values():
        found |= set(keys(json.loads((written.directory / "result.json").read_text(encoding="utf-8"))))
    assert not found - described, "occurs, and is not described"
    assert not described - found, "is described, and does not occur"


def test_every_key_of_run_json_is_described(written: Written) -> None:
    assert set(written.run) == set(first_cells(section(page("results.md"), "## run.json")))


def test_files_of_a_run(written: Written) -> None:
    listed = first_cells(page("results.md").split("\n## ", 1)[0])
    patterns = [re.sub(r"NNNNN|XXXXXXXX|NAME", "*", name) for name in listed if name != "abroad/"]
    if "abroad" in written.result:
        patterns += [f"abroad/{pattern}" for pattern in patterns]
    for pattern in patterns:
        result = written.result["abroad"] if pattern.startswith("abroad/") else written.result
        if "case-" in pattern and not result["forks"]["found"]:
            continue
        assert list(written.directory.glob(pattern)), f"{pattern}: there is no such file"
    known = {path for pattern in patterns for path in written.directory.glob(pattern)}
    files = {path for path in written.directory.rglob("*") if path.is_file()}
    journals = {path for path in files if path.name.endswith(("-wal", "-shm"))}
    assert files - journals == known


def test_every_error_code_is_described_in_its_words() -> None:
    text = page("errors.md")
    said = dict(re.findall(r"^\| `([a-z-]+)` \| (.+) \|$", text, re.MULTILINE))
    assert said == CODES


@pytest.mark.parametrize("script", ["make_reference.py", "draw_pictures.py"])
def test_what_a_script_writes_is_in_step(script: str) -> None:
    ran = subprocess.run(
        [sys.executable, f"scripts/{script}", "--check"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


def every_command(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    """All commands below a group, by their full names."""
    if isinstance(command, click.Group):
        for name, part in command.commands.items():
            yield from every_command(part, f"{path} {name}")
    else:
        yield path, command


def test_every_command_and_option_is_described() -> None:
    text = page("command-line.md")
    found = dict(every_command(main, "shuangli"))
    assert {line[3:] for line in re.findall(r"^## shuangli .*$", text, re.MULTILINE)} == set(found)
    for name, command in found.items():
        said = set(re.findall(r"^\| `(--[a-z-]+)", section(text, f"## {name}"), re.MULTILINE))
        options = {option for item in command.params for option in item.opts if option.startswith("--")}
        assert said == options, name


def test_the_tutorial_shows_the_lines_that_a_run_prints(written: Written) -> None:
    tutorial = (ROOT / "docs/tutorial/first-metro-day.md").read_text(encoding="utf-8")
    shown = tutorial.split("```text\n", 1)[1].split("```", 1)[0].splitlines()
    printed = summary(written.result, written.run).splitlines()
    assert [_words(line) for line in shown] == [_words(line) for line in printed[: len(shown)]]


def _words(line: str) -> str:
    """A line without its figures."""
    return re.sub(r"[\d,.]+", "#", line)


def test_make_targets() -> None:
    text = section(page("command-line.md"), "## make")
    said = set(re.findall(r"`make ([a-z-]+)`", text))
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert said == set(targets) - {"help"}
