"""With --json there is JSON on standard output, one object a line, and nothing else."""

import json
from collections.abc import Iterator

import click
import pytest

from shuangli.cli import main
from tests.devices.people import ADDRESS, Town

FOR_PEOPLE = {"completion", "demo"}
"""Commands that print a script, or a summary of a run: `sim run` has the same for programs."""


def leaves(command: click.Command, *names: str) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from leaves(child, *names, name)
    else:
        yield " ".join(names), command


def test_every_command_has_the_option() -> None:
    without = {
        name for name, leaf in leaves(main) if not any("--json" in option.opts for option in leaf.params)
    }
    assert without == FOR_PEOPLE


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("show",), 0),
        (("history",), 0),
        (("limits",), 0),
        (("statement",), 0),
        (("sync",), 0),
        (("load", "1", "--deposit"), 0),
        (("load", "999999999"), 1),
        (("backup",), 0),
        (("backup", "--language", "zh"), 0),
        (("receive", "1", "--qr"), 1),
        (("receive", "1", "--at", "unix:TILL", "--wait", "0"), 1),
        (("pay", "--qr", "--amount", "1"), 1),
        (("pay", "unix:TILL", "--amount", "1", "--wait", "0"), 1),
        (("transfer", "1", "ab" * 32), 1),
        (("recover", "--operator", ADDRESS, "--root", "ab" * 32), 2),
        (("pay", "--amount", "x"), 2),
    ],
    ids=lambda value: " ".join(value)[:30] if isinstance(value, tuple) else str(value),
)
def test_each_command_of_a_wallet_prints_objects_only(
    town: Town, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], code: int
) -> None:
    ann = town.wallet("ann")
    monkeypatch.chdir(town.directory)
    told = town.type(*words, "--json", "--file", ann)
    assert told.code == code, told
    printed = [json.loads(line) for line in told.out.splitlines()]
    assert all(isinstance(facts, dict) for facts in printed)
    if code == 2:
        assert (printed, told.err.count("\n")) == ([], 1)
    else:
        assert printed[-1]["done"] is (code == 0)
    if code == 1:
        assert printed[-1]["why"]
