"""What the pages of our services share: two languages, templates, forms, and headers that load nothing else.

Pages are rendered by the service. A browser fetches nothing for them but what the service itself has.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from http import HTTPStatus
from importlib.resources import files
from typing import Any, Final
from urllib.parse import parse_qs, urlencode

from fastapi import Request, Response
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from shuangli.errors import BadInput
from shuangli.money import format_yuan

LANGUAGES: Final = {"en": "English", "zh": "中文"}
LANGUAGE_COOKIE: Final = "shuangli-language"
BASE_STYLE: Final = files("shuangli.api.service").joinpath("base.css").read_bytes()
"""Colours for light and dark, type, links and fields: what the style of every page starts with."""
Table = Mapping[str, tuple[str, str]]
"""Words by their names, in English and Chinese."""


def in_language(table: Table, language: str, *, prefix: str = "") -> dict[str, str]:
    """All words of a table in one language; English if it is unknown."""
    place = 1 if language == "zh" else 0
    return {f"{prefix}{name}": both[place] for name, both in table.items()}


def language_of(request: Request) -> str:
    """The language that is asked for now, or was before, or that the browser prefers."""
    prefers = "zh" if request.headers.get("accept-language", "").lower().startswith("zh") else "en"
    asked = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE) or prefers
    return asked if asked in LANGUAGES else "en"


def query_without_language(request: Request) -> str:
    """The rest of the query, for links that change the language."""
    return urlencode([(name, value) for name, value in request.query_params.multi_items() if name != "lang"])


def page_headers(**sources: str) -> dict[str, str]:
    """Headers of a page that loads its style from here, what `sources` allow by kind, and nothing else."""
    more = "".join(f"{kind.replace('_', '-')} {source}; " for kind, source in sources.items())
    policy = f"default-src 'none'; style-src 'self'; {more}form-action 'self'; base-uri 'none'"
    return {
        "Content-Security-Policy": f"{policy}; frame-ancestors 'none'",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }


def page_answer(
    page: bytes,
    *,
    headers: Mapping[str, str],
    language: str,
    base: str = "/",
    status: HTTPStatus = HTTPStatus.OK,
) -> Response:
    """A page, and the choice of its language kept for the pages below `base`."""
    answer = Response(page, status, headers=headers, media_type="text/html; charset=utf-8")
    answer.set_cookie(LANGUAGE_COOKIE, language, path=base, httponly=True, samesite="strict")
    return answer


def instant(time_s: int, zone: tzinfo | None = UTC) -> str:
    """A time as a person reads it; None is the zone of this machine."""
    return datetime.fromtimestamp(time_s, tz=UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def environment_of(package: str) -> Environment:
    """The templates of a package and the page that all extend; what is put in is escaped, never missing."""
    made = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("shuangli.api.service")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"instant": instant, "yuan": format_yuan}
    return made


async def read_bounded(request: Request, *, most_bytes: int) -> bytes:
    """The body of a request.

    Raises:
        BadInput: it has more than `most_bytes` bytes (`bad-value`).
    """
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most_bytes:
            raise BadInput("bad-value", f"a form of more than {most_bytes} bytes")
    return bytes(body)


async def read_form(request: Request, *, most_bytes: int) -> dict[str, str]:
    """The fields of a form, each by the first value that it has.

    Raises:
        BadInput: it is larger than a form from our pages is (`bad-value`).
    """
    body = await read_bounded(request, most_bytes=most_bytes)
    fields: dict[str, Any] = parse_qs(body.decode("utf-8", "replace"))
    return {name: values[0] for name, values in fields.items()}
