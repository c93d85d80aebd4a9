"""Build the documentation as a site: `python scripts/make_site.py [DIRECTORY]`, by default build/site.

What stood in the directory goes. How the site is made of the pages says docs/site/conf.py; a page that no
list names, and a link that leads nowhere, end it with 1.
"""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

from sphinx.cmd.build import main as sphinx

ROOT: Final = Path(__file__).resolve().parents[1]


def main(names: list[str]) -> int:
    """Build; 0 done, otherwise what Sphinx says."""
    site = Path(names[0]) if names else ROOT / "build" / "site"
    shutil.rmtree(site, ignore_errors=True)
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory() as read:
        options = ["--quiet", "--fail-on-warning", "--conf-dir", str(ROOT / "docs" / "site")]
        return sphinx([*options, "--doctree-dir", read, str(ROOT), str(site)])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
