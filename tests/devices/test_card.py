"""A wallet whose key and coins are on a simulated card: the same commands, and the applet's rules."""

import click
import pytest

from shuangli.cli_holder import Holder, consent
from shuangli.errors import Refused, StoreError
from shuangli.messages.certificates import WalletCertificate, WalletKind
from shuangli.messages.session import PaymentRequest
from shuangli.wallet.commands.opened import opened
from shuangli.wallet.session import Consent
from tests.devices.backups import backup, recover
from tests.devices.cards import PIN, card_of, open_card
from tests.devices.meeting import Till, lose_payment, pay_at_till, pay_offline
from tests.devices.people import Told, Town, yuan_in_purse
from tests.wallet_file.files import PASSPHRASE


def sync(town: Town, name: str) -> Told:
    return town.type("sync", "--file", town.file(name))


def test_a_card_is_loaded_pays_is_paid_and_reconciled(town: Town) -> None:
    ann, bob = open_card(town, "ann", loaded="50"), town.wallet("bob", loaded="5")
    shown = town.show("ann")
    assert (shown["custody"], town.show("bob")["custody"]) == ("card", "file")
    row = town.bank.wallet(bytes.fromhex(shown["wallet"]))
    assert WalletCertificate.parse(row.certificate).kind is WalletKind.HARD
    town.down = True
    assert pay_offline(town, payer=ann, payee=bob, yuan="4").paid
    assert pay_offline(town, payer=bob, payee=ann, yuan="1.50").paid
    assert (yuan_in_purse(town, "ann"), yuan_in_purse(town, "bob")) == ("47.50", "7.50")
    town.down = False
    assert (sync(town, "ann").code, sync(town, "bob").code) == (0, 0)
    assert (town.deposit_fen("ann"), yuan_in_purse(town, "ann")) == (150, "46.00")
    town.nothing_lost()


def test_card_and_wallet_are_two_files(town: Town) -> None:
    pin = town.directory / "pin.txt"
    pin.write_text(f"{PIN}\n")
    told = town.open_wallet("ann", "--card", town.file("ann"), "--pin-file", pin)
    assert (told.code, "the card needs a file of its own" in told.err) == (2, True)
    assert not town.file("ann").exists(), "nothing is left in the way of the next try"


def test_the_key_is_on_the_card_and_not_in_the_file(town: Town) -> None:
    ann = open_card(town, "ann")
    with opened(ann, passphrase=PASSPHRASE, edges=town.edges) as found, pytest.raises(StoreError):
        found.file.signing_key()
    card = card_of(town, "ann")
    assert card.stat().st_mode & 0o777 == 0o600
    card.rename(town.directory / "left at home")
    told = town.type("show", "--file", ann)
    assert (told.code, "ann.card: there is no card" in told.err) == (2, True)


def test_f23_the_card_asks_for_its_own_pin_above_an_amount(town: Town) -> None:
    ann, bob = open_card(town, "ann", loaded="2000"), town.wallet("bob")
    till = Till(town, bob, "1000.01")
    with pytest.raises(Refused) as refused:
        pay_at_till(town, ann, confirm=lambda *_: Consent.WITH_PIN)
    assert refused.value.code == "pin-required", "the phone's word is not the card's"
    asked: list[bool] = []
    with opened(ann, passphrase=PASSPHRASE, edges=town.edges) as found:
        assert found.card is not None
        for wrong in ("0000", "1111"):
            with pytest.raises(Refused, match="tries left"):
                found.card.verify_pin(wrong)

        def confirm(_: PaymentRequest, needs_pin: bool) -> Consent:
            asked.append(needs_pin)
            assert found.card is not None
            found.card.verify_pin(PIN)
            return Consent.WITH_PIN

        from shuangli.wallet.commands.offline import pay_at

        told = pay_at(found, till.at, wait_s=0, confirm=confirm, edges=town.edges)
    assert (told.done, asked) == (True, [True])
    assert till.answer.result().done


