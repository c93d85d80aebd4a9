"""A person at a terminal: types the passphrase, sees what is asked for, and says yes or no."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.devices.processes import SHUANGLI, Operator, done, running, serving, wallet
from tests.devices.terminals import at_terminal
from tests.wallet_file.files import PASSPHRASE

CTRL_C: Final = "\x03"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    with serving(tmp_path_factory.mktemp("operator") / "files") as operator:
        yield operator


def test_a_new_passphrase_is_typed_twice_and_never_shown(served: Operator, tmp_path: Path) -> None:
    file = tmp_path / "ann.wallet"
    where = ("--file", file, "--operator", served.address, "--root", served.root)
    with at_terminal("open", *where) as terminal:
        for words in ("three blue herons", "three blue heron", "three blue herons", "three blue herons"):
            terminal.wait_for(r"(?i)(passphrase|repeat.*)\s*:")
            terminal.type(f"{words}\n")
        terminal.wait_for("opened wallet")
        assert terminal.end() == 0
        assert "heron" not in terminal.shown
    assert done(wallet("show", "--file", file, "--json"))["balance_fen"] == 0


def test_the_request_is_shown_and_paid_only_after_a_yes(served: Operator, tmp_path: Path) -> None:
    ann = served.open_wallet(tmp_path / "ann.wallet", loaded="5000")
    bob = served.open_wallet(tmp_path / "bob.wallet")
    at = f"unix:{tmp_path / 'till'}"
    # So much that it needs the PIN: the passphrase has been typed, and stands for it.
    with running(*SHUANGLI, "wallet", "receive", "1500", "--at", at, "--file", bob, "--json") as payee:
        ann_key = done(wallet("show", "--file", ann, "--json"))["wallet"]
        for answer, ends_with, code in (("n", "no: ", 1), ("y", "paid 1,500.00", 0)):
            with at_terminal("pay", at, "--file", ann) as terminal:
                terminal.wait_for("passphrase:")
                terminal.type(f"{PASSPHRASE}\n")
                terminal.wait_for(r"pay CNY 1,500.00 to wallet [0-9a-f]{16} of OP01\?")
                terminal.type(f"{answer}\n")
                terminal.wait_for(ends_with)
                assert terminal.end() == code
        payee.next_facts()
        received = done(payee.end())
    assert (received["state"], received["payer"]) == ("received", ann_key)


def test_without_a_holder_a_large_payment_is_refused(served: Operator, tmp_path: Path) -> None:
    ann = served.open_wallet(tmp_path / "ann.wallet", loaded="5000")
    bob = served.open_wallet(tmp_path / "bob.wallet")
    at = f"unix:{tmp_path / 'till'}"
    with running(*SHUANGLI, "wallet", "receive", "1500", "--at", at, "--file", bob, "--json"):
        told = wallet("pay", at, "--amount", "1500", "--file", ann, "--json")
    assert (told.code, told.facts["code"]) == (1, "pin-required")
    assert "prompt" in told.facts["why"]


def test_ctrl_c_ends_a_command_in_one_line(served: Operator, tmp_path: Path) -> None:
    bob = served.open_wallet(tmp_path / "bob.wallet")
    with at_terminal("receive", "4", "--at", f"unix:{tmp_path / 'till'}", "--file", bob) as terminal:
        terminal.wait_for("passphrase:")
        terminal.type(f"{PASSPHRASE}\n")
        terminal.wait_for("asking for CNY 4.00")
        terminal.type(CTRL_C)
        terminal.wait_for("shuangli: interrupted")
        assert terminal.end() == 130
        assert "Traceback" not in terminal.shown
    assert len(done(wallet("show", "--file", bob, "--json"))["requests"]) == 1
