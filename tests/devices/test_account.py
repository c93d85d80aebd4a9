"""The wallet's commands about its account at the operator."""

import pytest
from pyotp import TOTP

from shuangli.crypto import sha256
from shuangli.errors import Refused
from shuangli.operator.customers.movements import Movement
from shuangli.operator.service.auth.codes import STEP_S
from tests.devices.people import Town, second_factor


def key_of(town: Town, name: str) -> str:
    return str(town.show(name)["wallet"])


def deposit(town: Town, name: str, amount_fen: int) -> None:
    key = bytes.fromhex(key_of(town, name))
    town.sandbox.desk.deposit(key, amount_fen, idempotency_key=f"for {name}")


def test_the_statement_shows_what_the_account_did(town: Town) -> None:
    ann = town.wallet("ann", loaded="12")
    town.wallet("bob")
    deposit(town, "ann", 2_000)
    told = town.type("transfer", "7.50", key_of(town, "bob"), "--note", "lunch", "--file", ann)
    assert (told.code, "paid 7.50 to wallet" in told.out) == (0, True)
    facts = town.type("statement", "--file", ann, "--json").facts
    assert [line["kind"] for line in facts["lines"]] == ["deposit", "load", "deposit", "payment"]
    assert facts["lines"][-1] | {"entry_no": 0, "at_s": 0} == {
        "entry_no": 0,
        "at_s": 0,
        "kind": "payment",
        "amount_fen": -750,
        "balance_fen": 1_250,
        "counterparty": key_of(town, "bob"),
        "note": "lunch",
    }
    assert facts["deposit_fen"] == 1_250 == town.deposit_fen("ann")
    last = town.type("statement", "--last", "1", "--file", ann)
    assert last.out.count("\n") == 2
    assert "7.50 out  lunch" in last.out
    town.nothing_lost()


def test_limits_shrink_with_what_was_paid(town: Town) -> None:
    ann = town.wallet("ann")
    town.wallet("bob")
    deposit(town, "ann", 2_000)
    before = town.type("limits", "--file", ann, "--json").facts
    town.type("transfer", "20", key_of(town, "bob"), "--file", ann)
    after = town.type("limits", "--file", ann, "--json").facts
    assert before["left_today_fen"] - after["left_today_fen"] == 2_000
    assert "limits of 2022-01-04" in town.type("limits", "--file", ann).out


@pytest.mark.parametrize("heard", [False, True], ids=["never heard", "answer lost"])
def test_f12_a_transfer_that_was_cut_off_is_made_once(town: Town, heard: bool) -> None:
    ann = town.wallet("ann")
    town.wallet("bob")
    deposit(town, "ann", 2_000)
    words = ("transfer", "5", key_of(town, "bob"), "--file", ann)
    town.cut(at=1, heard=heard)
    told = town.type(*words)
    assert (told.code, "cut" in told.err) == (2, True)
    town.mend()
    assert town.type(*words).code == 0
    assert (town.deposit_fen("ann"), town.deposit_fen("bob")) == (1_500, 500)
    assert town.type(*words).code == 0
    assert town.deposit_fen("bob") == 1_000, "what was finished is asked for anew"


def test_what_the_operator_refuses_is_an_answer_of_no(town: Town) -> None:
    ann = town.wallet("ann")
    for payee, code in ((key_of(town, "ann"), 2), (sha256(b"nobody").hex(), 1)):
        assert town.type("transfer", "1", payee, "--file", ann).code == code
    told = town.type("transfer", "1000", sha256(b"nobody").hex(), "--file", ann)
    assert (told.code, "second factor" in told.out) == (1, True)


def test_a_second_factor_is_in_use_once_a_code_was_shown(town: Town) -> None:
    ann = town.wallet("ann")
    started = town.type("second-factor", "--file", ann)
    secret = started.out.split()[1]
    assert f"secret={secret}" in started.out
    assert town.type("second-factor", "--file", ann, "--code", "000000").code == 1
    assert town.type("second-factor", "--file", ann, "--code", TOTP(secret).at(town.now_s)).code == 0
    again = town.type("second-factor", "--file", ann)
    assert (again.code, "in use" in again.out) == (1, True)