@pytest.mark.parametrize(("typed", "code"), [("1234", "wrong-pin"), (PIN, "")])
def test_f39_the_pin_is_asked_for_at_the_prompt(
    town: Town, monkeypatch: pytest.MonkeyPatch, typed: str, code: str
) -> None:
    ann, bob = open_card(town, "ann"), town.wallet("bob")
    holder = Holder(path=ann, passphrase=PASSPHRASE, typed=True, as_json=False)
    with opened(bob, passphrase=PASSPHRASE, edges=town.edges) as payee:
        message = payee.wallet.request(100_001, now_s=town.now_s)
    with opened(ann, passphrase=PASSPHRASE, edges=town.edges) as found:
        request = found.wallet.read_request(message, now_s=town.now_s)
        with pytest.raises(Refused) as refused:
            consent(request, found, True, holder, request.amount_fen)
        assert refused.value.code == "pin-required", "nobody is at a terminal"
        monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
        monkeypatch.setattr(click, "prompt", lambda *_, **__: typed)
        if code:
            with pytest.raises(Refused) as wrong:
                consent(request, found, True, holder, request.amount_fen)
            assert wrong.value.code == code
        else:
            assert consent(request, found, True, holder, request.amount_fen) is Consent.WITH_PIN
            assert consent(request, found, False, holder, request.amount_fen) is Consent.YES


def test_f07_a_payment_that_was_cut_off_is_finished_with_the_same_card(town: Town) -> None:
    ann, bob = open_card(town, "ann", loaded="50"), town.wallet("bob")
    lost = lose_payment(town, bob, "4")
    assert not pay_at_till(town, ann).done
    lost.result()
    assert pay_offline(town, payer=ann, payee=bob, yuan=None).paid
    assert (yuan_in_purse(town, "ann"), yuan_in_purse(town, "bob")) == ("46.00", "4.00")


def test_f24_a_lost_card_is_recovered_from_to_a_new_card(town: Town) -> None:
    ann = open_card(town, "ann", loaded="50")
    words = backup(town, "ann")
    ann.unlink()
    card_of(town, "ann").unlink()
    pin = town.directory / "pin.txt"
    told = recover(town, "new", words, "--card", card_of(town, "new"), "--pin-file", pin)
    assert told.code == 0, told
    assert town.show("new")["custody"] == "card"
    assert town.type("load", "5", "--deposit", "--file", town.file("new")).code == 0


def test_f38_a_damaged_card_is_found(town: Town) -> None:
    ann = open_card(town, "ann")
    card = card_of(town, "ann")
    data = bytearray(card.read_bytes())
    data[1_000] ^= 1
    card.write_bytes(data)
    told = town.type("show", "--file", ann)
    assert (told.code, told.err) == (2, f"shuangli: {card}: the card is damaged\n")


@pytest.mark.parametrize("heard", [False, True], ids=["never heard", "answer lost"])
def test_opening_on_a_card_that_was_cut_off_is_gone_on_with(town: Town, heard: bool) -> None:
    pin = town.directory / "pin.txt"
    pin.write_text(PIN)
    for at in (2, 3, 4):
        town.cut(at=at, heard=heard)
        assert town.open_wallet("ann", "--card", card_of(town, "ann"), "--pin-file", pin).code == 2
    town.mend()
    assert town.open_wallet("ann").code == 2, "it was begun with a card"
    assert town.open_wallet("ann", "--card", card_of(town, "ann")).code == 0


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("--card", "new.card"), 2, "give --pin-file"),
        (("--pin-file", "x"), 2, "give --card, too"),
        (("--card", "new.card", "--pin-file", "nowhere"), 2, "No such file"),
    ],
)
def test_bad_input_is_one_line(
    town: Town, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], code: int, says: str
) -> None:
    monkeypatch.chdir(town.directory)
    told = town.open_wallet("ann", *words)
    assert (told.code, told.out, told.err.count("\n")) == (code, "", 1)
    assert says in told.err
