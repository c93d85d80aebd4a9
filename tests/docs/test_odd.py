"""The description of the model names every act, scenario and adversary that there is, and no other."""

import re

from shuangli.sims.adversaries.attack import Kind
from shuangli.sims.catalogue import CONFIGS
from shuangli.sims.schedule import CellAct
from tests.docs.pages import ROOT

PAGE = (ROOT / "docs/explanation/odd.md").read_text(encoding="utf-8")


def rows(head: str) -> list[str]:
    """The first cells of the table whose first heading is this one."""
    table = PAGE.split(f"| {head} | what ", 1)[1].split("\n\n", 1)[0]
    return [cell.strip("` ") for cell in re.findall(r"^\| (`?\w+`?) \|", table, re.MULTILINE)]


def test_every_act_in_its_order() -> None:
    assert rows("act") == [act.name for act in sorted(CellAct)]


def test_every_scenario() -> None:
    assert sorted(rows("scenario")) == sorted(CONFIGS)


def test_every_adversary() -> None:
    assert rows("adversary") == list(Kind)


def test_every_file_that_it_names_is_there() -> None:
    named = set(re.findall(r"`((?:sims|wallet|offline|operator|issuer|tests)/[\w/.-]*)`", PAGE))
    assert len(named) > 15
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []
