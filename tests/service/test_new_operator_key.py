"""An operator's key leaks, and it gets a new one (F30), each step a command: its customers lose nothing."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from shuangli.errors import Refused
from tests.devices.people import Told
from tests.devices.processes import SHUANGLI, done, running, until, wallet
from tests.service.at_the_terminal import open_wallet, pay_offline, reached
from tests.service.network import Network, network


def issuer(*words: object) -> dict[str, Any]:
    """Run `shuangli issuer ...` to its end."""
    with running(*SHUANGLI, "issuer", *words, "--json") as process:
        return done(process.end())


def sync(file: Path) -> dict[str, Any]:
    return done(wallet("sync", "--file", file, "--json"))


def try_to_pay(payer: Path, payee: Path, yuan: str) -> Told:
    """Let a device pay another one; what the payer is told."""
    asking = ("receive", yuan, "--at", "tcp:127.0.0.1:0", "--file", payee, "--json")
    with running(*SHUANGLI, "wallet", *asking) as showing:
        at = showing.next_facts()["listens"]
        return wallet("pay", at, "--amount", yuan, "--file", payer, "--json")


def has_reported_all(net: Network, name: str) -> bool:
    with net.operator_store(name) as store:
        return store.unreported(1) == []


def test_f30_an_operator_gets_a_new_key_and_its_wallets_new_certificates(tmp_path: Path) -> None:
    ann, bob, cat = (tmp_path / f"{name}.wallet" for name in ("ann", "bob", "cat"))
    with network(tmp_path) as net, reached(net, "OP01") as one, reached(net, "OP02") as two:
        root, own = net.operators["OP01"].root, net.directory / "OP01"

        # Ann and Bob bank at OP01, Cat at OP02. Ann pays Bob, offline.
        keys = {
            name: open_wallet(file, line, root)
            for name, file, line in (("ann", ann, one), ("bob", bob, one), ("cat", cat, two))
        }
        for file in (ann, bob):
            assert done(wallet("load", "50", "--deposit", "--file", file, "--json"))["balance_fen"] == 5_000
        pay_offline(ann, bob, "10")
        until(lambda: has_reported_all(net, "OP01"))

        # The key of OP01 leaks, and is revoked. Nobody who has heard of it takes Ann's money any more.
        leaked = net.operator_key("OP01").public
        stolen = shutil.copytree(own, tmp_path / "stolen")
        assert issuer("revoke-operator", net.issuer_directory, "OP01")["keys"] == [leaked.hex()]
        sync(cat)
        told = try_to_pay(ann, cat, "10")
        assert (told.code, told.facts["state"], "revoked" in told.facts["why"]) == (1, "refused", True), told

        # The issuer speaks with OP01 no more; that takes in what Bob has received, all the same.
        with net.link("OP01") as link, pytest.raises(Refused) as refused:
            link.key_set()
        assert refused.value.code == "not-admitted"
        assert (sync(bob)["queued"], sync(bob)["credited_fen"]) == (1, 0)

        # The root certifies a new key for OP01, which is started again.
        net.operators["OP01"].kill()
        assert issuer("renew-operator", net.issuer_directory, own)["key_set"] == 4
        assert net.operator_key("OP01").public != leaked
        net.start("OP01")
        one.to_port = int(net.operators["OP01"].address.rpartition(":")[2])

        # Bob is paid what he had received under the old certificates, and is certified anew. Cat's device
        # hears of the new key when she syncs.
        sync(cat)
        synced = sync(bob)
        assert (synced["queued"], synced["credited_fen"], {*synced["spends"]}) == (0, 1_000, {"settled"})
        assert pay_offline(bob, cat, "50")["balance_fen"] == 0

        # So is Ann, with the coins that she has. What Cat had refused comes back to her.
        assert sync(ann)["credited_fen"] == 1_000
        assert pay_offline(ann, cat, "30")["balance_fen"] == 0
        assert sync(cat)["credited_fen"] == 8_000
        assert done(wallet("load", "10", "--file", ann, "--json"))["balance_fen"] == 1_000

        # Who has stolen the old keys is not let in with them, and nobody is accused.
        with net.link("OP01", stolen) as link, pytest.raises(Refused) as refused:
            link.key_set()
        assert refused.value.code == "not-admitted"
        assert net.cases() == []
        with net.books():
            assert net.deposit_fen("OP01", bytes.fromhex(keys["bob"])) == 1_000
            assert net.deposit_fen("OP02", bytes.fromhex(keys["cat"])) == 8_000
