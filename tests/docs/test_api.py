"""docs/reference/api.md names every bound and status that there is, and no other."""

import re

from shuangli.api.models import MAX_SIGNED_BYTES, MAX_UPLOAD_BYTES
from shuangli.api.problems import KINDS, error_of, problem_of
from shuangli.errors import CODES
from shuangli.operator.service.auth.rules import MAX_JSON_BYTES
from tests.docs.pages import ROOT

PAGE = (ROOT / "docs/reference/api.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[tuple[str, str]]:
    """The first and the last cell of every row of the table that starts with this heading."""
    table = PAGE.split(f"| {heading} |", 1)[1].split("\n\n", 1)[0]
    lines = [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]
    return [(cells[0], cells[-1]) for cells in lines]


def test_statuses() -> None:
    by_kind = {kind.strip("`"): status for cell, status in rows("kind") for kind in cell.split(", ")}
    by_code = {code.strip("`"): status[:3] for cell, status in rows("code") for code in cell.split(", ")}
    assert by_code.keys() <= CODES.keys()
    for kind, error in KINDS.items():
        for code in CODES:
            assert str(problem_of(error(code)).status) == by_code.get(code, by_kind[kind]), (kind, code)


def test_bounds() -> None:
    said = dict(rows("body | at most"))
    assert said == {
        "enrolment, order": f"{MAX_SIGNED_BYTES:,} bytes",
        "JSON": f"{MAX_JSON_BYTES:,} bytes",
        "upload": f"{MAX_UPLOAD_BYTES // 2**20} MiB",
    }


def test_the_example_is_an_answer() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    error = error_of(422, example.encode(), address="http://operator.test")
    assert problem_of(error).encode().split() == example.encode().split()
