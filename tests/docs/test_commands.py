"""The commands in README, tutorial and how-to guides exist, and do what the pages say.

Every `shuangli` and `make` command of any page is read by the command line itself, or looked up in the
Makefile. Then each guide runs from top to bottom in an empty directory, in which stand-ins for
`.venv/bin/shuangli` and `make` simulate a few trips only. Transcripts must print what the page shows, where
`...` stands for anything. Blocks that need data from outside are only read.
"""

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import click
import pytest

from shuangli.cli import main
from tests.docs.pages import PAGES, ROOT, Block, blocks, commands, name_of

SHELL: Final = ("sh", "console")
OUTSIDE: Final = "../shared/"
RUNS: Final = re.compile(r"sim run|make demo")
GUIDES: Final = [
    page for page in PAGES if page.name == "README.md" or page.parent.name in ("tutorial", "how-to")
]
STARTED: Final[list[int]] = []
"""The process groups of scripts that were run."""
STAND_INS: Final = {
    ".venv/bin/shuangli": f"""#!/bin/sh
case "$1 $2 $3" in
    "sim run transit") set -- "$@" --set trips=400 --set clone.share=0.2 --workers 2 ;;
    "sim run payroll") set -- "$@" --set workers=30 --set employers=4 --set days=2 --workers 2 ;;
    "sim sweep payroll"*)
        set -- "$@" --set workers=16 --set employers=4 --set shops=4 --set days=12 --workers 2 ;;
    "sim run "*.toml | "sim sweep "*) set -- "$@" --set trips=60 --workers 2 ;;
esac
PYTHONPATH={shlex.quote(str(ROOT))} exec {shlex.quote(sys.executable)} -m shuangli "$@"
""",
    ".venv/bin/python": f"""#!/bin/sh
exec {shlex.quote(sys.executable)} "$@"
""",
    "path/make": """#!/bin/sh
test "$*" != demo || exec .venv/bin/shuangli sim run transit --out build/demo
""",
}


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


@pytest.mark.usefixtures("ended")
@pytest.mark.parametrize("page", [guide(page) for page in GUIDES])
def test_the_guide_runs_from_top_to_bottom(page: Path, tmp_path: Path) -> None:
    for name, text in STAND_INS.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    parts = [block for block in blocks(page, *SHELL) if OUTSIDE not in block.text]
    text = "".join(part.text for part in parts)
    if "make demo" not in text and "build/" in text:
        shell("make demo", tmp_path)
    for block in parts:
        if block.language == "console":
            check_transcript(block, tmp_path)
        else:
            ran = shell(block.text, tmp_path)
            assert ran.returncode == 0, f"{block.text}\n{ran.stdout}"


def shell(text: str, directory: Path) -> subprocess.CompletedProcess[str]:
    """Run a text as a script, standard error among its output. What it leaves running is ended by `ended`."""
    process = subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", text],
        cwd=directory,
        env={**os.environ, "PATH": f"{directory / 'path'}:{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        text=True,
    )
    STARTED.append(process.pid)
    printed, _ = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, printed)


@pytest.fixture
def ended() -> Iterator[None]:
    """Ends what a guide has started in the background, and not ended itself."""
    yield
    for group in STARTED:
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
    STARTED.clear()


def check_transcript(block: Block, directory: Path) -> None:
    """Run what was typed, and compare what is printed with what the page shows."""
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        typed, _, shown = part.partition("\n")
        printed = shell(typed, directory).stdout
        pattern = ".*".join(re.escape(piece) for piece in shown.split("..."))
        assert re.fullmatch(pattern, printed), f"$ {typed}\nshown:\n{shown}\nprinted:\n{printed}"
