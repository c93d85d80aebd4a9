"""A small verifier of somebody else's, with other libraries, finds in our vectors what we say is in them."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).parents[2]
VECTORS: Final[dict[str, Any]] = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in (ROOT / "tests" / "vectors").glob("*.json")
}
PYTHON: Final = Path(os.environ.get("SHUANGLI_INTEROP_PYTHON") or ROOT / ".venv-interop" / "bin" / "python")
PUBLIC: Final = {name: key["public"] for name, key in VECTORS["keys"].items()}
OBJECTS: Final = {case["name"]: case for case in VECTORS["objects"]}
BODIES: Final = {case["name"]: case["body"] for case in VECTORS["messages"]}
PAYMENT: Final = {
    "root": PUBLIC["root"],
    "operator": OBJECTS["operator"]["data"],
    "epoch": OBJECTS["epoch"]["data"],
    "request": BODIES["request"],
    "bundle": BODIES["payment"],
}

pytestmark = pytest.mark.skipif(
    not PYTHON.exists(), reason=f"{PYTHON} does not exist: `make test` makes .venv-interop"
)


def ask(questions: list[tuple[str, dict[str, str]]]) -> list[dict[str, Any]]:
    done = subprocess.run(
        [PYTHON, "-I", Path(__file__).with_name("independent.py")],
        input=json.dumps([{"what": what, "of": parts} for what, parts in questions]),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


def flipped(data: str) -> list[str]:
    """The bytes with one bit changed, at some forty places."""
    raw = bytes.fromhex(data)
    places = range(0, len(raw), max(1, len(raw) // 40))
    return [(raw[:at] + bytes([raw[at] ^ 1 << at % 8]) + raw[at + 1 :]).hex() for at in places]


def test_it_finds_its_way_from_the_root_to_what_a_payment_hands_over() -> None:
    (answer,) = ask([("payment", PAYMENT)])
    outputs = VECTORS["coins"]["outputs"]
    spends = OBJECTS["payment of two coins, one with change"]["fields"]["spends"]
    paid_fen = {
        output["payee_output"]: spend[1] if isinstance(spend, list) else spend["pay_fen"]
        for output, spend in zip(outputs, spends, strict=True)
    }
    assert answer["proves"] == {"payer": PUBLIC["payer"], "payee": PUBLIC["payee"], "paid_fen": paid_fen}


def test_it_finds_the_culprits() -> None:
    cases = VECTORS["evidence"]
    answers = ask([("culprit", {"root": PUBLIC["root"], "evidence": case["data"]}) for case in cases])
    assert [answer["proves"] for answer in answers] == [PUBLIC[case["culprit"]] for case in cases]


@pytest.mark.parametrize("part", ["root", "operator", "epoch", "request", "bundle"])
def test_an_altered_payment_proves_nothing(part: str) -> None:
    answers = ask([("payment", PAYMENT | {part: data}) for data in flipped(PAYMENT[part])])
    assert len(answers) > 30
    assert [answer for answer in answers if "proves" in answer] == []


def test_altered_evidence_proves_nothing() -> None:
    """But the name of the network, which only says where to look for the root key."""
    questions = [
        ("culprit", {"root": PUBLIC["root"], "evidence": data})
        for case in VECTORS["evidence"]
        for data in flipped(case["data"])
        if bytes.fromhex(data).find(b"testnet") == bytes.fromhex(case["data"]).find(b"testnet")
    ]
    answers = ask(questions)
    assert len(answers) > 60
    assert [answer for answer in answers if "proves" in answer] == []
