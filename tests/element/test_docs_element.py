"""`docs/reference/element.md` says what the code does: commands, status words, bounds, figures."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

from shuangli.errors import CODES
from shuangli.wallet.element.applet import INSTRUCTIONS
from shuangli.wallet.element.commands import (
    APPLET,
    MAX_COMMAND_BYTES,
    Status,
    Tag,
    error_of,
)
from shuangli.wallet.element.memory import PAGE_BYTES
from shuangli.wallet.element.pages import PARTS, journal_size, page_count
from shuangli.wallet.element.receiving import MAX_BUNDLE_BYTES
from shuangli.wallet.element.state import MAX_ANSWERED, MAX_REQUEST_BYTES, MAX_SPENDS, Capacity
from shuangli.wallet.element.timing import JAVA_CARD, NFC_106, PHONE, READER, SE050, SIM

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = (ROOT / "docs/reference/element.md").read_text(encoding="utf-8")


def rows(start: str) -> list[list[str]]:
    """The cells of the rows of the table whose head starts so."""
    table = PAGE.split(start, 1)[1].split("\n\n", 1)[0]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table.splitlines()[2:]]


def test_every_command_is_in_the_table_as_it_is_in_the_code() -> None:
    said = {(row[0], row[1], row[3]): row[2] for row in rows("| CLA | INS |")}
    coded = {
        (f"{one.cla:02X}", f"{one.ins:02X}", one.ins.name.replace("_", " ")): one for one in INSTRUCTIONS
    }
    assert set(said) == set(coded)
    for named, parameters in said.items():
        if named[2] != "GET DATA":
            assert parameters == ", ".join(f"{value:04X}" for value in coded[named].parameters)
    needs = {name for row in rows("| command | needs |") for name in row[0].split(", ")}
    assert {name for *_, name in coded} <= {
        re.sub(r" (0\d+|to a payee|to the centre)$", "", n) for n in needs
    }


def test_every_tag_is_explained() -> None:
    said = {int(row[0].split()[0], 16) for row in rows("| tag | GET DATA gives |")}
    assert said == {*Tag} - {Tag.KEYS}
    assert APPLET.hex(" ").upper() in PAGE


def test_every_status_word_is_explained_and_leads_to_the_error_that_is_named() -> None:
    said: set[int] = set()
    for words, _, error in rows("| word | meaning |"):
        for word in words.split(", "):
            status = int(word.replace("x", "0"), 16)
            said.add(status)
            if status not in (Status.OK, Status.NOT_SELECTED):
                assert error == f"`{error_of(status, 'it').code}`"
                assert error.strip("`") in CODES
    assert said == {*Status}


def test_memory_is_as_large_as_said() -> None:
    capacity = Capacity()
    coded = [
        [part.name, str(getattr(capacity, part.name)) if part.many else "1", str(part.pages)]
        for part in PARTS
    ]
    assert [[row[0].split(":")[0], *row[1:]] for row in rows("| part | places |")] == coded
    pages = page_count(capacity)
    assert f"{pages} pages, {pages * PAGE_BYTES:,} bytes, and a journal of {journal_size(capacity)}" in PAGE
    flat = " ".join(PAGE.split())
    for bound in (
        f"at most {MAX_SPENDS} coins",
        f"at most {MAX_REQUEST_BYTES} bytes",
        f"received {MAX_BUNDLE_BYTES:,}, and {MAX_ANSWERED} transfers",
        f"at most {MAX_COMMAND_BYTES:,} bytes",
        f"Pages of {PAGE_BYTES} bytes",
    ):
        assert bound in flat, bound


def test_the_measured_tables_are_those_of_the_script() -> None:
    script = ROOT / "scripts/measure_taps.py"
    run = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True, cwd=ROOT)
    work, times = run.stdout.strip().split("\n\n")
    assert work in PAGE
    assert times in PAGE


def test_costs_are_as_said() -> None:
    said = {row[0]: row[1] for row in rows("| what | figure | source |")}
    assert said["SIM"] == f"{SIM.byte_ns / 1_000} µs a byte"
    assert said["SE050"] == (
        f"signature {SE050.signature_us / 1_000:.0f} ms, check {SE050.verification_us / 1_000:.0f} ms"
    )
    assert said["phone"] == (
        f"signature {PHONE.signature_us / 1_000:.2f} ms, check {PHONE.verification_us / 1_000:.2f} ms"
    )
    assert said["gate"] == (
        f"signature {READER.signature_us / 1_000:.0f} ms, check {READER.verification_us / 1_000:.0f} ms"
    )
    assert said["chips"] == (
        f"hash block {SE050.hash_block_us / 1_000} ms, page write {SE050.page_us / 1_000} ms"
    )
    assert said["Java Card"] == f"check {JAVA_CARD.verification_us / 1_000:,.0f} ms"
    assert NFC_106.byte_ns == 84_955
