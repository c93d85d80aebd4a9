"""Write docs/reference/licences.md: what users install besides Shuangli, and under which licence.

    python -m scripts.licences

It reads the metadata of installed packages, so all extras for users must be installed:

    pip install -e '.[dev,sim,ray,risk]'

Exit code 2: a package is not installed, names no licence, or has one that does not go with Apache-2.0.
"""

import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution
from typing import Final, NamedTuple

from license_expression import AND, OR, Licensing
from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from scripts.dependencies import CORE, ROOT, Groups, needed, own_groups, users

PAGE: Final = ROOT / "docs" / "reference" / "licences.md"
# An Apache-2.0 program may be passed on together with these; they ask for their notice to be kept.
PERMISSIVE: Final = frozenset(
    {"0BSD", "Apache-2.0", "BSD", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MIT-0", "MIT-CMU"}
    | {"PSF-2.0", "Unlicense", "Zlib"}
)
# And with these, as long as they stay libraries of their own that anybody may exchange.
LIBRARY_ONLY: Final = frozenset({"LGPL-3.0-only", "LGPL-3.0-or-later", "LGPL-2.1-or-later", "MPL-2.0"})
# What packages say instead of an SPDX expression. BSD does not tell which of its texts.
IN_WORDS: Final = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: BSD License": "BSD",
    "License :: OSI Approved :: ISC License (ISCL)": "ISC",
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "License :: OSI Approved :: Python Software Foundation License": "PSF-2.0",
}
UNSTATED: Final = "not stated"
PARSER: Final = Licensing()
START: Final = """\
<!-- Written by scripts/licences.py; do not edit. -->

# Licences of what Shuangli uses

Shuangli is under Apache-2.0. Its wheel holds no code of others. `pip` installs the packages below from where
their authors publish them: those of `core` always, the others with an extra (`pip install 'shuangli[sim]'`),
some only on some versions of Python. The licence is the one that a package's metadata name; `BSD` where they
do not say which of the BSD texts.

| package | licence | comes with |
|---|---|---|
"""
END: Final = """
Not permissive: {library_only}. Their licence is kept as long as they stay
libraries of their own, which anybody may exchange for another version. Shuangli holds nothing of them.

Tools for work on the code (the extras {tools}) come to nobody who uses Shuangli,
and are not listed. `python -m scripts.licences` writes this page. A test fails where a package is missing,
has another licence, or one that does not go with Apache-2.0.
"""


class Row(NamedTuple):
    """A package in the page: its licence, and what it comes with."""

    licence: str
    groups: frozenset[str]


def licence_of(package: Distribution) -> str:
    """The licence of a package as an SPDX expression, `BSD`, or `not stated`."""
    fields = ("License-Expression", "License", "Classifier")
    said = {field: package.metadata.get_all(field) or [] for field in fields}
    for text in (*said["License-Expression"], *said["License"]):
        try:
            return canonicalize_license_expression(text)
        except InvalidLicenseExpression:
            continue
    named = {IN_WORDS[text] for text in (*said["License"], *said["Classifier"]) if text in IN_WORDS}
    return " AND ".join(sorted(named)) or UNSTATED


def allowed(expression: str, licences: frozenset[str] = PERMISSIVE | LIBRARY_ONLY) -> bool:
    """Whether a licence expression can be kept with these licences alone."""

    def holds(part: object) -> bool:
        if isinstance(part, AND):
            return all(map(holds, part.args))
        if isinstance(part, OR):
            return any(map(holds, part.args))
        return str(part) in licences

    return expression != UNSTATED and holds(PARSER.parse(expression))


def rows(own: Groups) -> dict[str, Row]:
    """Every package that users install, by name, as far as it is installed here."""
    licences: dict[str, str] = {}
    groups: dict[str, set[str]] = {}
    for group, requirements in users(own).items():
        for name, package in needed(requirements, own).installed.items():
            licences[name] = licence_of(package)
            groups.setdefault(name, set()).add(group)
    core = frozenset({CORE})
    return {
        name: Row(licences[name], core if CORE in groups[name] else frozenset(groups[name]))
        for name in sorted(licences)
    }


def absent(own: Groups) -> set[str]:
    """The packages that users install and that are not installed here."""
    return {name for requirements in users(own).values() for name in needed(requirements, own).absent}


def page(found: dict[str, Row], own: Groups) -> str:
    """The page with these rows."""
    table = [f"| {name} | {row.licence} | {', '.join(sorted(row.groups))} |\n" for name, row in found.items()]
    weak = ", ".join(f"`{name}`" for name, row in found.items() if not allowed(row.licence, PERMISSIVE))
    tools = ", ".join(f"`{name}`" for name in sorted(own.keys() - users(own).keys()))
    return START + "".join(table) + END.format(library_only=weak, tools=tools)


def rows_of(text: str) -> dict[str, Row]:
    """The rows of a page."""
    lines = re.findall(r"^\| ([\w-]+) \| (.+?) \| (.+) \|$", text, re.MULTILINE)[1:]
    return {name: Row(licence, frozenset(groups.split(", "))) for name, licence, groups in lines}


def problems(own: Groups, text: str) -> Iterator[str]:
    """What is wrong with a page, or with the licences themselves, as far as packages are installed here."""
    listed = rows_of(text)
    for name, row in rows(own).items():
        if not allowed(row.licence):
            yield f"{name}: its licence, {row.licence}, does not go with Apache-2.0, or is new here"
        if name not in listed:
            yield f"{name}: is not in {PAGE.name}"
        elif listed[name].licence != row.licence or not row.groups <= listed[name].groups:
            yield f"{name}: {PAGE.name} has another licence, or lacks an extra that it comes with"
    yield from (f"{name}: is not in {PAGE.name}" for name in sorted(absent(own) - listed.keys()))


def main() -> int:
    """Write the page."""
    own = own_groups()
    if names := absent(own):
        print(f"licences: not installed here: {', '.join(sorted(names))}", file=sys.stderr)
        return 2
    text = page(rows(own), own)
    if found := list(problems(own, text)):
        print("\n".join(f"licences: {problem}" for problem in found), file=sys.stderr)
        return 2
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
