"""What a wallet has paid and received: with whom, when, and with which receipt, also long afterwards."""

from shuangli.crypto import verify
from shuangli.messages.session import Receipt
from shuangli.wallet.commands.opened import opened
from shuangli.wallet.filed_history import NAME, PAGE, filed, to_file
from tests.devices.meeting import lose_payment, pay_at_till, pay_offline
from tests.devices.people import Town
from tests.wallet_file.files import PASSPHRASE

DAY_S = 86_400


def payments(town: Town, name: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = town.type("history", "--file", town.file(name), "--json").facts[
        "payments"
    ]
    return found


def test_both_sides_show_the_payment_with_the_same_receipt(town: Town) -> None:
    ann, bob = town.wallet("ann", loaded="50"), town.wallet("bob")
    assert pay_offline(town, payer=ann, payee=bob, yuan="4").paid
    (out,), (into,) = payments(town, "ann"), payments(town, "bob")
    assert (out["direction"], out["state"], out["amount_fen"]) == ("out", "paid", 400)
    assert (into["direction"], into["state"], into["amount_fen"]) == ("in", "received", 400)
    assert (out["other"], into["other"]) == (town.show("bob")["wallet"], town.show("ann")["wallet"])
    receipt = Receipt.parse(bytes.fromhex(str(out["answer"])))
    assert out["receipt"] == into["receipt"] == receipt.signed.id.hex()
    payee = bytes.fromhex(str(out["other"]))
    assert verify(payee, receipt.signed.message, receipt.signed.signature)
    told = town.type("history", "--file", ann)
    assert f"4.00  to   {str(out['other'])[:16]}  paid  receipt {str(out['receipt'])[:16]}" in told.out


def test_f18_the_receipt_is_there_long_after_the_journal_has_dropped_the_payment(town: Town) -> None:
    ann, bob = town.wallet("ann", loaded="50"), town.wallet("bob")
    assert pay_offline(town, payer=ann, payee=bob, yuan="4").paid
    before = {name: payments(town, name) for name in ("ann", "bob")}
    town.now_s += 9 * DAY_S
    for name in ("ann", "bob"):
        for _ in range(2):
            assert town.type("sync", "--file", town.file(name)).code == 0
        with opened(town.file(name), passphrase=PASSPHRASE, edges=town.edges) as found:
            purse = found.wallet.purse
            assert not purse.paying
            assert not purse.asking
            assert len(list(filed(found.file.kept))) == 1
        assert payments(town, name) == before[name]


def test_what_is_open_is_not_filed_and_a_request_that_nobody_paid_is_forgotten(town: Town) -> None:
    ann, bob = town.wallet("ann", loaded="50"), town.wallet("bob")
    lost = lose_payment(town, bob, "4")
    told = pay_at_till(town, ann)
    lost.result()
    assert not told.done
    (out,) = payments(town, "ann")
    assert (out["state"], out["open"], out["receipt"], out["answered_at_s"]) == ("signed", True, "", 0)
    town.now_s += 9 * DAY_S
    for name in ("ann", "bob"):
        assert town.type("sync", "--file", town.file(name)).code == 0
    with opened(ann, passphrase=PASSPHRASE, edges=town.edges) as found:
        assert not list(filed(found.file.kept))
    assert [entry["state"] for entry in payments(town, "ann")] == ["signed"]
    assert payments(town, "bob") == []
    assert "no payments yet" in town.type("history", "--file", bob).out


def test_the_newest_come_first_and_no_more_than_were_asked_for(town: Town) -> None:
    ann, bob = town.wallet("ann", loaded="50"), town.wallet("bob")
    for yuan in ("1", "2", "3"):
        assert pay_offline(town, payer=ann, payee=bob, yuan=yuan).paid
        town.now_s += 1
    told = town.type("history", "--last", 2, "--file", ann, "--json")
    assert [entry["amount_fen"] for entry in told.facts["payments"]] == [300, 200]


def test_a_full_page_of_the_filed_history_is_followed_by_the_next(town: Town) -> None:
    ann, bob = town.wallet("ann", loaded="50"), town.wallet("bob")
    for _ in range(3):
        assert pay_offline(town, payer=ann, payee=bob, yuan="0.10").paid
        town.now_s += 1
    with opened(bob, passphrase=PASSPHRASE, edges=town.edges) as found:
        purse, trust, far_s = found.wallet.purse, found.wallet.trust, town.now_s + 10 * DAY_S
        ((name, page),) = to_file(purse, {}, trust=trust, before_s=far_s, now_s=far_s)
        kept = {name: page}
        assert name == NAME.format(number=0)
        assert [entry.at_s for entry in filed(kept)] == sorted(entry.at_s for entry in filed(kept))
        assert not list(to_file(purse, kept, trust=trust, before_s=far_s, now_s=far_s)), "filed once"
        first = next(iter(filed(kept)))
        assert first.amount_fen == 10
    assert PAGE > 3
