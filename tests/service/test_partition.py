"""Operators that are cut off from the registration centre keep what they are handed, and say so (F41)."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from shuangli.api.http_client import HttpOperator
from shuangli.api.models import CBOR, COSE_SIGN1
from shuangli.crypto import sha256
from shuangli.errors import Refused, StoreError
from shuangli.issuer.service.keys import DATABASE_FILE
from shuangli.messages.loads import Load
from shuangli.messages.notices import Outcome
from tests.devices.processes import until
from tests.service.holders import Holder, clock, paid
from tests.service.network import Network, network


def post(holder: Holder, path: str, body: bytes, media_type: str) -> httpx.Response:
    return httpx.post(
        f"{holder.http.address}{path}",
        content=body,
        headers={"Content-Type": media_type},
        trust_env=False,
        timeout=60,
    )


def health(holder: Holder) -> str:
    status: str = httpx.get(f"{holder.http.address}/v1/health", trust_env=False, timeout=60).json()["status"]
    return status


@pytest.fixture
def cut_off(net: Network, request: pytest.FixtureRequest) -> Iterator[Network]:
    """The network, in which the line of OP01 is mended in the end and everything is settled."""
    try:
        yield net
    finally:
        net.lines["OP01"].mend()
        last = Holder(net.operators["OP01"], f"the last one of {request.node.name}")
        until(lambda: health(last) == "pass")


def payee_with_upload(net: Network, name: str) -> tuple[Holder, bytes]:
    payer, payee = (Holder(net.operators["OP01"], f"{who} of {name}") for who in ("payer", "payee"))
    payer.load((400,))
    paid(payer.wallet, payee, 400)
    return payee, payee.upload()


@pytest.mark.parametrize("heard", [False, True], ids=["never heard", "answer lost"])
def test_f41_an_upload_is_kept_and_final_once_the_line_is_mended(cut_off: Network, heard: bool) -> None:
    payee, upload = payee_with_upload(cut_off, f"{heard}")
    cut_off.lines["OP01"].cut(heard=heard)
    for _ in range(2):
        answer = post(payee, "/v1/reconciliations", upload, CBOR)
        assert (answer.status_code, answer.json()["code"]) == (503, "queued")
        assert int(answer.headers["Retry-After"]) > 0
        assert "not final" in answer.json()["detail"]
    assert health(payee) == "warn"
    with cut_off.issuer_store() as store:
        assert (store.answer("OP01", sha256(upload)) is not None) == heard
    cut_off.lines["OP01"].mend()
    final = payee.http.reconcile(upload)
    assert payee.acknowledged(final).credited_fen == 400
    assert payee.http.reconcile(upload) == final


def test_f52_what_is_received_during_a_cut_is_handed_in_during_it(cut_off: Network) -> None:
    """A second upload need not wait for the first one's answer; the operator dates each when it comes."""
    payee, first = payee_with_upload(cut_off, "twice paid")
    payer = Holder(cut_off.operators["OP01"], "the second payer")
    payer.load((300,))
    cut_off.lines["OP01"].cut()
    uploads = [first]
    for upload in uploads:
        with pytest.raises(StoreError) as queued:
            payee.http.reconcile(upload)
        assert queued.value.code == "queued"
        if payer.wallet.purse.balance_fen:
            paid(payer.wallet, payee, 300)
            uploads.append(payee.wallet.hand_in(now_s=clock()) or b"")
    assert payee.wallet.unanswered == tuple(uploads)
    cut_off.lines["OP01"].mend()
    answers = [payee.acknowledged(payee.http.reconcile(upload)) for upload in reversed(uploads)]
    assert [answer.credited_fen for answer in answers] == [300, 400]
    assert answers[0].received_at_s >= answers[1].received_at_s
    assert payee.wallet.unanswered == ()


def test_f12_one_answer_that_was_lost_is_asked_for_again_at_once(cut_off: Network) -> None:
    payee, upload = payee_with_upload(cut_off, "one answer")
    cut_off.lines["OP01"].lose_one_answer()
    assert payee.acknowledged(payee.http.reconcile(upload)).credited_fen == 400


def test_f41_what_nobody_asks_for_again_is_settled_as_well(cut_off: Network) -> None:
    payees = [payee_with_upload(cut_off, f"backlog {n}") for n in range(3)]
    cut_off.lines["OP01"].cut()
    for payee, upload in payees:
        with pytest.raises(StoreError) as queued:
            payee.http.reconcile(upload)
        assert queued.value.code == "queued"
    cut_off.lines["OP01"].mend()
    until(lambda: health(payees[0][0]) == "pass")
    cut_off.lines["OP01"].cut()
    for payee, upload in payees:
        # It was settled meanwhile: the answer is there, without the issuer.
        assert payee.acknowledged(payee.http.reconcile(upload)).credited_fen == 400


