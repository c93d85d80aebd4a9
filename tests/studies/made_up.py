"""Studies for the tests: small ones that run in a moment, and made-up results of ones that never ran."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from shuangli.sims.settings import Value
from shuangli.sims.studies.measures import ABROAD, measures_of
from shuangli.sims.studies.record import Record, open_directory, recorded, write_row
from shuangli.sims.studies.study import Study, read_study

TINY: Final = """
about = "a tiny study"
scenario = "payroll"

[settings]
workers = 6
shops = 2
days = 1
clone.share = 0.34

[sweep]
seeds = 2
measures = ["payments.paid_share", "forks.loss_fen"]

[sweep.vary]
hop_cap = [1, 6]
"""
"""Two points, two seeds; a run takes a tenth of a second."""


def study_in(directory: Path, text: str = TINY) -> Study:
    """The study of a file with this text."""
    path = directory / "study.toml"
    path.write_text(text, encoding="utf-8")
    return read_study(path)


def make_up(
    directory: Path,
    study: Study,
    value: Callable[[Mapping[str, Value], int], float | None],
    *,
    missing: int = 0,
    **others: float,
) -> Record:
    """Write rows as if the study had run: all measures are `value(point, seed)`, but those in `others`."""
    record, tasks = recorded(study)
    open_directory(directory, record)
    sound = dict.fromkeys(("books.difference_fen", "forks.honest_accused"), 0.0)
    sound |= {f"{ABROAD}{name}": 0.0 for name in sound}
    for name, setup in tasks[missing:]:
        point = {axis.name: setup.config[axis.name] for axis in study.axes}
        values = dict.fromkeys(measures_of(setup.scenario), value(point, setup.seed)) | sound
        write_row(
            directory, setup, name, {**values, **{key.replace("__", "."): x for key, x in others.items()}}
        )
    return record