def test_a_large_load_needs_a_code_and_its_deposit_is_paid_in_once(town: Town) -> None:
    ann = town.wallet("ann")
    totp = second_factor(town, ann)
    words = ("load", "1500", "--deposit", "--file", ann)
    for more in ((), ("--code", "000000")):
        refused = town.type(*words, *more)
        assert (refused.code, "code" in refused.out) == (1, True)
        assert town.deposit_fen("ann") == 150_000
    town.now_s += STEP_S
    town.cut(at=2, heard=True)
    assert town.type(*words, "--code", totp.at(town.now_s)).code == 2
    town.mend()
    assert town.type(*words).code == 0, "what is ordered already was shown a code"
    assert (town.show("ann")["balance_fen"], town.deposit_fen("ann")) == (150_000, 0)
    town.nothing_lost()


def test_a_load_that_is_held_is_asked_for_again_and_its_deposit_is_paid_in_once(town: Town) -> None:
    ann = town.wallet("ann")

    class Careful:
        objection: Refused | None = Refused("held", "held for review as case 1")

        def judge(self, movement: Movement) -> Refused | None:
            assert movement.kind == "load"
            return self.objection

    screen = Careful()
    town.sandbox.desk.screens = (screen,)
    words = ("load", "5", "--deposit", "--file", ann)
    for _ in range(2):
        held = town.type(*words)
        assert (held.code, "case 1" in held.out) == (1, True)
    assert (town.show("ann")["ordered_fen"], town.deposit_fen("ann")) == ([500], 500)
    screen.objection = None
    assert town.type(*words).code == 0
    assert (town.show("ann")["balance_fen"], town.deposit_fen("ann")) == (500, 0)
    town.nothing_lost()


def test_a_large_load_that_was_refused_is_given_up_by_a_sync(town: Town) -> None:
    ann = town.wallet("ann")
    deposit(town, "ann", 150_000)
    assert town.type("load", "1500", "--file", ann).code == 1
    assert town.show("ann")["ordered_fen"] == [150_000]
    assert town.type("sync", "--file", ann).code == 0
    assert town.show("ann")["ordered_fen"] == []


def test_a_large_transfer_needs_a_code(town: Town) -> None:
    ann = town.wallet("ann")
    town.wallet("bob")
    deposit(town, "ann", 300_000)
    totp = second_factor(town, ann)
    words = ("transfer", "2000", key_of(town, "bob"), "--file", ann)
    assert "Second-Factor" in town.type(*words).out
    town.now_s += STEP_S
    assert town.type(*words, "--code", totp.at(town.now_s)).code == 0
    assert town.deposit_fen("bob") == 200_000


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("transfer", "0", "ab" * 32), "least amount"),
        (("transfer", "1", "bob"), "hex digits"),
        (("transfer", "1", "ab" * 32, "--note", "a\nb"), "printable"),
        (("statement", "--last", "0"), "--last"),
        (("second-factor", "--code", "12345"), "six digits"),
    ],
)
def test_bad_input_is_one_line(town: Town, words: tuple[str, ...], says: str) -> None:
    told = town.type(*words, "--file", town.file("ann"))
    assert (told.code, told.out, told.err.count("\n")) == (2, "", 1)
    assert says in told.err


def test_a_new_tier_and_its_certificate_arrive_with_the_next_sync(town: Town) -> None:
    ann = town.wallet("ann")
    desk = town.sandbox.desk
    with desk.transaction() as now_s:
        desk.wallets.upgrade(bytes.fromhex(key_of(town, "ann")), 1, now_s=now_s)
    assert town.show("ann")["tier"] == 2
    assert town.type("sync", "--file", ann).code == 0
    assert town.show("ann")["tier"] == 1