def test_f41_an_operator_that_is_killed_while_it_is_cut_off_forgets_nothing(cut_off: Network) -> None:
    payee, upload = payee_with_upload(cut_off, "killed")
    key_set, listed = payee.http.key_set(), payee.http.revocation_list()
    cut_off.lines["OP01"].cut()
    with pytest.raises(StoreError):
        payee.http.reconcile(upload)
    cut_off.operators["OP01"].kill()
    cut_off.start("OP01")
    payee.http = HttpOperator(cut_off.operators["OP01"].address)
    # It serves without the issuer what it has kept.
    assert payee.http.key_set() == key_set
    assert payee.http.revocation_list() == listed
    with pytest.raises(StoreError) as queued:
        payee.http.reconcile(upload)
    assert queued.value.code == "queued"
    cut_off.lines["OP01"].mend()
    until(lambda: health(payee) == "pass")
    assert payee.acknowledged(payee.http.reconcile(upload)).credited_fen == 400


def test_f41_loads_are_refused_for_now_and_change_nothing(cut_off: Network) -> None:
    ann = Holder(cut_off.operators["OP01"], "orders")
    order = ann.order((300,))
    cut_off.lines["OP01"].cut()
    before = cut_off.dump()
    answer = post(ann, "/v1/loads", order, COSE_SIGN1)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert cut_off.dump() == before
    assert health(ann) == "pass"
    cut_off.lines["OP01"].mend()
    # The money is still there for another order, and was not taken by the first one.
    assert Load.parse(ann.http.load(ann.wallet.order_load((300,), now_s=clock()))).values_fen == (300,)
    with pytest.raises(Refused) as refused:
        ann.http.load(order)
    assert refused.value.code == "insufficient-funds"


def test_f41_another_operator_goes_on_and_a_fork_is_found_when_the_line_is_mended(cut_off: Network) -> None:
    ann = Holder(cut_off.operators["OP01"], "forger")
    near, far = Holder(cut_off.operators["OP01"], "near"), Holder(cut_off.operators["OP02"], "far")
    ann.load((900,))
    copy = ann.copy()
    paid(ann.wallet, near, 900)
    paid(copy, far, 900)
    cut_off.lines["OP01"].cut()
    upload = near.upload()
    with pytest.raises(StoreError):
        near.http.reconcile(upload)
    answer = far.hand_in()
    assert (answer.credited_fen, Outcome.FORKED in answer.outcomes) == (900, False)
    cut_off.lines["OP01"].mend()
    answer = near.acknowledged(near.http.reconcile(upload))
    assert (answer.credited_fen, Outcome.FORKED in answer.outcomes) == (900, True)
    with cut_off.issuer_store() as store:
        assert ann.wallet.key.public in store.culprits()


def hand_in_until_final(holder: Holder, upload: bytes) -> bytes:
    """Ask again and again, as a wallet does; every answer before the last says that it is not final."""
    answers: list[bytes] = []

    def is_final() -> bool:
        try:
            answers.append(holder.http.reconcile(upload))
        except StoreError as error:
            if error.code not in ("queued", "unavailable"):
                raise
        return bool(answers)

    until(is_final)
    return answers[0]


@pytest.mark.heavy
def test_f41_f11_the_issuer_is_killed_while_uploads_come_in(tmp_path: Path) -> None:
    with network(tmp_path) as net:
        payer = Holder(net.operators["OP01"], "payer")
        holders = [Holder(net.operators[name], f"{name}/{n}") for n in range(10) for name in net.names]
        amounts_fen = range(100, 100 + len(holders))
        payer.load(tuple(amounts_fen))
        for amount_fen, holder in zip(amounts_fen, holders, strict=True):
            paid(payer.wallet, holder, amount_fen)
        uploads = [holder.upload() for holder in holders]
        finals: list[bytes] = []

        def hand_in(holder: Holder, upload: bytes) -> bytes:
            finals.append(final := hand_in_until_final(holder, upload))
            return final

        # Four at a time, so that there is always something under way, and more to come.
        with ThreadPoolExecutor(4) as pool:
            answers = pool.map(hand_in, holders, uploads)
            for enough in (2, 8):
                until(lambda enough=enough: len(finals) >= enough)  # type: ignore[misc]
                net.issuer.kill()
                net.start(issuer=True)
            for amount_fen, holder, answer in zip(amounts_fen, holders, answers, strict=True):
                assert holder.acknowledged(answer).credited_fen == amount_fen
        for holder, upload in zip(holders, uploads, strict=True):
            assert holder.http.reconcile(upload) in finals
        with net.books() as issuer:
            assert not issuer.store.culprits()
        for amount_fen, holder in zip(amounts_fen, holders, strict=True):
            assert net.deposit_fen(holder.name, holder.wallet.key.public) == amount_fen


def test_f42_a_database_of_the_issuer_that_is_locked_is_waited_for(cut_off: Network) -> None:
    payee, upload = payee_with_upload(cut_off, "locked")
    with closing(sqlite3.connect(cut_off.issuer_directory / DATABASE_FILE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError) as queued:
            payee.http.reconcile(upload)
        assert queued.value.code == "queued"
        other.execute("ROLLBACK")
    assert payee.acknowledged(payee.http.reconcile(upload)).credited_fen == 400
