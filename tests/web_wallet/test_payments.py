"""Payments between two pages without scripts or an operator: each finished once, whatever happens."""

import pytest

from shuangli.offline.states import PayeeState, PayerState
from tests.devices.cards import PIN, open_card
from tests.wallet_file.files import PASSPHRASE
from tests.web_wallet.conftest import Pages, Street, hidden, said, shown


def states(pages: Pages) -> list[PayerState | PayeeState]:
    paying = [session.state for session in pages.purse.paying.values()]
    return [*paying, *(session.state for session in pages.purse.asking.values())]


def test_a_whole_payment_by_pasting(street: Street) -> None:
    ann, bob = street.wallet("ann", loaded="50"), street.wallet("bob")
    street.town.down = True
    asked_before = street.town.asked
    request = bob.request("4")
    read = ann.paste(shown(request))
    assert "CNY 4.00" in said(read)
    assert bob.found.wallet.key.public.hex()[:16] in said(read)
    assert not ann.purse.paying, "nothing is signed before the person has said yes"
    payment = ann.agree(read)
    receipt = bob.paste(shown(payment))
    assert "received" in said(receipt)
    paid = ann.paste(shown(receipt))
    assert paid.url.path == payment.url.path
    assert "paid" in said(paid)
    assert (ann.purse.balance_fen, bob.purse.balance_fen) == (4_600, 400)
    assert states(ann) == [PayerState.PAID]
    assert "4.00" in said(ann.get("/history"))
    assert street.town.asked == asked_before, "nobody has asked the operator"


def test_f08_a_second_click_a_reload_and_a_killed_process_finish_the_same_payment(street: Street) -> None:
    ann, bob = street.wallet("ann", loaded="50"), street.wallet("bob")
    request = bob.request("4")
    read = ann.paste(shown(request))
    payment = ann.agree(read)
    assert shown(ann.agree(read)) == shown(payment), "a second click"
    assert shown(ann.get(payment.url.path)) == shown(payment), "a reload"
    ann = street.restart("ann")
    assert shown(ann.get(payment.url.path)) == shown(payment), "a killed process"
    assert shown(ann.paste(shown(request))) == shown(payment), "the request again"
    receipt = bob.paste(shown(payment))
    bob = street.restart("bob")
    assert shown(bob.get(receipt.url.path)) == shown(receipt)
    assert shown(bob.paste(shown(payment))) == shown(receipt), "the payment again"
    ann.paste(shown(receipt))
    assert "paid" in said(ann.paste(shown(receipt))), "the receipt again"
    assert (ann.purse.balance_fen, bob.purse.balance_fen) == (4_600, 400)
    assert (states(ann), states(bob)) == ([PayerState.PAID], [PayeeState.RECEIVED])


def test_a_form_sent_twice_makes_one_request(street: Street) -> None:
    bob = street.wallet("bob")
    once = hidden(bob.get("/receive"), "once")
    first = bob.post("/receive", amount="4", once=once)
    assert bob.post("/receive", amount="4", once=once).url.path == first.url.path
    assert len(bob.purse.asking) == 1
    assert bob.request("4").url.path != first.url.path
    assert bob.post("/receive", amount="4").status_code == 400


def test_who_says_no_has_signed_nothing(street: Street) -> None:
    ann, bob = street.wallet("ann", loaded="50"), street.wallet("bob")
    read = ann.paste(shown(bob.request("4")))
    ann.post(read.url.path, word="no")
    told = ann.get(read.url.path)
    assert told.status_code == 404
    assert "Nothing was paid" in said(told)
    assert ann.agree(read).status_code == 409
    assert not ann.purse.paying


def test_a_request_that_was_only_read_is_forgotten_with_the_process(street: Street) -> None:
    ann, bob = street.wallet("ann", loaded="50"), street.wallet("bob")
    read = ann.paste(shown(bob.request("4")))
    ann = street.restart("ann")
    assert ann.agree(read).status_code == 409
    assert not ann.purse.paying


@pytest.mark.parametrize(
    ("yuan", "words"), [("60", ["short by 10.00", "50.00 could be paid"]), ("6000", ["over by 1,000.00"])]
)
def test_what_cannot_be_paid_is_refused_with_figures(street: Street, yuan: str, words: list[str]) -> None:
    ann, bob = street.wallet("ann", loaded="50"), street.wallet("bob")
    read = ann.paste(shown(bob.request(yuan)))
    told = ann.agree(read, holder=PASSPHRASE)
    assert told.status_code == 409
    assert [word for word in words if word not in said(told)] == []
    assert not ann.purse.paying


