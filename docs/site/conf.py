"""How `make docs` builds the site: the pages as they are, in the order in which their folders list them.

The pages are plain Markdown with relative links, and are read where they lie: the source of the site is the
root of the repository, and its start page is README.md. What Sphinx needs besides, the lists of pages, is
added while a page is read: each folder of docs/ has a README.md that names all others in it. A page that is
not named there, and a link that leads nowhere, are warnings, and `make docs` takes warnings for errors.
"""

import re
import shutil
from pathlib import Path
from typing import Any, Final

from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish

from shuangli import __version__

ROOT: Final = Path(__file__).resolve().parents[2]
CHINESE: Final = "README.zh"
OUTSIDE_DOCS: Final = "tests/vectors/README"
"""The one page that lies with what it describes."""
FOLDERS: Final = ("tutorial", "how-to", "reference", "explanation", "adr")

project = "Shuangli"
author = "the authors of Shuangli"
release = __version__
language = "en"

extensions = ["myst_parser"]
root_doc = "README"
include_patterns = ["*.md", "docs/**/*.md", f"{OUTSIDE_DOCS}.md"]
exclude_patterns = [
    *(path.name for path in ROOT.iterdir() if path.is_dir() and path.name not in ("docs", "tests")),
    *(f"tests/{path.name}" for path in (ROOT / "tests").iterdir() if path.name != "vectors"),
]
myst_heading_anchors = 6
highlight_language = "none"
smartquotes = False

html_theme = "pydata_sphinx_theme"
html_title = f"Shuangli {release}"
html_copy_source = False
html_theme_options = {
    "logo": {"text": "Shuangli 双离"},
    "header_links_before_dropdown": 6,
    "secondary_sidebar_items": ["page-toc"],
    "primary_sidebar_end": [],
    "footer_start": [],
    "footer_end": [],
}


def add_lists(_app: Sphinx, name: str, source: list[str]) -> None:
    """Add to the start page, and to the first page of each folder, the lists of what is below it."""
    folder = re.fullmatch(r"docs/([\w-]+)/README", name)
    if name == root_doc:
        others = sorted(path.stem for path in ROOT.glob("*.md") if path.stem not in (root_doc, CHINESE))
        pages = [*(f"docs/{folder}/README" for folder in FOLDERS), f"中文 </{CHINESE}>", *others]
        source[0] += _list("", pages)
    elif folder:
        for part in re.split(r"^## ", source[0], flags=re.MULTILINE):
            heading = part.partition("\n")[0].lstrip("# ")
            named = [_page(folder[1], link) for link in re.findall(r"\]\(([\w./-]+)\.md\)", part)]
            source[0] += _list(heading, [page for page in named if page is not None])


def _page(folder: str, link: str) -> str | None:
    """The page that a link of a folder's first page names, if it belongs below it."""
    if link.endswith(OUTSIDE_DOCS):
        return OUTSIDE_DOCS
    return None if "/" in link else f"docs/{folder}/{link}"


def _list(caption: str, pages: list[str]) -> str:
    """A list of pages as Sphinx reads it: it stands in the margin, not in the page."""
    options = ":hidden:\n" + (f":caption: {caption}\n" if caption else "")
    entries = "\n".join(page if " " in page else f"/{page}" for page in pages)
    return f"\n```{{toctree}}\n{options}\n{entries}\n```\n" if pages else ""


def name_language(_app: Sphinx, name: str, _template: str, context: dict[str, Any], _tree: object) -> None:
    """Say of the Chinese page that it is Chinese: a screen reader needs to know."""
    if name == CHINESE:
        context["language"] = "zh-CN"


def copy_start_page(app: Sphinx, failed: Exception | None) -> None:
    """Let the folder itself open with README's page; both lie in one place, so all links hold."""
    if failed is None and app.builder.format == "html":
        shutil.copyfile(app.outdir / f"{root_doc}.html", app.outdir / "index.html")


class SearchBoth(SearchEnglish):
    """English words, and of Chinese, which has no spaces, every two signs that stand together.

    The page that searches finds longer words inside the runs of signs that are indexed as one word.
    """

    def split(self, input: str) -> list[str]:
        """The words of a text."""
        runs = re.findall(r"[\u4e00-\u9fff]+", input)
        pairs = [run[at : at + 2] for run in runs for at in range(len(run) - 1)]
        return [*super().split(input), *pairs]


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("source-read", add_lists)
    app.connect("html-page-context", name_language)
    app.connect("build-finished", copy_start_page)
    app.add_search_language(SearchBoth)
