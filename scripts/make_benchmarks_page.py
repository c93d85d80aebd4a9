"""Write docs/explanation/benchmarks.md out of what `make bench` has measured.

    python scripts/make_benchmarks_page.py [DIRECTORY ...]

A directory holds `bench.json` and `bench-machine.json`; without one it is `build`. Of several, each a run of
a part of the benchmarks (`make bench ONLY=settle`, kept elsewhere), a later one takes the place of lines that
an earlier one has, too.
"""

import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

PAGE: Final = Path(__file__).resolve().parents[1] / "docs" / "explanation" / "benchmarks.md"
START: Final = """\
<!-- Written by scripts/make_benchmarks_page.py; do not edit. -->

# Benchmarks

What was measured, beside the limit that it is held against. *Ratio* is the value divided by the limit. Why
the limits are these, and where the time goes, stands in [speed](speed.md) and [settlement](settlement.md); on
what all was measured, [below](#measured-on).

```sh
make bench    # everything; or a part: make bench ONLY=payment
.venv/bin/python scripts/make_benchmarks_page.py    # this page
```

`make bench` writes the lines to `build/bench.json`, and what they were measured on to
`build/bench-machine.json`.
"""

QUIET_LOAD: Final = 0.5
BUSY: Final = """
The machine had had other work in the minute before {runs}, such as an earlier benchmark. If it went on, times
are longer than on a quiet one; ratios suffer less, since a value and its limit were measured in turn.
"""


class Mark(NamedTuple):
    """A ratio that was set as an aim before it was measured, for all lines whose names match `lines`."""

    lines: str
    least: float | None = None
    most: float | None = None


MARKS: Final = (
    Mark(r"payment\.1-coin(-again)?\.pay(er|ee)", most=2.0),
    Mark(r"payment\.hop\.bytes", most=1.0),
    Mark(r"settle\.(sqlite|postgresql)\.5m\.(known|new)", least=0.7),
    Mark(r"memory\.10m", most=1.0),
    Mark(r"api\.reconcile\.100", least=0.75),
    Mark(r"report\..*", most=1.0),
    Mark(r"sim\.transit", least=0.5),
    Mark(r"sim\.signatures\.spared", least=1.0),
    Mark(r"sim\.sweep\.utilisation", least=1.0),
)
"""In the order of the page."""


class Group(NamedTuple):
    """Lines whose names begin so: what they are, and how their ratio is read."""

    prefix: str
    title: str
    about: str


GROUPS: Final = (
    Group(
        "payment",
        "One payment",
        "Two devices, from the request to the receipt, in microseconds on each side and in bytes on "
        "the wire. Held against libsodium alone for the same signatures and checks, and against one "
        "QR code. Lower is better; the mark of a common payment is a ratio of 2.",
    ),
    Group(
        "coins",
        "Choice of coins",
        "On the fares of a metro week: fares that could not be paid exactly, bytes of a payment, and "
        "how long a choice takes. Held against taking the largest coins first, a single coin, and one "
        "signature. Lower is better.",
    ),
    Group(
        "settle",
        "Settlement",
        "Hops settled a second, each batch of 1,000 durable, over databases that hold 0, 1 and 5 "
        "million hops before. Held against libsodium alone for the same checks on all processors; "
        "`rows` against the bare rate at which the same rows are inserted. Higher is better, and it "
        "should stay so as the database grows.",
    ),
    Group(
        "settle.profile",
        "Where a hop's time goes",
        "Hops a second of one processor, from the bytes to the rows. Held against the checks of "
        "signatures alone. Higher is better.",
    ),
    Group(
        "api",
        "Over HTTP",
        "Reconciliations of one and of 100 coins by eight clients on the same machine, durable at "
        "operator and issuer. Rates are held against the settlement pipeline called directly (higher "
        "is better), and the 99th percentile of the time to an answer against an empty handler that "
        "reads the same bodies (lower is better).",
    ),
    Group(
        "memory",
        "Memory of settlement",
        "The most memory of the settling process while hops go through. Held against a bound, and "
        "flat: it must not grow with what went through.",
    ),
    Group(
        "report",
        "Reports of a period",
        "Written and verified again over a million payments. Held against bounds of time and memory. "
        "Lower is better.",
    ),
    Group(
        "sim.transit",
        "A metro day",
        "Payments a second from the first wallet to the last acknowledgement. Held against libsodium "
        "alone on as many processors for the signatures and checks that the day requires. Higher is "
        "better.",
    ),
    Group(
        "sim.signatures",
        "Signatures that are accounted for",
        "What `signatures=accounting` spares. Held against the mark of nine tenths, and against a run "
        "in which nothing of libsodium's time were left. Higher is better.",
    ),
    Group(
        "sim.sweep",
        "Sweeps",
        "200 small runs in as many processes as processors. Held against the mark of nine tenths, and "
        "against processors that never wait. Higher is better.",
    ),
    Group(
        "sim.scale",
        "Larger and longer runs",
        "Processor time and memory as riders and days grow. Held against the smallest run times the "
        "growth: a ratio of 1 is proportional, and lower is better.",
    ),
    Group(
        "sim.peers",
        "Beside other event loops",
        "Events a second on the meetings of the same day. Held against SimPy with payments that are "
        "two additions: the row of Shuangli does all the work of a payment ([what that "
        "means](comparison.md#events-a-second)).",
    ),
)
"""In the order of the page; a line belongs to the group with the longest beginning of its name."""


