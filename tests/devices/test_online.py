"""open, load and sync: what they do, and that each may be cut off anywhere and run again (F12, F15)."""

from pathlib import Path

import pytest

from shuangli.crypto import SigningKey
from shuangli.issuer.authority import Authority
from shuangli.merkle import leaf_hash
from shuangli.messages.key_set import KeySet
from shuangli.messages.notices import Acknowledgement
from shuangli.operator.service.keys import NetworkKeys
from shuangli.wallet.commands.opened import opened
from tests.devices.meeting import pay_offline
from tests.devices.people import ADDRESS, Town, yuan_in_purse
from tests.wallet_file.files import PASSPHRASE

CUTS = [pytest.param(heard, id="answer lost" if heard else "never heard") for heard in (False, True)]


def one_wallet(town: Town) -> int:
    return len(town.bank.store.database.rows("SELECT key FROM wallets"))


def test_a_wallet_is_opened_and_shows_who_it_is(town: Town) -> None:
    told = town.open_wallet("ann", "--tier", "3")
    assert told.code == 0, told
    shown = town.show("ann")
    assert (shown["wallet"], shown["tier"], shown["operator"]) == (told.facts["wallet"], 3, "OP01")
    assert (shown["balance_fen"], shown["sandbox"]) == (0, True)
    assert town.file("ann").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("heard", CUTS)
def test_f12_opening_that_was_cut_off_is_finished(town: Town, heard: bool) -> None:
    cut_at = 0
    while True:
        cut_at += 1
        cutting = town.cut(at=cut_at, heard=heard)
        told = town.open_wallet(f"ann{cut_at}")
        town.mend()
        if cutting.calls < cut_at:
            break
        assert (told.code, told.out) == (2, ""), told
        told = town.open_wallet(f"ann{cut_at}")
        assert told.code == 0, told
        assert one_wallet(town) == cut_at
    # describe, key set, a made-up person, enrolment, revocation list
    assert cut_at == 6


@pytest.mark.parametrize("heard", CUTS)
def test_f12_a_load_that_was_cut_off_is_loaded_once(town: Town, heard: bool) -> None:
    cut_at = 0
    while True:
        cut_at += 1
        name = f"ann{cut_at}"
        file = town.wallet(name)
        cutting = town.cut(at=cut_at, heard=heard)
        told = town.type("load", "50", "--deposit", "--file", file)
        town.mend()
        if cutting.calls < cut_at:
            break
        assert (told.code, told.out) == (2, ""), told
        assert town.show(name)["ordered_fen"] == [5_000]
        told = town.type("load", "50", "--deposit", "--file", file)
        assert told.code == 0, told
        assert yuan_in_purse(town, name) == "50.00"
        assert town.deposit_fen(name) == 0
        town.nothing_lost()
    # deposit, order
    assert cut_at == 3


def test_f12_a_load_whose_answer_was_lost_comes_with_the_next_sync(town: Town) -> None:
    file = town.wallet("ann")
    town.cut(at=2, heard=True)
    assert town.type("load", "50", "--deposit", "--file", file).code == 2
    town.mend()
    told = town.type("sync", "--file", file, "--json")
    assert (told.code, told.facts["loaded_fen"], told.facts["balance_fen"]) == (0, 5_000, 5_000)
    assert town.type("sync", "--file", file, "--json").facts["loaded_fen"] == 0


def test_a_refused_order_is_given_up(town: Town) -> None:
    file = town.wallet("ann")
    told = town.type("load", "50", "--file", file, "--json")
    assert (told.code, told.facts["done"], told.facts["code"]) == (1, False, "insufficient-funds")
    assert "5000 fen short" in told.facts["why"]
    assert town.show("ann")["ordered_fen"] == []
    assert town.type("load", "30", "--deposit", "--file", file).code == 0
    synced = town.type("sync", "--file", file, "--json").facts
    assert (synced["loaded_fen"], synced["balance_fen"]) == (0, 3_000)


