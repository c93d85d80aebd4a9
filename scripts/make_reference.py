"""Write the pages of docs/reference that are made from the code, and the list of decisions.

    python scripts/make_reference.py [--check]

    errors.md      the table of codes of `shuangli.errors`, by class
    api-resources.md   every route of the operator's API
    scenarios.md   settings, presets, keys of scenario files, measures, as `shuangli sim describe` has them
    data-dictionary.md   the columns of the tables that a run writes, of `shuangli.sims.dictionary`
    ../adr/README.md   the titles of all decisions

With `--check` nothing is written; exit code 1 says that a page is not what would be written. The classes
of errors are the comments in the table, what they mean is their docstrings, and a code is said to be raised
if it stands in quotation marks anywhere else in the program.
"""

import argparse
import re
import sys
from pathlib import Path
from typing import Final

from scripts.generated import write_or_check
from scripts.reference_adr import decisions_page
from scripts.reference_api import resources_page
from shuangli import errors
from shuangli.offline.periods.tables import TABLES
from shuangli.sims import dictionary
from shuangli.sims.describe import as_markdown
from tests.layout.rules import product_files

ROOT: Final = Path(__file__).resolve().parents[1]
REFERENCE: Final = ROOT / "docs" / "reference"
DECISIONS: Final = ROOT / "docs" / "adr"
SOURCE: Final = ROOT / "shuangli" / "errors.py"
START: Final = """\
<!-- Written by scripts/make_reference.py; do not edit. -->

# Error codes

Every error on purpose carries a code from `shuangli.errors.CODES`. A code is never used for a second meaning,
so programs and papers may rely on it. The words that come with it may change. The class says whose fault it
is.

On the command line an error is one line, `shuangli: ...`, and exit code 2. What a wallet is refused, or what
fails on its way to another device, is an answer of "no", and exit code 1. With `--json`, an answer of "no"
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

SCENARIOS: Final = """\
<!-- Written by scripts/make_reference.py; do not edit. -->

# Scenarios

What `shuangli sim run`, `sweep` and `describe` know: the scenarios with their settings, the presets that
ship, and what may stand in a scenario file. How a study is made stands in
[compare settings](../how-to/compare-settings.md).

A key or value that is wrong is refused before anything runs, in one line that names the file, the key, what
would be right and, for an unknown key, the nearest one.

## Settings

For `--set KEY=VALUE`, and for the table `[settings]` of a file. Amounts are in fen (100 fen = 1 yuan). With
the same seed, settings about a policy or an attack change nothing of the world: who is there, who sets out
when and for how much. A higher share of copied wallets adds to those that a lower one has.
"""


COLUMNS: Final = """\
<!-- Written by scripts/make_reference.py; do not edit. -->

# Data dictionary

The columns of the tables that a run writes ([results of a run](results.md)). The same stands in each run's
`datapackage.json`, with the size and SHA-256 of each table, in the form of
[Data Package 2.0](https://datapackage.org/standard/data-package/). Times are whole seconds since
1970-01-01T00:00:00Z, money is whole fen.

What is called the truth is known to the simulator only: no operator, and no detector that is fair, may use it
for anything but to be judged by. `attack`, `kind`, `payer_kind` and `payee_kind` name the kinds of
[attacks](scenarios.md#settings). An operator that has received a payment knows `received_s`, the amount, the
hops and the keys in its chain; it does not know `payer` across changes of key, nor payments that nobody has
handed in.

[Below](#tables-of-a-report-of-a-period) stand the columns of the tables that `shuangli report export` writes.
"""
PERIODS: Final = """
## Tables of a report of a period

`shuangli report export` writes them into the folder `exported` of a
[report](../explanation/reports.md#tables-and-pages), with a `datapackage.json` as above. A report can be
verified from `log.parquet` and `books.parquet` alone.
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
    sources = [text for path, text in product_files(ROOT) if ROOT / path != SOURCE]
    return [code for code in errors.CODES if not any(f'"{code}"' in source for source in sources)]


def errors_page() -> str:
    """The page of errors as it should be."""
    parts = [START]
    for name, codes in classes().items():
        meaning = getattr(errors, name).__doc__.strip()
        rows = "".join(f"| `{code}` | {errors.CODES[code]} |\n" for code in codes)
        parts.append(f"\n## {name}\n\n{meaning}\n\n| code | meaning |\n|---|---|\n{rows}")
    if codes := unused():
        parts.append(UNUSED.format(codes="\n".join(f"- `{code}`" for code in codes)))
    return "".join(parts)


def dictionary_page() -> str:
    """The page of the data dictionary as it should be."""
    parts = [COLUMNS]
    for table, (about, _) in dictionary.DICTIONARY.items():
        parts.append(f"\n## {table}\n\nOne row for {about}.\n\n{dictionary.as_markdown(table)}")
    parts.append(PERIODS)
    for one in TABLES:
        names = ", ".join(f"{one.name}.{kind}" for kind in one.formats)
        rows = "".join(f"| `{it.name}` | {it.kind} | {it.unit} | {it.about} |\n" for it in one.columns)
        head = "| column | type | unit | meaning |\n|---|---|---|---|\n"
        parts.append(f"\n### {names}\n\nOne row for {one.about}.\n\n{head}{rows}")
    return "".join(parts)


def main() -> int:
    """Write or check; 0 done, 1 a page is not in step."""
    parser = argparse.ArgumentParser(description="Write the pages made from the code.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 if one differs")
    pages = {
        REFERENCE / "errors.md": errors_page(),
        REFERENCE / "scenarios.md": SCENARIOS + as_markdown(),
        REFERENCE / "data-dictionary.md": dictionary_page(),
        REFERENCE / "api-resources.md": resources_page(),
        DECISIONS / "README.md": decisions_page(DECISIONS),
    }
    return write_or_check(pages, check=parser.parse_args().check, script="make_reference.py")


if __name__ == "__main__":
    sys.exit(main())
