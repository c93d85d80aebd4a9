"""docs/reference/api-resources.md: every route of the operator's API, as its own description has it."""

import tempfile
from pathlib import Path
from typing import Any, Final

from shuangli.operator.service.app import Edges, make_app
from shuangli.operator.service.auth.rules import RULES, SCOPES, Rule
from shuangli.operator.service.resources.sandbox import TestClock
from shuangli.operator.service.sandbox import open_sandbox

START: Final = """\
<!-- Written by scripts/make_reference.py; do not edit. -->

# Resources of an operator's HTTP API

All routes of `shuangli operator serve`, by who may use them. [HTTP API of an operator](api.md) says how
requests are signed and answered. A running operator shows the same with parameters, bodies and examples at
`/v1/docs`, and for programs at `/v1/openapi.json`.

*holder*: a request signed by the key of the wallet that the path names. *parent*: by that of the wallet
which it is under. *wallet*: by any wallet's that is open here. A scope is that of a token; *own* scopes are
those of a program that acts for the wallet which the path names. What begins with `/v1/sandbox` is there with
`--sandbox` only.
"""
SCOPES_START: Final = """
## Scopes

| scope | what it is for |
|---|---|
"""


def description() -> dict[str, Any]:
    """The description of a sandbox operator's API."""
    with tempfile.TemporaryDirectory() as place:
        clock = TestClock(lambda: 1_800_000_000)
        with open_sandbox(Path(place) / "operator", random_bytes=bytes, now_s=clock.now_s) as sandbox:
            edges = Edges(random_bytes=bytes, monotonic_s=lambda: 0.0, clock=clock)
            return make_app(sandbox.desk, edges).openapi()


def resources_page() -> str:
    """The page as it should be."""
    described = description()
    groups: dict[str, list[str]] = {}
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            route = f"{method.upper()} {path}"
            what = " ".join(operation["description"].split("\n\n")[0].split())
            row = f"| `{route}` | {_who(RULES[route])} | {what} |\n"
            groups.setdefault(operation["tags"][0], []).append(row)
    parts = [START]
    for tag, rows in groups.items():
        parts.append(f"\n## {tag.capitalize()}\n\n| route | who | what |\n|---|---|---|\n{''.join(rows)}")
    scopes = "".join(f"| `{scope}` | {what} |\n" for scope, what in SCOPES.items())
    return "".join([*parts, SCOPES_START, scopes])


def _who(rule: Rule) -> str:
    if rule.anybody:
        return "anybody"
    ways = [name for name, may in (("holder", rule.wallet), ("parent", rule.parent)) if may]
    ways += ["wallet"] if rule.any_wallet else []
    ways += [f"`{scope}`" for scope in rule.scopes] + [f"own `{scope}`" for scope in rule.own_scopes]
    return ", ".join(ways)