def test_a_load_over_a_limit_says_by_how_much(town: Town) -> None:
    told = town.open_wallet("ann", "--tier", "4")
    assert told.code == 0
    told = town.type("load", "6000", "--deposit", "--file", town.file("ann"), "--json")
    assert (told.code, told.facts["code"]) == (1, "over-limit")
    assert "100000 fen over the day limit" in told.facts["why"]


@pytest.mark.parametrize("heard", CUTS)
def test_f15_a_sync_that_was_cut_off_is_finished(town: Town, heard: bool) -> None:
    payer = town.wallet("payer", loaded="100")
    cut_at = 0
    while True:
        cut_at += 1
        name = f"payee{cut_at}"
        payee = town.wallet(name)
        assert pay_offline(town, payer=payer, payee=payee, yuan="4").paid
        cutting = town.cut(at=cut_at, heard=heard)
        told = town.type("sync", "--file", payee, "--json")
        town.mend()
        if cutting.calls < cut_at:
            break
        assert (told.code, told.out) == (2, ""), told
        assert town.type("sync", "--file", payee).code == 0
        shown = town.show(name)
        assert (shown["balance_fen"], shown["in_flight_fen"], shown["to_hand_in"]) == (0, 0, 0)
        assert town.deposit_fen(name) == 400
        town.nothing_lost()
    # key set, revocation list, certificate, upload, returns
    assert cut_at == 6


def test_f52_a_sync_hands_in_what_is_new_while_the_operator_cannot_answer(town: Town) -> None:
    payer, payee = town.wallet("payer", loaded="100"), town.wallet("payee")
    synced_at_s = town.show("payee")["synced_at_s"]
    cut_off = town.cut_off()
    for count in (1, 2):
        town.now_s += 3_600
        assert pay_offline(town, payer=payer, payee=payee, yuan="4").paid
        told = town.type("sync", "--file", payee, "--json")
        assert (told.code, told.facts["queued"], told.facts["in_flight_fen"]) == (0, count, 400 * count)
    first, second, again = cut_off.kept
    assert (first == again, first == second) == (True, False), "what is new goes first"
    shown = town.show("payee")
    assert (shown["to_hand_in"], shown["synced_at_s"]) == (2, synced_at_s), "nothing is final"
    told = town.type("sync", "--file", payee)
    assert "uploads that the operator has, and answers later: 2; sync again then" in told.out
    town.mend()
    told = town.type("sync", "--file", payee, "--json")
    assert (told.code, told.facts["queued"], told.facts["credited_fen"]) == (0, 0, 800)
    assert town.show("payee")["synced_at_s"] == town.now_s
    town.nothing_lost()


def test_f52_a_load_that_waits_keeps_nothing_from_being_handed_in(town: Town) -> None:
    payer, payee = town.wallet("payer", loaded="100"), town.wallet("payee")
    town.cut(at=2, heard=False)
    assert town.type("load", "50", "--deposit", "--file", payee).code == 2
    assert pay_offline(town, payer=payer, payee=payee, yuan="4").paid
    cut_off = town.cut_off()
    told = town.type("sync", "--file", payee)
    assert (told.code, len(cut_off.kept)) == (2, 1)
    assert "the issuer cannot be reached" in told.err


def test_a_wallet_that_has_nothing_to_say_syncs_all_the_same(town: Town) -> None:
    file = town.wallet("ann", loaded="5")
    town.now_s += 3_600
    told = town.type("sync", "--file", file, "--json")
    assert (told.code, told.facts["credited_fen"], told.facts["spends"]) == (0, 0, {})
    assert town.show("ann")["synced_at_s"] == town.now_s


def test_f22_a_list_gets_old_and_is_renewed_by_a_sync(town: Town) -> None:
    file = town.wallet("ann")
    town.now_s += 8 * 86_400
    asked = (
        "receive",
        "4",
        "--at",
        f"unix:{town.directory / 'ann'}",
        "--wait",
        "0",
        "--file",
        file,
        "--json",
    )
    told = town.type(*asked)
    assert (told.code, told.facts["code"]) == (1, "stale-list")
    assert town.type("sync", "--file", file).code == 0
    assert town.show("ann")["list_age_s"] == 0
    assert town.type(*asked).facts["state"] == "requested"


