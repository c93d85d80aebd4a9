"""Load and reconcile from pages: once for each form; and every page in both languages."""

import re

import pytest
from pyotp import TOTP

from shuangli.errors import CODES
from shuangli.messages.session import RefusalReason
from shuangli.offline.states import PayeeState, PayerState
from shuangli.wallet.history import EXPIRED
from shuangli.wallet.recovery import RecoveryFile
from shuangli.wallet.web.reasons import REASONS, REFUSALS
from shuangli.wallet.web.words import STATES, words
from tests.wallet_file.files import GUARD, PASSPHRASE
from tests.web_wallet.conftest import Street, hidden, said, shown


def test_a_load_is_done_once_however_often_its_form_is_sent(street: Street) -> None:
    ann = street.wallet("ann")
    fields = {"amount": "20", "deposit": "yes", "once": hidden(ann.get("/load"), "once")}
    first = ann.post("/load", **fields)
    assert "Loaded 20.00" in said(first)
    assert ann.post("/load", **fields).url.path == first.url.path
    assert ann.get(first.url.path).text == first.text, "a reload loads nothing"
    assert ann.get(first.url.path.replace("done", "recovery")).status_code == 404
    assert ann.purse.balance_fen == 2_000


def test_f12_a_load_whose_answer_was_lost_is_finished_and_not_loaded_twice(street: Street) -> None:
    ann = street.wallet("ann")
    fields = {"amount": "20", "deposit": "yes", "once": hidden(ann.get("/load"), "once")}
    street.town.cut(at=2, heard=True)
    told = ann.post("/load", **fields)
    assert told.status_code == 503
    assert "cannot be reached" in said(told)
    street.town.mend()
    assert "Ordered, not loaded yet 20.00" in said(ann.get("/"))
    for _ in range(2):
        ann.post("/load", **fields)
        assert ann.purse.balance_fen == 2_000


def test_a_large_load_wants_a_code(street: Street) -> None:
    ann = street.wallet("ann")
    desk, key = street.town.sandbox.desk, ann.found.wallet.key.public
    with desk.transaction() as now_s:
        row = desk.wallets.row(key)
        secret, _ = desk.codes.start(row)
        assert desk.codes.check(row, TOTP(secret).at(now_s - 30), now_s=now_s, confirm=True) is None
    fields = {"amount": "1500", "deposit": "yes", "once": hidden(ann.get("/load"), "once")}
    refused = ann.post("/load", **fields, code="")
    assert (refused.status_code, "second factor" in said(refused)) == (409, True)
    done = ann.post("/load", **fields, code=TOTP(secret).at(now_s))
    assert "Loaded 1,500.00" in said(done)


@pytest.mark.parametrize("call", [3, 4])
def test_what_was_done_stands_if_nobody_says_how_the_account_is(street: Street, call: int) -> None:
    ann = street.wallet("ann")
    fields = {"amount": "20", "deposit": "yes", "once": hidden(ann.get("/load"), "once")}
    street.town.cut(at=call, heard=False)
    assert "Loaded 20.00" in said(ann.post("/load", **fields))
    assert ann.purse.balance_fen == 2_000


def test_f52_what_the_operator_answers_later_is_said(street: Street) -> None:
    ann, bob = street.wallet("ann", loaded="50"), street.wallet("bob")
    bob.paste(shown(ann.agree(ann.paste(shown(bob.request("4"))))))
    street.town.cut_off()
    done = bob.post("/sync", once=hidden(bob.get("/sync"), "once"))
    assert "Handed in, answered later: sync again 1" in said(done)
    street.town.mend()
    done = bob.post("/sync", once=hidden(bob.get("/sync"), "once"))
    assert "answered later" not in said(done)
    assert "Credited to the deposit 4.00" in said(done)


def test_the_balance_at_the_operator_is_kept_for_times_without_a_network(street: Street) -> None:
    ann, bob = street.wallet("ann", loaded="50"), street.wallet("bob")
    assert "not known yet" in said(bob.get("/"))
    bob.paste(shown(ann.agree(ann.paste(shown(bob.request("4"))))))
    assert "something to hand in" in said(bob.get("/"))
    done = bob.post("/sync", once=hidden(bob.get("/sync"), "once"))
    assert "Credited to the deposit 4.00" in said(done)
    assert "4.00" in said(bob.get("/history")).partition("At the operator")[2]
    street.town.down = True
    bob = street.restart("bob")
    told = said(bob.get("/"))
    assert "CNY 0.00" in told
    assert "CNY 4.00 as of" in told
    failed = bob.post("/sync", once=hidden(bob.get("/sync"), "once"))
    assert failed.status_code == 503
    assert bob.post("/sync", once="").status_code == 400