class Run(NamedTuple):
    """What one directory holds."""

    lines: Sequence[Mapping[str, Any]]
    machine: Mapping[str, Any]


def main(names: Sequence[str]) -> int:
    """Write the page; 0 done, 2 a directory does not hold what was measured."""
    try:
        runs = [read(Path(name)) for name in names or ["build"]]
        PAGE.write_text(page_of(runs), encoding="utf-8")
    except (OSError, ValueError, KeyError) as error:
        print(f"make_benchmarks_page: {error}; run make bench first", file=sys.stderr)
        return 2
    return 0


def read(directory: Path) -> Run:
    """The lines and the machine of a directory."""
    lines, machine = (
        json.loads((directory / name).read_text(encoding="utf-8"))
        for name in ("bench.json", "bench-machine.json")
    )
    return Run(lines, machine)


def page_of(runs: Sequence[Run]) -> str:
    """The whole page: marks, a table for each group of which there are lines, and on what they were measured.

    Raises:
        ValueError: a line belongs to no group.
    """
    newest = {line["name"]: (line, number) for number, run in enumerate(runs, 1) for line in run.lines}
    parts = [START, _marks([line for line, _ in newest.values()])]
    for group in GROUPS:
        rows = [entry for name, entry in newest.items() if group_of(name) is group]
        if rows:
            parts.append(_table(group, rows, tell_run=len(runs) > 1))
    return "\n".join([part for part in parts if part] + [_machines(runs)])


def group_of(name: str) -> Group:
    """The group of a line.

    Raises:
        ValueError: there is none.
    """
    found = [group for group in GROUPS if f"{name}.".startswith(f"{group.prefix}.")]
    if not found:
        raise ValueError(f"no group of benchmarks for {name!r}")
    return max(found, key=lambda group: len(group.prefix))


def _marks(lines: Sequence[Mapping[str, Any]]) -> str:
    """The lines that have a mark, and whether it was kept; nothing if none of them was measured."""
    rows = [
        f"| `{line['name']}` | {line['ratio']:.2f} | {_aim(mark)} | {_kept(mark, line['ratio'])} |\n"
        for mark in MARKS
        for line in lines
        if re.fullmatch(mark.lines, line["name"])
    ]
    if not rows:
        return ""
    head = "| line | ratio | aimed at | kept? |\n|---|--:|---|---|\n"
    return f"## Aims\n\nRatios that were set as aims before they were measured.\n\n{head}{''.join(rows)}"


def _aim(mark: Mark) -> str:
    return f"at least {mark.least:g}" if mark.least is not None else f"at most {mark.most:g}"


def _kept(mark: Mark, ratio: float) -> str:
    kept = (mark.least is None or ratio >= mark.least) and (mark.most is None or ratio <= mark.most)
    return "kept" if kept else "**missed**"


def _machines(runs: Sequence[Run]) -> str:
    """On what the runs were measured, and which of them on a machine that had other work."""
    rows = "".join(
        f"| {number} | {run.machine['date']} | {run.machine['commit'] or 'not in a repository'} "
        f"| {run.machine['load']} | {_machine(run.machine)} |\n"
        for number, run in enumerate(runs, 1)
    )
    head = "| run | date | commit | load before it began | machine and versions |\n|--:|---|---|--:|---|\n"
    busy = [str(number) for number, run in enumerate(runs, 1) if run.machine["load"] > QUIET_LOAD]
    told = BUSY.format(runs=f"run{'s' * (len(busy) > 1)} {', '.join(busy)}") if busy else ""
    return f"## Measured on\n\n{head}{rows}{told}"


def _machine(machine: Mapping[str, Any]) -> str:
    """The machine of a run, and the versions of what it ran."""
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return (
        f"{machine['processors']} × {machine['processor']}, {machine['system']}, "
        f"{machine['memory_mb']:,} MB; {versions} (libsodium as PyNaCl brings it)"
    )


def _table(group: Group, rows: Sequence[tuple[Mapping[str, Any], int]], *, tell_run: bool) -> str:
    """A group: a sentence, and its lines."""
    more = (" run |", "--:|") if tell_run else ("", "")
    head = (
        f"| line | value | unit | limit | what the limit is | ratio |{more[0]}\n"
        f"|---|--:|---|--:|---|--:|{more[1]}\n"
    )
    body = "".join(
        f"| `{line['name']}` | {_number(line['value'])} | {_unit(line['unit'])} "
        f"| {_number(line['limit_value'])} | {line['limit']} | {line['ratio']:.2f} "
        f"|{f' {number} |' if tell_run else ''}\n"
        for line, number in rows
    )
    return f"## {group.title}\n\n{group.about}\n\n{head}{body}"


def _unit(name: str) -> str:
    """A unit as it is printed."""
    return re.sub(r"^us\b", "µs", name)


def _number(value: float) -> str:
    """A figure with no more digits than it is worth: three that count, or all of a whole number."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
