"""Links lead somewhere, and no page says what belongs nowhere."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, anchors, links, name_of

FORBIDDEN = re.compile(r"/work\b|\b(TODO|FIXME|TBD)\b|@@|lorem ipsum", re.IGNORECASE)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_relative_links_resolve(page: Path) -> None:
    for link in links(page):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{name_of(page)}: {link} leads nowhere"
        assert target.is_relative_to(ROOT), f"{name_of(page)}: {link} leaves the repository"
        if anchor:
            assert anchor in anchors(target), f"{name_of(page)}: {link}: no such heading"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_word_that_belongs_nowhere(page: Path) -> None:
    found = FORBIDDEN.search(page.read_text(encoding="utf-8"))
    assert found is None, f"{name_of(page)}: {found and found[0]!r}"


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached:
            continue
        reached.add(page)
        for link in links(page):
            target = (page.parent / link.partition("#")[0]).resolve()
            if target.is_dir():
                waiting += target.glob("*.md")
            elif target.suffix == ".md" and target.exists():
                waiting.append(target)
    missed = [name_of(page) for page in PAGES if page not in reached and page.name != "CHANGELOG.md"]
    assert not missed