def test_a_recovery_file_is_made_once_and_recovers_the_wallet(street: Street) -> None:
    ann = street.wallet("ann", loaded="50")
    once = hidden(ann.get("/recovery"), "once")
    done = ann.post("/recovery", once=once)
    path = re.search(r'href="(/recovery/[^"]+)"', done.text)
    assert path
    saved = ann.get(path[1])
    assert "attachment" in saved.headers["content-disposition"]
    again = ann.post("/recovery", once=once)
    assert ann.get(path[1]).content == saved.content, "a second click makes no second one"
    assert again.url.path == done.url.path
    assert ann.get("/recovery/none").status_code == 404
    key = ann.found.wallet.key.public
    held = RecoveryFile.decode(saved.content, PASSPHRASE, least_cost=GUARD.least_cost)
    assert held.operator == ann.found.operator_address
    file = street.town.directory / "saved.recovery"
    file.write_bytes(saved.content)
    told = street.town.type("recover", "--file", street.town.file("new"), "--from", file)
    assert told.code == 0, told
    assert street.town.show("new")["wallet"] != key.hex()


def test_a_recovery_file_of_a_wallet_with_a_second_factor_wants_its_code(street: Street) -> None:
    ann = street.wallet("ann")
    desk, key = street.town.sandbox.desk, ann.found.wallet.key.public
    with desk.transaction() as now_s:
        row = desk.wallets.row(key)
        secret, _ = desk.codes.start(row)
        assert desk.codes.check(row, TOTP(secret).at(now_s - 30), now_s=now_s, confirm=True) is None
    once = hidden(ann.get("/recovery"), "once")
    refused = ann.post("/recovery", once=once, code="")
    assert (refused.status_code, "second factor" in said(refused)) == (409, True)
    done = ann.post("/recovery", once=once, code=TOTP(secret).at(now_s))
    assert done.status_code == 200
    assert "The recovery file is made" in said(done)


@pytest.mark.parametrize(("yuan", "status"), [("0", 400), ("", 400), ("x", 400), ("99999999", 409)])
def test_what_is_no_amount_for_this_wallet(street: Street, yuan: str, status: int) -> None:
    ann = street.wallet("ann")
    for path in ("/load", "/receive"):
        told = ann.post(path, amount=yuan, once=hidden(ann.get(path), "once"))
        assert told.status_code == status
        assert f'href="{path}"' in told.text


def test_no_word_is_missing_in_either_language() -> None:
    english, chinese = words("en"), words("zh")
    assert english.keys() == chinese.keys()
    assert all(english.values())
    assert all(re.search(r"[\u4e00-\u9fff]", word) for word in chinese.values())
    assert REASONS.keys() <= CODES.keys()
    assert {reason.name.lower().replace("_", "-") for reason in RefusalReason} == REFUSALS.keys()
    states = {state.value for state in (*PayerState, *PayeeState)} - {PayerState.IDLE.value}
    assert states | {EXPIRED} == STATES.keys()


def test_every_page_is_chinese_for_who_wants_it(street: Street) -> None:
    ann, bob = street.wallet("ann", loaded="50"), street.wallet("bob")
    ann.language = "zh-CN"
    assert 'lang="zh"' in ann.get("/").text
    assert 'lang="en"' in ann.get("/?lang=en").text
    assert 'lang="en"' in ann.get("/limits").text, "the choice is kept"
    ann.get("/?lang=zh")
    read = ann.paste(shown(bob.request("60")))
    pages = [read, ann.agree(read)]
    pages += [
        ann.get(path) for path in ("/pay", "/receive", "/load", "/sync", "/history", "/limits", "/none")
    ]
    for page in pages:
        found = re.sub(r"\b(CNY|OP01)\b", "", said(page))
        assert re.search(r"[\u4e00-\u9fff]", found)
        assert not re.search(r"\b[A-Z][a-z]{3,}\b", found), found
