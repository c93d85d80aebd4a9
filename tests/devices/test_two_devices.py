"""Two devices and their operator, each a process of its own: from opening to the last fen in the books."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from shuangli.issuer.supply import supply_by_epoch
from shuangli.operator.service.sandbox import Sandbox, open_sandbox
from tests.devices.namespaces import reaches, two_namespaces
from tests.devices.processes import SHUANGLI, done, running, serving, wallet


@contextmanager
def books_of(directory: Path) -> Iterator[Sandbox]:
    """The books of an operator that has stopped."""

    def never(_: int) -> bytes:
        raise AssertionError("an operator that has its keys makes no new ones")

    with open_sandbox(directory, random_bytes=never, now_s=lambda: 0) as sandbox:
        yield sandbox


def assert_books(directory: Path, *, deposits_fen: dict[str, int], held_fen: int) -> None:
    """The operator owes what it should, the wallets hold the rest, and nobody is accused."""
    with books_of(directory) as sandbox:
        bank, issuer = sandbox.desk.bank, sandbox.issuer
        ledger = bank.store.ledger
        for key, deposit_fen in deposits_fen.items():
            assert -ledger.balance_fen(bank.wallet(bytes.fromhex(key)).account) == deposit_fen
        issuer.centre.check_books()
        ledger.check()
        (supply,) = supply_by_epoch(issuer.store)
        assert supply.outstanding_fen == held_fen
        assert supply.difference_fen == 0
        assert not issuer.store.culprits()


def test_open_load_pay_receive_sync(tmp_path: Path) -> None:
    directory, ann, bob = tmp_path / "operator", tmp_path / "ann.wallet", tmp_path / "bob.wallet"
    with serving(directory) as operator:
        operator.open_wallet(ann, loaded="50")
        operator.open_wallet(bob)

        # Neither needs the operator for this. Port 0 is a free one.
        asking = ("receive", "4", "--at", "tcp:127.0.0.1:0", "--file", bob, "--json")
        with running(*SHUANGLI, "wallet", *asking) as payee:
            at = payee.next_facts()["listens"]
            paid = done(wallet("pay", at, "--amount", "4", "--file", ann, "--json"))
            received = done(payee.end())
        assert (paid["state"], paid["balance_fen"]) == ("paid", 4_600)
        assert (received["state"], received["balance_fen"]) == ("received", 400)

        synced = done(wallet("sync", "--file", bob, "--json"))
        assert (synced["credited_fen"], synced["spends"], synced["balance_fen"]) == (400, synced["spends"], 0)
        assert set(synced["spends"]) == {"settled"}
        assert done(wallet("sync", "--file", ann, "--json"))["balance_fen"] == 4_600
        keys = [done(wallet("show", "--file", file, "--json"))["wallet"] for file in (ann, bob)]
        assert operator.stop().err == ""
    assert_books(directory, deposits_fen={keys[0]: 0, keys[1]: 400}, held_fen=4_600)


def test_two_network_namespaces_that_reach_each_other_and_no_operator(tmp_path: Path) -> None:
    directory, ann, bob = tmp_path / "operator", tmp_path / "ann.wallet", tmp_path / "bob.wallet"
    with serving(directory, "--host", "0.0.0.0", "--port", "0") as operator:  # noqa: S104
        port = urlsplit(operator.address).port
        assert port is not None
        for file, loaded in ((ann, "50"), (bob, "")):
            operator.address = f"http://127.0.0.1:{port}"
            operator.open_wallet(file, loaded=loaded)

        with two_namespaces() as (till, street):
            # Offline: the operator is there, and out of reach from both.
            assert reaches((), "127.0.0.1", port)
            for there in (till, street):
                for host in ("127.0.0.1", *own_addresses()):
                    assert not reaches(there.under, host, port)
            for file, there in ((ann, street), (bob, till)):
                told = wallet("sync", "--file", file, under=there.under)
                assert (told.code, told.out) == (2, "")
                assert "cannot be reached" in told.err

            asking = ("receive", "4", "--at", f"tcp:{till.host}:0", "--file", bob, "--json")
            with running(*SHUANGLI, "wallet", *asking, under=till.under) as payee:
                at = payee.next_facts()["listens"]
                paid = done(wallet("pay", at, "--amount", "4", "--file", ann, "--json", under=street.under))
                received = done(payee.end())
            assert (paid["state"], received["state"]) == ("paid", "received")
            assert paid["request"] == received["request"]

        # Online again.
        assert done(wallet("sync", "--file", bob, "--json"))["credited_fen"] == 400
        assert done(wallet("sync", "--file", ann, "--json"))["balance_fen"] == 4_600
        operator.stop()
    assert_books(directory, deposits_fen={paid["payee"]: 400, received["payer"]: 0}, held_fen=4_600)


def own_addresses() -> list[str]:
    """Other addresses of this machine, where there are any."""
    try:
        found = socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)
    except OSError:
        return []
    return sorted({str(entry[4][0]) for entry in found})
