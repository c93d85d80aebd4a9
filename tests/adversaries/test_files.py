"""Adversaries in scenario files and on the command line."""

from pathlib import Path

import pytest

from shuangli.errors import BadInput
from shuangli.sims.scenario_file import read_setup
from shuangli.sims.studies.study import read_study


def written(directory: Path, text: str) -> Path:
    path = directory / "attacked.toml"
    path.write_text(f'scenario = "transit"\n{text}', encoding="utf-8")
    return path


def test_tables_of_adversaries_and_dotted_settings_say_the_same(tmp_path: Path) -> None:
    tables = """
[[adversary]]
kind = "clone"
share = 0.02
strategy = "burst"
[[adversary]]
kind = "mule_ring"
number = 3
"""
    dotted = """
[settings]
clone.share = 0.02
clone = { strategy = "burst" }
mule_ring.number = 3
""".replace(
        'clone.share = 0.02\nclone = { strategy = "burst" }', 'clone = { share = 0.02, strategy = "burst" }'
    )
    one, other = (read_setup(written(tmp_path, text)) for text in (tables, dotted))
    assert one.config == other.config
    assert (one.config["clone.share"], one.config["mule_ring.number"]) == (0.02, 3)
    above = read_setup(written(tmp_path, tables), {"clone.share": "0.1", "rollback.number": "2"})
    assert (above.config["clone.share"], above.config["rollback.number"]) == (0.1, 2)


def test_a_sweep_varies_them_dotted(tmp_path: Path) -> None:
    text = """
[sweep]
baseline.clone.copies = 1
[sweep.vary]
clone.copies = [1, 5]
rollback.share = { from = 0.0, to = 0.1, steps = 2 }
"""
    study = read_study(written(tmp_path, text))
    assert [axis.name for axis in study.axes] == ["clone.copies", "rollback.share"]
    assert study.run(3, 1).config["rollback.share"] == 0.1


def test_how_many_attack_may_be_said_elsewhere(tmp_path: Path) -> None:
    table = '[[adversary]]\nkind = "rollback"\nstrategy = "slow"\n'
    assert read_setup(written(tmp_path, table), {"rollback.number": "2"}).config["rollback.number"] == 2
    study = read_study(written(tmp_path, f"{table}[sweep.vary]\nrollback.share = [0.0, 0.1]\n"))
    assert study.run(1, 1).config["rollback.strategy"] == "slow"
    assert read_setup(written(tmp_path, '[[adversary]]\nkind = "clone"\n')).config["clone.share"] == 0.005


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            '[[adversary]]\nkind = "clon"',
            "adversary 1: kind=clon: there is no such kind of adversary; the nearest is clone",
        ),
        ("[[adversary]]\nshare = 0.1", "adversary 1: lacks the key kind"),
        (
            '[[adversary]]\nkind = "clone"\nshore = 1',
            "adversary 1: clone.shore: there is no such setting; the nearest is clone.share",
        ),
        ('[[adversary]]\nkind = "clone"\nshare = 2', "adversary 1: clone.share=2.0 is not between 0 and 0.5"),
        (
            '[[adversary]]\nkind = "clone"\nshare = 0.1\n[[adversary]]\nkind = "clone"\nshare = 0.2',
            "adversary 2: kind=clone stands there twice",
        ),
        (
            '[[adversary]]\nkind = "clone"\n[[adversary]]\nkind = "clone"',
            "adversary 2: kind=clone stands there twice",
        ),
        (
            '[[adversary]]\nkind = "clone"\nshare = 0.1\n[settings]\nclone.share = 0.2',
            "settings.clone.share: stands in a table [[adversary]], too",
        ),
        (
            '[[adversary]]\nkind = "rollback"\nstrategy = "slow"',
            "adversary 1: kind=rollback: nobody does it; give share or number",
        ),
        (
            '[[adversary]]\nkind = "cut_off"\noperator = 1',
            "adversary 1: kind=cut_off: there is no such kind of adversary",
        ),
        ('adversary = "clone"', "adversary=clone: not a list of tables [[adversary]]"),
        (
            "[settings]\nclone.shore = 1",
            "settings.clone.shore: there is no such setting; the nearest is clone.share",
        ),
        (
            '[[adversary]]\nkind = "clone"\nstrategy = "fast"',
            "clone.strategy=fast: not habit or burst or slow",
        ),
    ],
)
def test_what_is_wrong_is_one_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(BadInput) as wrong:
        read_setup(written(tmp_path, text))
    assert says in str(wrong.value)
    assert "\n" not in str(wrong.value)
