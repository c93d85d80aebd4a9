"""Links lead somewhere, and no page says what belongs nowhere."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, anchors, blocks, links, name_of

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


@pytest.mark.parametrize("folder", ["tutorial", "how-to", "reference", "explanation", "adr"])
def test_the_first_page_of_a_folder_lists_all_others(folder: str) -> None:
    """The site's margin is made of these lists."""
    first = ROOT / "docs" / folder / "README.md"
    listed = [link for link in links(first) if "/" not in link]
    there = {page.name for page in first.parent.glob("*.md")} - {first.name}
    assert {link for link in listed if link.endswith(".md")} == there
    assert len(listed) == len(set(listed)), "none is listed twice"


def test_the_chinese_readme_says_what_the_english_one_does() -> None:
    """The same commands and the same links in the same order, each leading to the other."""
    english, chinese = ROOT / "README.md", ROOT / "README.zh.md"
    assert blocks(english, "sh", "console") == blocks(chinese, "sh", "console")
    assert links(english)[0] == chinese.name
    assert links(chinese)[0] == english.name
    assert links(english)[1:] == links(chinese)[1:]
    assert english.read_text(encoding="utf-8").count("\n## ") + 1 == chinese.read_text(
        encoding="utf-8"
    ).count("\n## "), "a section for each, and one for the words"


def test_the_architecture_names_every_folder_of_the_program_and_no_file_that_is_not_there() -> None:
    page = (ROOT / "docs/explanation/architecture.md").read_text(encoding="utf-8")
    issuer = page.split("\n## The issuer\n", 1)[1].split("\n## ", 1)[0]
    for top in ("issuer", "offline", "operator", "shuangli", "sims", "wallet"):
        for path in (ROOT / top).iterdir():
            if path.is_dir() and not path.is_symlink() and not path.name.startswith("__"):
                named = f"{top}/{path.name}" in page or (top == "issuer" and f"`{path.name}/`" in issuer)
                assert named, f"{top}/{path.name} is not on the page"
    named_files = re.findall(
        r"`((?:issuer|offline|operator|shuangli|sims|wallet|tests|scripts)/[\w/.]+)`", page
    )
    assert len(named_files) > 40
    assert [name for name in named_files if not (ROOT / name).exists()] == []
