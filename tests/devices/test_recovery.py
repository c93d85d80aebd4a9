"""A device is destroyed, and its holder gets a new wallet and what was on it; the old key signs no more."""

import pytest

from shuangli.crypto import SigningKey
from shuangli.days import DAY_S
from shuangli.errors import BadInput, Refused
from shuangli.issuer.service.network import TERMS
from shuangli.messages.certificates import WalletKind
from shuangli.messages.enrolment import Enrolment
from shuangli.wallet.phrase import secret_of, words_of
from shuangli.wallet.recovery import RecoveryFile, recovery_key
from tests.devices.backups import backup, recover
from tests.devices.meeting import pay_offline
from tests.devices.people import ADDRESS, Town
from tests.wallet_file.files import GUARD, PASSPHRASE


def key_of(town: Town, name: str) -> bytes:
    return bytes.fromhex(town.show(name)["wallet"])


def test_f24_f45_a_destroyed_device_is_replaced_and_its_value_comes_back_once(town: Town) -> None:
    ann, bob = town.wallet("ann", loaded="50"), town.wallet("bob")
    old = key_of(town, "ann")
    town.sandbox.desk.deposit(old, 2_000, idempotency_key="for ann")
    words = backup(town, "ann")
    assert pay_offline(town, payer=ann, payee=bob, yuan="4").paid
    ann.unlink()
    told = recover(town, "new", words)
    assert (told.code, told.facts["lost"], told.facts["deposit_fen"]) == (0, old.hex(), 2_000)
    assert told.facts["wallet"] != old.hex()
    assert town.type("sync", "--file", bob).code == 0
    town.wallet("eve", loaded="1")
    assert town.deposit_fen("new") == 2_000, "nothing comes back while it could still be claimed"
    assert town.now_s + TERMS.coin_life_s + TERMS.grace_s <= told.facts["back_by_s"]
    town.now_s = told.facts["back_by_s"]
    for _ in range(2):
        town.now_s += DAY_S
        assert town.type("load", "5", "--deposit", "--file", town.file("eve")).code == 0
        assert (town.deposit_fen("new"), town.deposit_fen("bob")) == (2_000 + 4_600, 400)
    assert town.type("load", "66", "--file", town.file("new")).code == 0
    town.nothing_lost()


@pytest.mark.parametrize("heard", [False, True], ids=["never heard", "answer lost"])
def test_f12_a_recovery_that_is_cut_off_anywhere_is_finished_by_running_it_again(
    town: Town, heard: bool
) -> None:
    town.wallet("ann")
    words = backup(town, "ann")
    calls = 0
    for at in range(1, 20):
        town.cut(at=at, heard=heard)
        calls = at
        told = recover(town, "new", words)
        if told.code == 0:
            break
        assert told.code == 2, told
    town.mend()
    assert calls == 7, "what it is, two key sets, the network, the certificate, the list: six calls"
    again = recover(town, "new", words)
    assert (again.code, "holds an open wallet already" in again.err) == (2, True)
    wallets = town.bank.store.wallets_of(town.bank.wallet(key_of(town, "new")).person)
    assert [row.closed_at_s is None for row in wallets] == [False, True]


def test_f23_a_stolen_device_gets_nothing_more_once_its_holder_has_recovered(town: Town) -> None:
    ann = town.wallet("ann", loaded="50")
    words = backup(town, "ann")
    assert recover(town, "new", words).code == 0
    told = town.type("load", "5", "--deposit", "--file", ann)
    assert (told.code, "has been closed" in told.out) == (1, True)
    assert town.type("transfer", "1", key_of(town, "new").hex(), "--file", ann).code == 1


def test_a_file_recovers_without_anything_else_but_its_passphrase(town: Town) -> None:
    ann, kept = town.wallet("ann", loaded="50"), town.directory / "ann.recovery"
    assert town.type("backup", "--to", kept, "--file", ann).code == 0
    assert kept.stat().st_mode & 0o777 == 0o600
    wrong = town.type(
        *("recover", "--from", kept, "--file", town.file("new")), env={"SHUANGLI_PASSPHRASE": "no"}
    )
    assert (wrong.code, wrong.err) == (2, "shuangli: the passphrase does not open this recovery file\n")
    assert not town.file("new").exists()
    told = town.type("recover", "--from", kept, "--file", town.file("new"), "--json")
    assert (told.code, told.facts["lost"]) == (0, town.show("ann")["wallet"])
    again = town.type("backup", "--to", kept, "--file", town.file("new"))
    assert (again.code, "there is a file already" in again.err) == (2, True)


def test_a_file_that_cannot_be_written_takes_nothing_from_the_backup_before_it(town: Town) -> None:
    ann = town.wallet("ann")
    words = backup(town, "ann")
    told = town.type("backup", "--to", town.directory / "nowhere" / "file", "--file", ann)
    assert (told.code, "No such file or directory" in told.err) == (2, True)
    assert recover(town, "new", words).code == 0


def test_a_file_whose_key_the_operator_did_not_take_is_not_left_as_if_it_helped(town: Town) -> None:
    ann, kept, desk = town.wallet("ann"), town.directory / "ann.recovery", town.sandbox.desk
    with desk.transaction() as now_s:
        desk.wallets.freeze(key_of(town, "ann"), asked_by="court", reason="", now_s=now_s)
    assert town.type("backup", "--to", kept, "--file", ann).code == 1
    assert not kept.exists()


