"""Write docs/reference/errors.md from `shuangli.errors`: its table of codes, by class.

    python scripts/make_reference.py [--check]

With `--check` nothing is written; exit code 1 says that the page is not what would be written. The classes
are the comments in the table, what they mean is their docstrings, and a code is said to be raised if it
stands in quotation marks anywhere else in the program.
"""

import argparse
import re
import sys
from pathlib import Path
from typing import Final

from shuangli import errors

ROOT: Final = Path(__file__).resolve().parents[1]
PAGE: Final = ROOT / "docs" / "reference" / "errors.md"
SOURCE: Final = ROOT / "shuangli" / "errors.py"
PRODUCT: Final = ("shuangli", "issuer", "offline", "operator", "sims", "wallet")
START: Final = """\
<!-- Written by scripts/make_reference.py; do not edit. -->

# Error codes

Every error on purpose carries a code from `shuangli.errors.CODES`. A code is never used for a second meaning,
so programs and papers may rely on it. The words that come with it may change. The class says whose fault it
is.

On the command line an error is one line, `shuangli: ...`, and exit code 2. With `--json`, an answer of "no"
has the code in `code`. In `payments.parquet`, `outcome` may be a code.

A code stands below under the class that it belongs to. A few are raised in a second class as well: `clock` is
`Refused` where the payer's own device says so before it signs, and `Unverified` where a payee finds it in a
payment.
"""
UNUSED: Final = """
## Not raised in this version

Kept for rules that are not there yet, or that today are said in another way, such as the reason of a signed
refusal or an outcome in an acknowledgement ([wire format](wire-format.md)):

{codes}
"""


def classes() -> dict[str, list[str]]:
    """The codes of each class, in the order of the table."""
    text = SOURCE.read_text(encoding="utf-8")
    table = text.split("CODES:", 1)[1].split("\n}", 1)[0]
    found: dict[str, list[str]] = {}
    for heading, code in re.findall(r"^    (?:# (\w+)|\"([a-z-]+)\":)", table, re.MULTILINE):
        if heading:
            found[heading] = []
        else:
            found[list(found)[-1]].append(code)
    return found


def unused() -> list[str]:
    """Codes that nothing in the program names."""
    sources = [
        path.read_text(encoding="utf-8")
        for folder in PRODUCT
        for path in (ROOT / folder).rglob("*.py")
        if path.resolve() != SOURCE
    ]
    return [code for code in errors.CODES if not any(f'"{code}"' in source for source in sources)]


def page() -> str:
    """The page as it should be."""
    parts = [START]
    for name, codes in classes().items():
        meaning = getattr(errors, name).__doc__.strip()
        rows = "".join(f"| `{code}` | {errors.CODES[code]} |\n" for code in codes)
        parts.append(f"\n## {name}\n\n{meaning}\n\n| code | meaning |\n|---|---|\n{rows}")
    if codes := unused():
        parts.append(UNUSED.format(codes="\n".join(f"- `{code}`" for code in codes)))
    return "".join(parts)


def main() -> int:
    """Write or check; 0 done, 1 the page is not in step."""
    parser = argparse.ArgumentParser(description="Write docs/reference/errors.md.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 if it differs")
    text = page()
    if not parser.parse_args().check:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    print(f"{PAGE.relative_to(ROOT)} is not in step: run python scripts/make_reference.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
