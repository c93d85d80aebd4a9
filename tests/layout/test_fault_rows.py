"""What can go wrong is numbered (F01, F02, ...), and each number that is due is in the name of a test."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

TESTS: Final = Path(__file__).resolve().parents[1]
DUE: Final = {
    1: "a soft wallet is copied and both copies pay",
    2: "a wallet is restored from an old backup and pays again with spent coins",
    3: "a payment is replayed to the same payee",
    4: "a message is doubled, out of order, or arrives in the wrong state",
    5: "the session is cut before the request arrives",
    6: "the payer refuses or dies before signing",
    7: "the payer has signed, and the payment is lost",
    8: "the payee has stored the payment, and the receipt is lost",
    9: "one side claims a payment that the other denies",
    10: "power is lost in the middle of a write",
    11: "an operator is killed at any step of a reconciliation",
    12: "an operator's answer is lost",
    13: "the same chain is handed in twice at the same moment to one operator",
    14: "the two branches of a fork are handed in at the same moment to two operators",
    15: "a reconciliation fails half way",
    16: "a prefix of an already known chain is handed in",
    17: "a payee and a payer collude to farm the guarantee fund",
    18: "a payee denies having received",
    19: "an uncertified key is slipped into the middle of a chain",
    20: "a deposit is withheld until after expiry",
    21: "a device's clock is wrong",
    22: "a revocation list is stale",
    23: "a device is stolen",
    24: "a device is destroyed",
    25: "a secure element is broken open",
    26: "a chain grows past the hop cap",
    27: "there is no exact change",
    28: "outputs do not add up, or are zero, negative, too large or repeated",
    29: "limits are evaded through several wallets of one person",
    30: "an operator key leaks",
    31: "a minting key leaks",
    32: "an operator hides deposits, or shows two versions of its report",
    33: "a report or evidence is altered by one bit",
    34: "a coin is minted under a wrong, expired or unknown epoch",
    35: "an object of one kind is passed off as another",
    36: "bytes that are not in the one legal encoding, or are too much",
    37: "odd Ed25519 signatures",
    38: "truncated or flipped bits in a QR code, a frame or a wallet file",
    39: "a wrong passphrase or PIN",
    41: "operators are cut off from the registration centre",
    42: "the disk is full",
    43: "a relay carries the payer's tap to another payee",
    44: "an eavesdropper records a session",
    45: "a device is replaced",
    46: "a coin is paid offline and then redeemed by its payer",
    47: "a payer returns one transfer early and has signed another",
    48: "a transfer mixes a real coin with an invented one",
    49: "what wraps a transfer is changed so that it still verifies",
    50: "an old load is fed to an element again, or two loads look alike",
    51: "payee's part and change of one coin have different fates",
    52: "an on-time hand-in sits at a cut-off operator while a return is asked elsewhere",
    53: "two payers pay one displayed request",
    54: "policy changes while coins are out",
}
"""The faults that the code built so far has to withstand."""
NUMBER: Final = re.compile(r"_f(\d\d)(?=_|$)")


def names_of_tests() -> Iterator[str]:
    """The names of all test functions, also of those in classes."""
    for path in TESTS.rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield node.name


@pytest.fixture(scope="module")
def tests_by_row() -> dict[int, list[str]]:
    rows = defaultdict(list)
    for name in names_of_tests():
        for number in NUMBER.findall(name):
            rows[int(number)].append(name)
    return rows


@pytest.mark.parametrize("row", DUE, ids=lambda row: f"F{row:02}")
def test_a_fault_that_is_due_has_a_test_with_its_number(row: int, tests_by_row: dict[int, list[str]]) -> None:
    assert tests_by_row.get(row), f"F{row:02}, {DUE[row]}: no test_f{row:02}_..."


def test_no_test_bears_a_number_that_is_no_fault(tests_by_row: dict[int, list[str]]) -> None:
    assert {row for row in tests_by_row if not 1 <= row <= 54} == set()