def test_f39_a_large_payment_needs_the_passphrase_and_wrong_ones_lock_it(street: Street) -> None:
    ann, bob = street.wallet("ann", loaded="3000"), street.wallet("bob")
    read = ann.paste(shown(bob.request("1500")))
    assert 'type="password"' in read.text
    assert "type the passphrase or PIN" in said(ann.agree(read))
    for _ in range(4):
        assert ann.agree(read, holder="wrong").status_code == 400
    assert not ann.purse.paying
    assert "no receipt yet" in said(ann.agree(read, holder=PASSPHRASE)), "a right one counts anew"
    read = ann.paste(shown(bob.request("1400")))
    for _ in range(5):
        assert ann.agree(read, holder="wrong").status_code == 400
    told = ann.agree(read, holder=PASSPHRASE)
    assert told.status_code == 409
    assert "Too many wrong passphrases" in said(told)
    assert len(ann.purse.paying) == 1


def test_f39_a_card_pays_and_is_paid_and_asks_for_its_own_pin(street: Street) -> None:
    open_card(street.town, "ann", loaded="3000")
    ann, bob = street.serve("ann"), street.wallet("bob")
    assert "on a card" in said(ann.get("/"))
    read = ann.paste(shown(bob.request("1500")))
    assert "PIN of the card" in said(read)
    assert "The PIN is wrong" in said(ann.agree(read, holder="0000"))
    assert "The PIN is wrong" in said(ann.agree(read, holder=PASSPHRASE))
    assert not ann.purse.paying
    receipt = bob.paste(shown(ann.agree(read, holder=PIN)))
    assert "paid" in said(ann.paste(shown(receipt)))
    back = bob.agree(bob.paste(shown(ann.request("5"))))
    assert "received" in said(ann.paste(shown(back)))
    assert (ann.purse.balance_fen, bob.purse.balance_fen) == (150_500, 149_500)


def test_an_unanswered_payment_is_said_before_another_one_to_the_same_payee(street: Street) -> None:
    ann, bob = street.wallet("ann", loaded="50"), street.wallet("bob")
    ann.agree(ann.paste(shown(bob.request("4"))))
    assert "is finished then, and not paid twice" in said(ann.paste(shown(bob.request("4"))))


def test_f53_the_second_payer_of_a_request_gets_its_refusal(street: Street) -> None:
    ann, cat = street.wallet("ann", loaded="50"), street.wallet("cat", loaded="50")
    bob = street.wallet("bob")
    request = shown(bob.request("4"))
    of_ann, of_cat = ann.agree(ann.paste(request)), cat.agree(cat.paste(request))
    bob.paste(shown(of_ann))
    answers = bob.paste(shown(of_cat))
    assert "another payment has answered" not in said(answers), "the request was paid"
    ann.paste(shown(answers, 1))
    told = cat.paste(shown(answers, 2))
    assert "another payment has answered the request" in said(told)
    assert (states(ann), states(cat)) == ([PayerState.PAID], [PayerState.REFUSED])
    assert bob.purse.balance_fen == 400


def test_an_expired_request_is_not_shown_and_still_takes_a_payment_signed_in_time(street: Street) -> None:
    ann, bob = street.wallet("ann", loaded="50"), street.wallet("bob")
    request = bob.request("4")
    payment = ann.agree(ann.paste(shown(request)))
    street.town.now_s += 600
    late = bob.get(request.url.path)
    assert "expired" in said(late)
    assert 'id="shown-1"' not in late.text
    assert "received" in said(bob.paste(shown(payment)))


def test_what_does_not_belong_is_refused_and_changes_nothing(street: Street) -> None:
    ann, bob = street.wallet("ann", loaded="50"), street.wallet("bob")
    request = bob.request("4")
    text = shown(request)
    for wrong, words in (
        ("", "damaged"),
        ("shuangli:", "damaged"),
        (text[:-8], "damaged"),
        (text[:40] + "A" + text[41:], "damaged"),
        ("https://example.com/" + text, "damaged"),
    ):
        told = ann.paste(wrong)
        assert told.status_code == 409
        assert words in said(told)
    assert "own request" in said(bob.paste(text))
    receipt = bob.paste(shown(ann.agree(ann.paste(text))))
    assert "does not belong here" in said(bob.paste(shown(receipt)))
    assert ann.post("/message", text="x", back="//elsewhere").text.count('href="//') == 0
