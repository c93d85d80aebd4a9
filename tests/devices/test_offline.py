"""receive, pay and show: without an operator, with a person's word, finished when they were cut off."""

import json

import pytest

from shuangli.errors import Refused
from shuangli.messages.session import PaymentRequest
from shuangli.offline.gossip import list_number
from shuangli.offline.states import Message
from shuangli.wallet.session import Consent, PayerSide
from tests.devices.meeting import Till, agree, lose_payment, pay_at_till, pay_offline
from tests.devices.people import Town, yuan_in_purse
from tests.paying import pay
from tests.setting import NOW
from tests.world import World


def test_two_wallets_pay_without_asking_the_operator(town: Town) -> None:
    ann, bob = town.wallet("ann", loaded="50"), town.wallet("bob")
    town.down, asked = True, town.asked
    met = pay_offline(town, payer=ann, payee=bob, yuan="4")
    assert met.paid
    assert met.payer.facts["request"] == met.payee.facts["request"]
    assert (met.payer.facts["payee"], met.payee.facts["payer"]) == (
        town.show("bob")["wallet"],
        town.show("ann")["wallet"],
    )
    assert (yuan_in_purse(town, "ann"), yuan_in_purse(town, "bob")) == ("46.00", "4.00")
    assert town.show("bob")["to_hand_in"] > 0
    assert town.asked == asked


def test_what_was_received_is_paid_on_without_an_operator(town: Town) -> None:
    ann, bob, eve = town.wallet("ann", loaded="50"), town.wallet("bob"), town.wallet("eve")
    town.down = True
    assert pay_offline(town, payer=ann, payee=bob, yuan="4").paid
    assert pay_offline(town, payer=bob, payee=eve, yuan="3.50").paid
    assert (yuan_in_purse(town, "bob"), yuan_in_purse(town, "eve")) == ("0.50", "3.50")


def test_after_all_have_synced_the_books_balance(town: Town) -> None:
    ann, bob = town.wallet("ann", loaded="50"), town.wallet("bob")
    assert pay_offline(town, payer=ann, payee=bob, yuan="4").paid
    for file in (bob, ann):
        assert town.type("sync", "--file", file).code == 0
    assert (town.deposit_fen("ann"), town.deposit_fen("bob")) == (0, 400)
    assert (yuan_in_purse(town, "ann"), yuan_in_purse(town, "bob")) == ("46.00", "0.00")
    town.nothing_lost()


def test_the_person_sees_the_request_and_says_no_and_then_yes(town: Town) -> None:
    ann, bob = town.wallet("ann", loaded="50"), town.wallet("bob")
    shown: list[tuple[int, str, bool]] = []

    def no(request: PaymentRequest, needs_pin: bool) -> Consent:
        shown.append((request.amount_fen, request.payee.hex(), needs_pin))
        return Consent.NO

    till = Till(town, bob, "4")
    with pytest.raises(Refused) as refused:
        pay_at_till(town, ann, confirm=no)
    assert refused.value.code == "declined"
    assert yuan_in_purse(town, "ann") == "50.00"
    assert pay_at_till(town, ann).done
    answer = till.answer.result()
    assert (answer.done, answer.facts["ended"]) == (True, ["link-cut"])
    assert shown == [(400, town.show("bob")["wallet"], False)]


def test_f23_a_large_payment_needs_the_holder(town: Town) -> None:
    ann, bob = town.wallet("ann", loaded="5000"), town.wallet("bob")
    till = Till(town, bob, "1000.01")
    with pytest.raises(Refused) as refused:
        pay_at_till(town, ann, confirm=lambda *_: Consent.YES)
    assert refused.value.code == "pin-required"
    assert pay_at_till(town, ann, confirm=lambda *_: Consent.WITH_PIN).done
    assert till.answer.result().done


@pytest.mark.parametrize(
    ("yuan", "code", "words"),
    [
        ("51", "insufficient-funds", "1.00 short of 51.00: the purse holds 50.00, and 50.00 could be paid"),
        ("5000.01", "over-limit", "0.01 over the limit of 5,000.00 for one payment; 3,924.20 could be paid"),
    ],
)
def test_what_cannot_be_paid_is_refused_and_says_by_how_much(
    town: Town, yuan: str, code: str, words: str
) -> None:
    ann, bob, rich = town.wallet("ann", loaded="50"), town.wallet("bob"), town.wallet("rich", loaded="4000")
    till = Till(town, bob, yuan)
    with pytest.raises(Refused, match=words) as refused:
        pay_at_till(town, ann if yuan == "51" else rich)
    assert refused.value.code == code
    assert (yuan_in_purse(town, "ann"), yuan_in_purse(town, "rich")) == ("50.00", "4,000.00")
    till.give_up()


def test_a_payment_is_made_once_however_often_it_is_run_again(town: Town) -> None:
    ann, bob = town.wallet("ann", loaded="50"), town.wallet("bob")
    first = pay_offline(town, payer=ann, payee=bob, yuan="4")
    again = pay_offline(town, payer=ann, payee=bob, yuan=None)
    assert first.paid
    assert again.paid
    assert again.payer.facts == first.payer.facts
    assert again.payee.facts["ended"] == []
    assert (yuan_in_purse(town, "ann"), yuan_in_purse(town, "bob")) == ("46.00", "4.00")


def test_f53_a_second_payer_of_a_paid_request_is_refused(town: Town) -> None:
    ann, bob, eve = town.wallet("ann", loaded="50"), town.wallet("bob"), town.wallet("eve", loaded="50")
    assert pay_offline(town, payer=ann, payee=bob, yuan="4").paid
    met = pay_offline(town, payer=eve, payee=bob, yuan=None)
    assert (met.payer.done, met.payer.facts["state"]) == (False, "refused")
    assert "request-paid" in str(met.payer.facts["why"])
    assert yuan_in_purse(town, "bob") == "4.00"


