"""Shells complete commands and options: the scripts are printed, and what they ask for is answered."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from shuangli.cli import main
from shuangli.cli_completion import VARIABLE

BIN = Path(sys.executable).parent


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_asks_the_command_and_is_told_what_may_come_next(shell: str) -> None:
    script = CliRunner().invoke(main, ["completion", shell]).stdout
    assert f"{VARIABLE}={shell}_complete" in script
    if shell == "zsh":
        assert script.startswith("#compdef shuangli"), "zsh reads the first line of a file that completes"
    words = {"COMP_WORDS": "shuangli wallet hi", "COMP_CWORD": "hi" if shell == "fish" else "2"}
    told = CliRunner().invoke(main, [], prog_name="shuangli", env={VARIABLE: f"{shell}_complete", **words})
    assert "history" in told.output
    assert "recover" not in told.output


def test_bash_completes_a_command_and_an_option() -> None:
    script = (
        'eval "$(shuangli completion bash)";'
        " for words in 'shuangli wallet sy' 'shuangli wallet history --la' 'shuangli completion z'; do"
        " COMPREPLY=(); COMP_WORDS=($words); COMP_CWORD=$((${#COMP_WORDS[@]} - 1));"
        ' _shuangli_completion shuangli; echo "${COMPREPLY[@]}"; done'
    )
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}
    ran = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert ran.stdout.split("\n")[:3] == ["sync", "--last", "zsh"]


def test_another_shell_is_refused_in_one_line() -> None:
    told = CliRunner().invoke(main, ["completion", "cmd"])
    assert (told.exit_code, told.stderr.count("\n")) == (2, 1)
