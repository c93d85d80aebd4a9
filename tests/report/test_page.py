"""The page of a run: one file that needs nothing else, says what the result says, and hides nothing."""

import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import matplotlib
import numpy as np
import polars as pl
import pytest

from shuangli.money import format_yuan
from shuangli.sims.report.page import charts_of, render
from shuangli.sims.report.story import Material
from shuangli.sims.settings import flat
from tests.report.conftest import RUNS, Ran

NAMES = (*RUNS, "three days")
# Elements without an end tag, of HTML; those of SVG close themselves.
VOID = {"meta", "br", "link", "img", "input", "hr", "wbr"}
FIGURES = ("hours", "rate", "unreconciled", "circulating")
Run = Callable[[str], Ran]


class Page(HTMLParser):
    """What a page holds: its elements in order, and what is wrong with how they nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.problems: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        self.problems += [f"<{tag}> is never closed" for tag in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.problems.append(f"</{tag}> closes nothing, {self.getpos()}")

    def values(self, attribute: str) -> list[str]:
        return [value for _, attributes in self.elements if (value := attributes.get(attribute)) is not None]

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.elements)


def page_of(material: Material) -> str:
    """The page of a run with its charts."""
    return render(material, charts_of(material))


def changed(material: Material, *path: str | int, value: Any) -> Material:
    """The same material with one figure of the result set to `value`."""
    figures = deepcopy(dict(material.figures))
    place: Any = figures
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return replace(material, figures=figures)


@pytest.mark.parametrize("name", NAMES)
def test_well_formed(name: str, run: Run) -> None:
    page = Page(run(name).page)
    assert page.problems == []
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert page.elements[0] == ("html", {"lang": "en"})
    assert page.count("h1") == page.count("title") - len(page.values("aria-labelledby")) == 1
    assert page.count("table") == page.count("caption")


def test_signatures_that_are_only_accounted_for_are_not_called_real(run: Run) -> None:
    real = run("one trip")
    accounted = page_of(changed(real.material, "scenario", "config", "signatures", value="accounting"))
    for said in ("with real signatures", "All are real", "Ed25519"):
        assert said in real.page
        assert said not in accounted
    assert "There is nothing to check" in accounted
    assert "There is nothing to check" not in real.page


@pytest.mark.parametrize("name", NAMES)
def test_nothing_from_elsewhere(name: str, run: Run) -> None:
    text = run(name).page
    page = Page(text)
    assert "http:" not in text
    assert "https:" not in text
    assert "@import" not in text
    assert not page.values("src")
    assert not {"script", "link", "iframe", "img", "image"} & {tag for tag, _ in page.elements}
    inside = {f"#{name}" for name in page.values("id")}
    assert set(page.values("href")) | set(re.findall(r"url\(([^)]*)\)", text)) <= inside


@pytest.mark.parametrize("name", NAMES)
def test_each_figure_is_described(name: str, run: Run) -> None:
    page = Page(run(name).page)
    figures = [
        attributes for tag, attributes in page.elements if tag == "svg" and attributes.get("role") == "img"
    ]
    assert len(figures) == 2 * page.count("figure")
    described = {name for figure in figures for name in str(figure["aria-labelledby"]).split()}
    assert described <= set(page.values("id"))
    for figure in FIGURES:
        assert {f"{figure}-wide-title", f"{figure}-narrow-desc"} <= described


@pytest.mark.parametrize("name", NAMES)
def test_says_what_the_result_says(name: str, run: Run) -> None:
    ran = run(name)
    figures, text = ran.material.figures, ran.page
    (supply,) = figures["supply"]
    for part in ("loaded_fen", "redeemed_fen", "outstanding_fen", "forked_fen", "fund_paid_fen"):
        assert f"¥{format_yuan(supply[part])}" in text
    payments, forks = figures["payments"], figures["forks"]
    assert f"{payments['paid']:,} of {payments['attempted']:,}, ¥{format_yuan(payments['value_fen'])}" in text
    assert f"{forks['found']} of {forks['injected']}" in text
    for code, number in payments["by_outcome"].items():
        assert re.search(rf"<code>{code}</code>.*<td class=\"num\">{number:,}</td>", text)
    for setting in flat(figures["scenario"]["config"]):
        assert f"<code>{setting}</code>" in text
    assert f"{figures['signatures']['checked']:,}" in text
    if forks["found"]:
        assert f"¥{format_yuan(forks['loss_fen'])} lost of ¥{format_yuan(forks['face_fen'])}" in text
        assert ran.material.cases["evidence"][0] in text


@pytest.mark.parametrize("name", NAMES)
def test_the_same_bytes(name: str, run: Run) -> None:
    ran = run(name)
    again = page_of(ran.material)
    # The run was another process in another directory, and its tables have been through files since.
    assert again == ran.page
    assert str(ran.directory) not in again


def test_settings_of_the_person_play_no_part(run: Run) -> None:
    ran = run("one trip")
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red", "svg.fonttype": "path"}):
        before = dict(matplotlib.rcParams)
        assert page_of(ran.material) == ran.page
        assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize("name", NAMES)
def test_all_is_well(name: str, run: Run) -> None:
    text = run(name).page
    checks = 4 if name == "payroll" else 5
    assert f"<p>All {checks} checks hold.</p>" in text
    assert 'class="tile bad"' not in text
    assert 'class="bad-text"' not in text
    assert 'class="difference bad-text"' not in text


@pytest.mark.parametrize(
    ("path", "value", "shown"),
    [
        (("books", "difference_fen"), 1_234, "<b>1,234 fen</b>"),
        (("books", "differences_fen", "supply"), -5, "supply -5 fen"),
        (("forks", "honest_accused"), 2, "<b>2</b>"),
        (("forks", "missed"), 3, "3 missed"),
        (("forks", "unexpected"), 1, "1 found that nobody made"),
        (("trips", "boardings_difference"), 17, "<b>17</b>"),
        (("trips", "asked"), 401, "401 asked for"),
        (("reconciliation", "never"), 4, "<b>4</b>"),
    ],
)
def test_what_is_off_looks_off(path: tuple[str, ...], value: int, shown: str, run: Run) -> None:
    text = page_of(changed(run("transit").material, *path, value=value))
    assert "1 of 5 checks does not hold" in text
    assert 'class="verdict off"' in text
    (tile,) = re.findall(r'<li class="tile bad">.*</li>', text)
    assert shown in tile
    assert "checks hold." not in text


@pytest.mark.parametrize("part", ["outstanding_fen", "difference_fen", "void_fen", "forked_difference_fen"])
def test_a_supply_that_does_not_add_up_looks_so(part: str, run: Run) -> None:
    material = run("transit").material
    value = material.figures["supply"][0][part] + 700
    text = page_of(changed(material, "supply", 0, part, value=value))
    assert "not all is accounted for" in text
    assert re.search(r'class="difference bad-text">.*Off by -?700 fen', text)


def test_an_honest_culprit_is_marked(run: Run) -> None:
    material = run("transit").material
    cases = material.cases.with_columns(pl.lit(None, pl.String).alias("kind"))
    text = page_of(replace(material, cases=cases))
    assert text.count('class="bad">no: honest') == min(10, material.cases.height)


def test_nothing_paid(run: Run) -> None:
    material = run("transit").material
    nothing = material.payments.with_columns(
        pl.lit("insufficient-funds").alias("outcome"),
        pl.lit(None, dtype=pl.Int64).alias("received_s"),
        pl.lit(None, dtype=pl.Int64).alias("latency_s"),
    )
    figures = deepcopy(dict(material.figures))
    figures["payments"] |= {
        "paid": 0,
        "value_fen": 0,
        "by_hops": {},
        "by_outcome": {"insufficient-funds": 400},
    }
    text = page_of(replace(material, payments=nothing, figures=figures, cases=material.cases.clear()))
    assert "No payment was reconciled" in text
    assert text.count("No double spend was found") == 2, "some were made"
    figures["forks"]["injected"] = 0
    none = page_of(replace(material, payments=nothing, figures=figures, cases=material.cases.clear()))
    assert "No double spend to detect" in none
    assert "Nothing was spent twice, and nothing was lost" in none
    assert "1 of 6 checks does not hold: 0\u00a0% of trips paid offline." in text
    assert Page(text).problems == []


def test_text_from_outside_stays_text(run: Run) -> None:
    material = changed(run("one trip").material, "scenario", "input", "demand", value="trips of <b>&x.csv")
    assert "trips of &lt;b&gt;&amp;x.csv" in page_of(material)


def test_a_full_day_is_small(run: Run) -> None:
    material = run("transit").material
    rng = np.random.default_rng(1)
    size = 731_520
    at_s = np.sort(np.clip(rng.normal(14 * 3_600, 4 * 3_600, size), 18_000, 86_000).astype(np.int64))
    latency_s = rng.integers(1, 14_400, size)
    payments = pl.DataFrame(
        {
            "at_s": at_s + material.first_s,
            "amount_fen": rng.integers(3, 10, size) * 100,
            "outcome": np.where(rng.random(size) < 0.99, "paid", "insufficient-funds"),
            "received_s": at_s + latency_s + material.first_s,
            "latency_s": latency_s,
        }
    )
    cases = pl.concat([material.cases] * 200)
    text = page_of(replace(material, payments=payments, cases=cases))
    assert len(text.encode()) < 400_000
