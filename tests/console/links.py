"""The links of a page."""

import html
import re

LINK = re.compile(r'href="([^"#]+)"')


def links(page: str) -> list[str]:
    """Where the links of a page lead, but for those within a page."""
    return [html.unescape(link) for link in LINK.findall(page)]