def test_nobody_comes(town: Town) -> None:
    bob, at = town.wallet("bob"), f"unix:{town.directory / 'till'}"
    told = town.type("receive", "4", "--at", at, "--wait", "0", "--file", bob, "--json")
    assert (told.code, told.facts["done"], told.facts["state"]) == (1, False, "requested")
    listening, last = (json.loads(line) for line in told.out.splitlines())
    assert listening["request"] == last["request"]
    assert (listening["listens"], listening["amount_fen"]) == (at, 400)
    (open_request,) = town.show("bob")["requests"]
    assert open_request["request"] == last["request"]
    again = town.type("receive", "--again", "--at", at, "--wait", "0", "--file", bob, "--json")
    assert (again.code, again.facts["request"]) == (1, last["request"])


def test_an_address_that_cannot_be_had_leaves_no_request_behind(town: Town) -> None:
    bob = town.wallet("bob")
    told = town.type("receive", "4", "--at", "unix:/proc/till", "--file", bob, "--json")
    assert (told.code, told.facts["code"]) == (1, "link-unreachable")
    assert town.show("bob")["requests"] == []


def test_nobody_is_there_to_be_paid(town: Town) -> None:
    ann, began_s = town.wallet("ann", loaded="5"), town.now_s
    nowhere = f"unix:{town.directory / 'nowhere'}"
    told = town.type("pay", nowhere, "--amount", "4", "--wait", "10", "--file", ann, "--json")
    assert (told.code, told.facts["code"]) == (1, "link-unreachable")
    assert town.now_s - began_s == 10
    assert yuan_in_purse(town, "ann") == "5.00"


def test_the_person_may_agree_beforehand_to_one_amount(town: Town) -> None:
    ann, bob = town.wallet("ann", loaded="50"), town.wallet("bob")
    till = Till(town, bob, "4")
    words = ("pay", f"{till.at}", "--file", ann, "--json")
    told = town.type(*words, "--amount", "4.01")
    assert (told.code, told.facts["code"]) == (1, "declined")
    assert "asks for CNY 4.00, agreed was 4.01" in told.facts["why"]
    told = town.type(*words, "--amount", "4")
    assert (told.code, told.facts["state"], told.facts["balance_fen"]) == (0, "paid", 4_600)
    assert till.answer.result().done


def test_f07_an_unanswered_payment_is_not_followed_by_another_unasked(town: Town) -> None:
    """The payee was killed before it heard, and asks anew: only a person may pay again."""
    ann, bob = town.wallet("ann", loaded="50"), town.wallet("bob")
    lost = lose_payment(town, bob, "4")
    paid = pay_at_till(town, ann)
    lost.result()
    assert (paid.done, paid.facts["state"]) == (False, "signed")
    (unanswered,) = town.show("ann")["unanswered"]
    assert (unanswered["amount_fen"], unanswered["payee"]) == (400, town.show("bob")["wallet"])
    till = Till(town, bob, "4")
    told = town.type("pay", f"{till.at}", "--amount", "4", "--file", ann, "--json")
    assert (told.code, told.facts["code"]) == (1, "declined")
    assert "unanswered" in told.facts["why"]
    till.give_up()


def test_f07_the_same_request_completes_a_payment_that_was_lost(town: Town) -> None:
    ann, bob = town.wallet("ann", loaded="50"), town.wallet("bob")
    lost = lose_payment(town, bob, "4")
    signed = pay_at_till(town, ann)
    lost.result()
    assert yuan_in_purse(town, "ann") == "46.00"
    met = pay_offline(town, payer=ann, payee=bob, yuan=None)
    assert met.paid
    assert met.payer.facts["request"] == signed.facts["request"]
    assert (yuan_in_purse(town, "ann"), yuan_in_purse(town, "bob")) == ("46.00", "4.00")
    assert town.show("ann")["unanswered"] == []


def test_devices_compare_their_lists_after_the_receipt(town: Town) -> None:
    ann, bob = town.wallet("ann", loaded="50"), town.wallet("bob")
    town.now_s += 2 * 86_400
    assert town.type("sync", "--file", bob).code == 0
    assert (town.show("ann")["list_age_s"], town.show("bob")["list_age_s"]) == (2 * 86_400, 0)
    assert pay_offline(town, payer=ann, payee=bob, yuan="4").paid
    assert town.show("ann")["list_age_s"] == 0


class Script:
    """One end of a link that notes what is sent, and gives what it was told to give."""

    def __init__(self, *messages: Message) -> None:
        self._messages = list(messages)
        self.noted: list[str] = []

    def send(self, message: Message) -> None:
        self.noted.append(f"sent {message.kind.name}")

    def receive(self) -> Message | None:
        message = self._messages.pop(0) if self._messages else None
        self.noted.append(f"read {message.kind.name}" if message else "read goodbye")
        return message


def test_f08_the_answer_to_a_payment_that_is_sent_again_is_read_before_it_leaves(world: World) -> None:
    """A connection that is closed with something unread in it looks cut from the other end."""
    payer, payee = world.wallet([500]), world.wallet()
    paid = pay(payer, payee, 500)
    script = Script(paid.request, paid.answer, list_number(payee.trust))
    PayerSide(payer, confirm=agree, now_s=lambda: NOW).run(script)
    assert script.noted == [
        "read REQUEST",
        "sent PAYMENT",
        "read RECEIPT",
        "sent LIST_NUMBER",
        "read LIST_NUMBER",
    ]
