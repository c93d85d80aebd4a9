"""The pages of the worked studies show what their scripts write: a row for each point, and pictures."""

from pathlib import Path
from types import ModuleType
from typing import Final

import pytest

from scripts import make_clone_study, make_payroll_study, make_staged_study
from scripts.studies import END, START, study_text
from shuangli.sims.studies.study import read_study

PICTURES: Final = {
    make_clone_study: ("clone-study-loss", "clone-study-paid"),
    make_payroll_study: ("payroll-outage-paid", "payroll-outage-outstanding"),
    make_staged_study: ("staged-study-paid", "staged-study-loss"),
}


@pytest.mark.parametrize("script", PICTURES, ids=lambda script: script.__name__)
def test_the_page_has_a_row_for_each_point_of_the_study(script: ModuleType, tmp_path: Path) -> None:
    page, head = script.PAGE, script.HEAD
    path = tmp_path / "study.toml"
    path.write_text(study_text(page), encoding="utf-8")
    text = page.read_text(encoding="utf-8")
    lines = [line for line in text.split(START)[1].split(END)[0].splitlines() if line.startswith("|")]
    assert lines[0] == f"| {' | '.join(head)} |"
    assert len(lines) == 2 + len(read_study(path).points)
    assert [len(line.split(" | ")) for line in lines[2:]] == [len(head)] * (len(lines) - 2)
    for name in PICTURES[script]:
        assert (page.parent / f"../images/{name}.png").read_bytes().startswith(b"\x89PNG")
        assert f"../images/{name}.png" in text
