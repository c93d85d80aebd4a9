"""The JSON Schema of `report.json`: published as docs/reference/report.schema.json."""

import json
from typing import Any, Final

from shuangli.offline.periods.titles import TITLES

_ID: Final = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_TIME: Final = {"type": "string", "format": "date-time", "pattern": "Z$"}
_COUNT: Final = {"type": "integer", "minimum": 0}
_NAME: Final = {"type": "string", "minLength": 1, "maxLength": 16}


def _object(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": [*properties],
        "additionalProperties": False,
        **more,
    }


def report_schema() -> dict[str, Any]:
    """What a `report.json` looks like (JSON Schema 2020-12)."""
    figures = {
        "type": "object",
        "properties": {
            kind: {"description": f"{title.english}; by {title.by}", "$ref": "#/$defs/group"}
            for kind, title in TITLES.items()
        },
        "additionalProperties": False,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "report.json of a report of a period",
        "description": "Names that end in _fen are whole fen, all others counts; what each means is told"
        " in explanation/reports.md. The figures that are signed are those in report.cbor.",
        **_object(
            {
                "report": {"description": "id: the SHA-256 of what is signed", **_ID},
                "replaces": {
                    "description": "id of the report that it puts right",
                    "anyOf": [_ID, {"type": "null"}],
                },
                "network": _NAME,
                "origin": {"description": "whose log it is: an operator's, or `centre`", **_NAME},
                "from": _TIME,
                "until": _TIME,
                "made": _TIME,
                "log": _object({"first": _COUNT, "end": _COUNT, "size": _COUNT, "root": _ID}),
                "period": {"description": "what the period's entries add up to", **figures},
                "end": {"description": "what all entries up to its end add up to", **figures},
                "files": {"description": "SHA-256 by name", "type": "object", "additionalProperties": _ID},
            }
        ),
        "$defs": {
            "group": {
                "description": "figures by the word that the group is told by",
                "type": "object",
                "additionalProperties": {"type": "object", "additionalProperties": {"type": "integer"}},
            }
        },
    }


def schema_text() -> str:
    """The schema as it is published."""
    return json.dumps(report_schema(), indent=2, ensure_ascii=False) + "\n"
