"""The description of an API as one page of HTML: no scripts, nothing from elsewhere. Pure."""

import json
from collections.abc import Iterator
from html import escape
from typing import Any, Final

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""The page's own content security policy: a browser loads nothing for it."""
_STYLE: Final = """
body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;max-width:60rem;padding:1rem;color:#1b1b1b}
h2{border-bottom:1px solid #ccc;margin-top:2.5rem}h3{margin:1.8rem 0 .3rem}
code,pre{font:13px/1.45 ui-monospace,monospace;background:#f4f4f2}pre{padding:.6rem;overflow:auto}
table{border-collapse:collapse;width:100%}td,th{border:1px solid #ddd;padding:.25rem .5rem;text-align:left;
vertical-align:top}.m{display:inline-block;min-width:4.5rem;font-weight:700}nav a{margin-right:.8rem}
"""


def page_of(description: dict[str, Any]) -> bytes:
    """The page of an OpenAPI description (version 3.1)."""
    return "".join(_page(description)).encode()


def _page(description: dict[str, Any]) -> Iterator[str]:
    info = description["info"]
    title = escape(f"{info['title']} {info['version']}")
    yield f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
    yield f"<style>{_STYLE}</style></head><body><h1>{title}</h1><p>{escape(info.get('description', ''))}</p>"
    groups: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            tag = operation.get("tags", ["general"])[0]
            groups.setdefault(tag, []).append((method.upper(), path, operation))
    yield "<nav>" + "".join(f'<a href="#{escape(tag)}">{escape(tag)}</a>' for tag in groups) + "</nav>"
    for tag, operations in groups.items():
        yield f'<h2 id="{escape(tag)}">{escape(tag)}</h2>'
        for method, path, operation in operations:
            yield from _operation(method, path, operation, description)
    yield "</body></html>"


def _operation(
    method: str, path: str, operation: dict[str, Any], description: dict[str, Any]
) -> Iterator[str]:
    yield f'<h3><span class="m">{method}</span><code>{escape(path)}</code></h3>'
    for paragraph in operation.get("description", "").split("\n\n"):
        yield f"<p>{escape(paragraph)}</p>"
    ways = [
        f"{name} ({', '.join(scopes)})" if scopes else name
        for way in operation.get("security", [])
        for name, scopes in way.items()
    ]
    yield f"<p>Who: {escape(' or '.join(ways) or 'anybody')}</p>"
    if operation.get("parameters"):
        yield "<table><tr><th>parameter</th><th>in</th><th>what</th></tr>"
        for parameter in operation["parameters"]:
            name = parameter["name"] + ("" if parameter.get("required") else " (optional)")
            what = parameter.get("description", "") or _short(parameter.get("schema", {}))
            cells = (name, parameter["in"], what)
            yield "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
        yield "</table>"
    yield from _body("Body", operation.get("requestBody", {}).get("content", {}), description)
    answers = operation.get("responses", {})
    yield from _body("Answer", answers.get("200", {}).get("content", {}), description)


def _body(what: str, content: dict[str, Any], description: dict[str, Any]) -> Iterator[str]:
    for media_type, shown in content.items():
        yield f"<p>{what}: <code>{escape(media_type)}</code></p>"
        example = example_in(shown, description)
        if example is not None:
            text = example if isinstance(example, str) else json.dumps(example, indent=2, ensure_ascii=False)
            yield f"<pre>{escape(text)}</pre>"


def example_in(shown: dict[str, Any], description: dict[str, Any]) -> Any:
    """The example of a body: its own, or that of the schema that it refers to; None if there is none."""
    if "example" in shown:
        return shown["example"]
    schema = shown.get("schema", {})
    name = schema.get("$ref", "").rpartition("/")[2]
    if name:
        schema = description["components"]["schemas"][name]
    return next(iter(schema.get("examples", [])), None)


def _short(schema: dict[str, Any]) -> str:
    return " ".join(str(schema[key]) for key in ("type", "pattern", "enum", "default") if schema.get(key))