def test_a_file_whose_key_the_operator_may_have_taken_stays_and_the_doubt_is_told(town: Town) -> None:
    ann, kept = town.wallet("ann"), town.directory / "ann.recovery"
    town.cut(at=1, heard=True)
    told = town.type("backup", "--to", kept, "--file", ann)
    assert (told.code, "it is not known whether" in told.err) == (2, True)
    town.mend()
    assert town.type("recover", "--from", kept, "--file", town.file("new")).code == 0


def test_the_words_of_an_earlier_backup_stop_working(town: Town) -> None:
    town.wallet("ann")
    first = backup(town, "ann").read_text()
    second = backup(town, "ann")
    earlier = town.directory / "earlier"
    earlier.write_text(first)
    told = recover(town, "new", earlier)
    assert (told.code, told.facts["code"]) == (1, "not-found")
    assert recover(town, "new", second).code == 0
    assert recover(town, "third", second).code == 0, "the words go over to the new wallet"


def test_a_frozen_wallet_is_not_recovered_past_its_operator(town: Town) -> None:
    town.wallet("ann")
    words, desk = backup(town, "ann"), town.sandbox.desk
    with desk.transaction() as now_s:
        desk.wallets.freeze(key_of(town, "ann"), asked_by="court", reason="", now_s=now_s)
    told = recover(town, "new", words)
    assert (told.code, told.facts["code"]) == (1, "frozen")
    again = town.type("backup", "--file", town.file("ann"), "--json")
    assert (again.code, again.facts["code"]) == (1, "frozen")


def test_nobody_else_and_no_other_tier_is_enrolled_with_a_recovery_key(town: Town) -> None:
    town.wallet("ann")
    town.wallet("bob")
    key = recovery_key(secret_of(backup(town, "ann").read_text()))
    person = bytes.fromhex(town.sandbox.desk.recovery(key.public).person)

    def enrolment(person: bytes, tier: int, new: SigningKey) -> bytes:
        return Enrolment.sign(
            new,
            network="sandbox",
            operator="OP01",
            kind=WalletKind.SOFT,
            tier=tier,
            person=person,
            enrolled_at_s=town.now_s,
        ).signed.data

    new = SigningKey(bytes(31) + b"\1")
    for other, tier in ((bytes(32), 2), (person, 1)):
        with pytest.raises(Refused) as refused:
            town.sandbox.desk.recover(key.public, enrolment(other, tier, new))
        assert refused.value.code == "not-allowed"
    certificate = town.sandbox.desk.recover(key.public, enrolment(person, 2, new))
    assert town.sandbox.desk.recover(key.public, enrolment(person, 2, new)) == certificate
    ann = bytes.fromhex(town.show("bob")["wallet"])
    with pytest.raises(BadInput, match="used for something else"):
        town.sandbox.desk.name_recovery_key(ann, key.public)


# --- phrases and files ---------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "zh"])
def test_words_stand_for_the_secret_in_both_languages(language: str) -> None:
    secret = bytes(range(16))
    words = words_of(secret, language)
    assert len(words.split()) == 12
    assert secret_of(f"  {words.upper()}\n") == secret
    assert language == "en" or secret_of(words.replace(" ", "")) == secret


def test_the_words_are_those_of_bip_39() -> None:
    # The first test vector of BIP-39's reference implementation.
    assert words_of(bytes(16)) == "abandon " * 11 + "about"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("abandon " * 12, "one of the words is wrong"),
        ("abandon " * 11, "has 12 words, these are 11"),
        ("abandon " * 11 + "shuangli", "word 12 is in no list"),
        ("abandon " * 11 + "的", "different lists"),
    ],
)
def test_f38_wrong_words_are_found(words: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        secret_of(words)


def test_f38_f39_a_recovery_file_says_whether_it_is_damaged_or_the_passphrase_is_wrong() -> None:
    held = RecoveryFile(secret=bytes(range(16)), operator=ADDRESS, root=bytes(32))
    data = held.encode(PASSPHRASE, cost=GUARD.cost, random_bytes=bytes)
    assert RecoveryFile.decode(data, PASSPHRASE, least_cost=GUARD.least_cost) == held
    assert held.secret.hex() not in repr(held)
    assert held.secret not in data
    with pytest.raises(BadInput) as wrong:
        RecoveryFile.decode(data, "another", least_cost=GUARD.least_cost)
    assert wrong.value.code == "wrong-passphrase"
    for at in range(0, len(data), 7):
        flipped = data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]
        with pytest.raises(BadInput) as damaged:
            RecoveryFile.decode(flipped, PASSPHRASE, least_cost=GUARD.least_cost)
        assert damaged.value.code == "bad-file"
    with pytest.raises(BadInput, match="less work"):
        RecoveryFile.decode(data, PASSPHRASE)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("recover",), "with a phrase, give --operator and --root; or --from FILE"),
        (("recover", "--from", "x", "--operator", ADDRESS), "knows the operator and the root"),
        (("recover", "--from", "nowhere"), "nowhere: No such file"),
        (("recover", "--operator", ADDRESS, "--root", "ab" * 32), "give --phrase-file"),
    ],
)
def test_bad_input_is_one_line(town: Town, words: tuple[str, ...], says: str) -> None:
    told = town.type(*words, "--file", town.file("new"))
    assert (told.code, told.out, told.err.count("\n")) == (2, "", 1)
    assert says in told.err
