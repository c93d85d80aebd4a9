"""The commands on all pages exist, and do what the pages say.

Every `shuangli` and `make` command of any page is read by the command line itself, or looked up in the
Makefile. Then each page with commands that is no reference runs from top to bottom in an empty directory, in
which stand-ins for `.venv/bin/shuangli` and `make` simulate a few trips only; what `make demo` writes is made
once for all of them, and data from outside is a few lines. Transcripts must print what the page shows, where
`...` stands for anything. Scripts of the repository are only looked up, since they write into it.
"""

import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click
import pytest

from bench.run import BENCHMARKS
from shuangli.cli import main
from tests.docs.pages import PAGES, ROOT, blocks, commands, name_of
from tests.docs.playing import OUTSIDE, SHELL, end_all, play, shell

RUNS: Final = re.compile(r"sim run|make demo")
GUIDES: Final = [
    page
    for page in PAGES
    if page.parent.name in ("tutorial", "how-to", "explanation") or page == ROOT / "README.md"
    if blocks(page, *SHELL)
]
SMALL: Final = f"""#!/bin/sh
case "$1 $2 $3" in
    "sim run transit")
        case "$*" in
            *--demand*) ;;
            *build/demo*) set -- "$@" --set trips=400 ;;
            *) set -- "$@" --set trips=60 ;;
        esac
        set -- "$@" --set clone.share=0.2 --workers 2 ;;
    "sim run payroll") set -- "$@" --set workers=30 --set employers=4 --set days=2 --workers 2 ;;
    "sim run border-town") set -- "$@" --set people=16 --set days=2 --workers 2 ;;
    "sim sweep payroll"* | "sim sweep staged"*)
        set -- "$@" --set workers=16 --set employers=4 --set shops=4 --set days=12 --workers 2 ;;
    "sim run "*.toml | "sim sweep "*) set -- "$@" --set trips=60 --workers 2 ;;
esac
PYTHONPATH={shlex.quote(str(ROOT))} exec {shlex.quote(sys.executable)} -m shuangli "$@"
"""
PYTHON: Final = f"""#!/bin/sh
case "$1" in
    scripts/*.py) test -f {shlex.quote(str(ROOT))}/"$1" ;;
    *) exec {shlex.quote(sys.executable)} "$@" ;;
esac
"""
MAKE: Final = """#!/bin/sh
test "$*" != demo || {{ mkdir -p build && cp -r {demo} build/demo; }}
"""
DATA: Final = {
    "od_hourly": "hour,origin,destination,trips\n8,Museum,Harbour,40\n17,Harbour,Museum,30\n",
    "line_stations": "line,seq,station,distance_from_previous_m\nred,1,Museum,\nred,2,Harbour,4200\n",
}
"""What stands in for data from outside: by a part of its name."""


def every_command() -> list[tuple[str, str]]:
    """All commands of all pages: (page, command)."""
    return [
        (name_of(page), command)
        for page in PAGES
        for block in blocks(page, *SHELL)
        for command in commands(block)
    ]


def simple_commands(line: str) -> list[list[str]]:
    """The words of each command in a line; what the shell would put in, or take away, is left out."""
    line = re.sub(r"\d?>\s*&?[\w./-]+", "", line)
    line = re.sub(r"\$\(.*\)", "1", line)
    line = re.sub(r"\$[\w?]+", "1", line)
    lexer = shlex.shlex(line, posix=True, punctuation_chars=";&|")
    lexer.whitespace_split = True
    found: list[list[str]] = [[]]
    for word in lexer:
        if set(word) <= set(";&|"):
            found.append([])
        else:
            found[-1].append(word)
    return [words for words in found if words]


def read(words: list[str]) -> None:
    """Let the command line read a command without running it; `click` raises where it does not exist."""
    command: click.Command = main
    context = click.Context(command, info_name="shuangli")
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(context, words[0])
        assert found is not None, f"there is no {context.command_path} {words[0]}"
        command, words = found, words[1:]
        context = click.Context(command, info_name=command.name, parent=context)
    if not isinstance(command, click.Group):
        command.make_context(command.name, words, parent=context.parent)


@pytest.mark.parametrize(("page", "line"), every_command())
def test_the_command_exists(page: str, line: str) -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    for words in simple_commands(line):
        if words[0].endswith("shuangli"):
            read(words[1:])
        elif words[0] == "make":
            unknown = [word for word in words[1:] if "=" not in word and word not in targets]
            assert not unknown, f"{page}: make has no target {unknown[0]}"
            for only in (word.removeprefix("ONLY=") for word in words if word.startswith("ONLY=")):
                assert any(f"{only}.".startswith(f"{name}.") for name in BENCHMARKS), f"{page}: {only}"


def guide(page: Path) -> Any:
    """A guide as a parameter; those with many simulations are heavy."""
    parts = blocks(page, *SHELL)
    runs = [line for part in parts for line in commands(part) if RUNS.search(line)]
    sweeps = any("sim sweep" in line for part in parts for line in commands(part))
    many = (
        sweeps
        or len(runs) > 3
        or any(re.search(r"^for .*sim run", part.text, re.MULTILINE | re.DOTALL) for part in parts)
    )
    return pytest.param(page, marks=[pytest.mark.heavy] if many else [], id=name_of(page))


def prepared(directory: Path, demo: Path) -> Path:
    """A directory with stand-ins for what a reader has; what lies beside it is called `shared`."""
    stand_ins = {
        ".venv/bin/shuangli": SMALL,
        ".venv/bin/python": PYTHON,
        "path/make": MAKE.format(demo=shlex.quote(str(demo))),
    }
    for name, text in stand_ins.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)
        (directory / name).chmod(0o755)
    return directory


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make demo` writes."""
    directory = prepared(tmp_path_factory.mktemp("demo"), Path())
    ran = shell(".venv/bin/shuangli sim run transit --out build/demo", directory)
    assert ran.returncode == 0, ran.stdout
    return directory / "build" / "demo"


@pytest.mark.usefixtures("ended")
@pytest.mark.parametrize("page", [guide(page) for page in GUIDES])
def test_the_guide_runs_from_top_to_bottom(page: Path, tmp_path: Path, demo: Path) -> None:
    directory = prepared(tmp_path / "here", demo)
    parts = blocks(page, *SHELL)
    text = "".join(part.text for part in parts)
    for name in re.findall(rf"{re.escape(OUTSIDE)}([\w./-]+)", text):
        (content,) = [lines for word, lines in DATA.items() if word in name]
        (tmp_path / "shared" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "shared" / name).write_text(content)
    if "make demo" not in text and "build/demo" in text:
        shell("make demo", directory)
    play(parts, directory)


@pytest.fixture
def ended() -> Iterator[None]:
    """Ends what a guide has started in the background, and not ended itself."""
    yield
    end_all()