def test_a_root_that_has_not_signed_the_key_set_leaves_nothing_behind(town: Town) -> None:
    told = town.type("open", "--file", town.file("ann"), "--operator", ADDRESS, "--root", "11" * 32)
    assert (told.code, told.out) == (2, "")
    assert "signature" in told.err
    assert not town.file("ann").exists()


def test_an_operator_that_is_down_leaves_nothing_behind(town: Town) -> None:
    town.down = True
    told = town.open_wallet("ann")
    assert (told.code, told.out) == (2, "")
    assert ADDRESS in told.err
    assert not town.file("ann").exists()


def test_a_wallet_is_opened_once(town: Town) -> None:
    file = town.wallet("ann", loaded="5")
    told = town.open_wallet("ann")
    assert (told.code, told.out) == (2, "")
    assert "open wallet already" in told.err
    assert yuan_in_purse(town, "ann") == "5.00"
    assert file.exists()


def test_the_operators_files_go_on_where_they_stopped(tmp_path: Path) -> None:
    with Town(tmp_path).open() as town:
        file, root = town.wallet("ann", loaded="5"), town.root
    assert (tmp_path / "operator/network.cbor").stat().st_mode & 0o777 == 0o600
    (tmp_path / "operator/network.cbor").chmod(0o644)
    with Town(tmp_path, seed=2).open() as town:
        assert town.root == root
        assert (tmp_path / "operator/root-key.txt").read_text() == f"{root}\n"
        assert town.type("load", "6", "--deposit", "--file", file).code == 0
        assert yuan_in_purse(town, "ann") == "11.00"
        town.nothing_lost()
    assert (tmp_path / "operator/network.cbor").stat().st_mode & 0o777 == 0o600


def newer_key_set(town: Town) -> bytes:
    """The root certifies another operator and opens another epoch."""
    keys = NetworkKeys.decode((town.directory / "operator/network.cbor").read_bytes())
    known = KeySet.parse(keys.key_set)
    authority = Authority(SigningKey(keys.root), network=known.network)
    valid = {"not_before_s": town.now_s, "expires_at_s": town.now_s + 86_400}
    another, minting = SigningKey(bytes(32)).public, SigningKey(bytes([1]) * 32).public
    return authority.sign_key_set(
        known.number + 1,
        issued_at_s=town.now_s,
        operators=[*known.operators, authority.certify_operator("OP02", another, **valid)],
        centres=known.centres,
        epochs=[*known.epochs, authority.open_epoch(2, minting, known.epochs[0].terms, **valid)],
    ).signed.data


def test_a_sync_fetches_the_newest_key_set_and_keeps_it_against_an_older_one(town: Town) -> None:
    file, older = town.wallet("ann"), town.sandbox.desk.key_set()
    town.publish(newer_key_set(town))
    for _ in range(2):
        assert town.type("sync", "--file", file).code == 0
        with opened(file, passphrase=PASSPHRASE, edges=town.edges) as found:
            assert KeySet.parse(found.file.kept["key-set"]).number == 2
            assert found.wallet.trust.epoch(2).number == 2
            assert "epoch/2" in found.file.kept
        # An operator that has gone back to an older one, or a cache on the way, changes nothing.
        town.publish(older)


def test_f32_what_the_operator_has_signed_is_printed_for_who_verifies_its_reports(town: Town) -> None:
    """`shuangli report verify --receipts` holds a log against these."""
    ann, bob = town.wallet("ann", loaded="50"), town.wallet("bob")
    assert pay_offline(town, payer=ann, payee=bob, yuan="8").paid
    told = town.type("sync", "--file", bob, "--json")
    (signed,) = told.facts["acknowledgements"]
    said = Acknowledgement.parse(bytes.fromhex(signed))
    log = town.bank.store.audit
    (entry,) = log.entries(said.entry.number, said.entry.number + 1)
    assert (said.operator, said.credited_fen, said.entry.leaf_hash) == ("OP01", 800, leaf_hash(entry))
    assert town.type("sync", "--file", bob, "--json").facts["acknowledgements"] == []
