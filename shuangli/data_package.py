"""Descriptors of tables that we write, after Data Package 2.0 (datapackage.org)."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, Final, NamedTuple

from shuangli import __version__

LICENCE: Final = {"name": "Apache-2.0", "title": "Apache License 2.0"}
CITATION: Final = (
    "The Shuangli contributors (2026). Shuangli: a digital-currency wallet and dual-offline payment simulator"
    f" in the style of the e-CNY (version {__version__}) [Computer software]."
)
"""How to cite a result; CITATION.cff says the same."""
MEDIA_TYPES: Final = {"parquet": "application/vnd.apache.parquet", "csv": "text/csv"}
FIELD_TYPES: Final = {
    **{kind: {"type": "integer"} for kind in ("int16", "int32", "int64")},
    "string": {"type": "string"},
    "bool": {"type": "boolean"},
    "binary": {"type": "string", "format": "binary"},
}
"""The types of a Table Schema (Frictionless Data) by ours."""


class Column(NamedTuple):
    """One column: `where` says for which tables of the kind it is there, in words; empty for all of them."""

    name: str
    kind: str
    unit: str
    about: str
    where: str = ""


def package(name: str, title: str, resources: Sequence[Mapping[str, Any]], **more: Any) -> dict[str, Any]:
    """The content of a `datapackage.json`."""
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": name,
        "title": title,
        "version": __version__,
        "licenses": [LICENCE],
        "citation": CITATION,
        **more,
        "resources": [*resources],
    }


def resource(
    path: str, about: str, columns: Sequence[Column], data: bytes, *, name: str = ""
) -> dict[str, Any]:
    """One table of a package: its file's name and bytes; it is called by that name but its end, or `name`."""
    stem, _, kind = path.partition(".")
    return {
        "name": name or stem,
        "path": path,
        "format": kind,
        "mediatype": MEDIA_TYPES[kind],
        "bytes": len(data),
        "hash": f"sha256:{sha256(data).hexdigest()}",
        "description": about,
        "schema": {"fields": [_field(column) for column in columns]},
    }


def _field(column: Column) -> dict[str, str]:
    unit = {"unit": column.unit} if column.unit else {}
    return {"name": column.name, **FIELD_TYPES[column.kind], **unit, "description": column.about}
