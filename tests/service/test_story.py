"""The whole story, as people would type it: two wallets, two operators and the issuer, each a process.

Read it from top to bottom: every step is one command of a person, or one request of their bank's.
"""

import shutil
from pathlib import Path

import pytest

from shuangli.errors import Refused
from shuangli.offline.evidence import verify_evidence
from tests.devices.processes import done, wallet
from tests.service.at_the_terminal import open_wallet, pay_offline, reached, staff_of
from tests.service.network import network


def test_load_go_offline_pay_come_back_reconcile_fork_freeze(tmp_path: Path) -> None:
    ann, bob = tmp_path / "ann.wallet", tmp_path / "bob.wallet"
    with network(tmp_path) as net, reached(net, "OP01") as one, reached(net, "OP02") as two:
        root = net.operators["OP01"].root

        # Ann opens a wallet at one bank, and Bob at another. Ann loads fifty yuan into hers.
        ann_key = open_wallet(ann, one, root)
        bob_key = open_wallet(bob, two, root)
        assert done(wallet("load", "50", "--deposit", "--file", ann, "--json"))["balance_fen"] == 5_000

        # One day she will cheat: she keeps a copy of her wallet as it is now.
        copy = shutil.copyfile(ann, tmp_path / "copy.wallet")

        # The network is down, and neither of them reaches a bank. Ann pays Bob all the same.
        one.cut()
        two.cut()
        told = wallet("sync", "--file", bob)
        assert (told.code, "cannot be reached" in told.err) == (2, True)
        paid = pay_offline(ann, bob, "50")
        assert (paid["payee"], paid["balance_fen"]) == (bob_key, 0)

        # It is back. Bob hands in what he has; his bank asks the issuer, and credits him.
        one.mend()
        two.mend()
        assert done(wallet("sync", "--file", bob, "--json"))["credited_fen"] == 5_000
        statement = done(wallet("statement", "--file", bob, "--json"))
        assert [(line["kind"], line["amount_fen"]) for line in statement["lines"]] == [("redemption", 5_000)]
        assert net.cases() == []

        # Ann's copy still holds the fifty yuan that she has paid. She pays Cat with them, at her own bank.
        cat = tmp_path / "cat.wallet"
        cat_key = open_wallet(cat, one, root)
        pay_offline(copy, cat, "50")

        # Cat hands in, and the fork is found. She is honest: the guarantee fund pays her.
        synced = done(wallet("sync", "--file", cat, "--json"))
        assert (synced["credited_fen"], "forked" in synced["spends"]) == (5_000, True)

        # Each coin is a case. They name Ann's key and no other, and whoever has the root key can check that.
        cases = net.cases()
        forks = [verify_evidence(case.evidence, root=bytes.fromhex(root)) for case in cases]
        assert {fork.culprit.hex() for fork in forks} == {ann_key}
        assert {each.payee.hex() for fork in forks for each in fork.transfers} == {bob_key, cat_key}
        assert sum(case.paid_fen - case.face_fen for case in cases) == 5_000

        # Ann's key is revoked: her bank mints nothing for it any more, whatever she pays in.
        told = wallet("load", "10", "--deposit", "--file", ann, "--json")
        assert (told.code, told.facts["code"]) == (1, "frozen")

        # What she has paid in lies in her account. The bank freezes it, by a program with a token.
        with staff_of(net, "OP01") as staff:
            assert staff.freeze(bytes.fromhex(ann_key), "a double spend").state == "frozen"
            with pytest.raises(Refused) as refused:
                staff.close_wallet(bytes.fromhex(bob_key))
        assert refused.value.code == "unknown-wallet", "Bob is the other bank's customer"
        told = wallet("transfer", "1", bob_key, "--file", ann, "--json")
        assert (told.code, told.facts["code"]) == (1, "frozen")

        # All books balance, and agree with each other.
        with net.books():
            assert net.deposit_fen("OP01", bytes.fromhex(ann_key)) == 1_000
            assert net.deposit_fen("OP02", bytes.fromhex(bob_key)) == 5_000
