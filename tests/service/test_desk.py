"""The operator's desk and its line to the issuer, cut at any call: in the end all is settled once."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shuangli.errors import Malformed, Refused, ShuangliError, StoreError
from shuangli.issuer.centre import Settled, Upload
from shuangli.messages.certificates import WalletCertificate
from shuangli.messages.loads import Load, LoadOrder
from shuangli.messages.notices import Acknowledgement, RevocationList
from shuangli.operator import store as operator_store
from shuangli.operator.store import Pending
from shuangli.wallet.wallet import Wallet
from tests.service.desks import Desks, State
from tests.service.network import submission
from tests.world import DAY_S, NAMES, NOW, STAGED, World, pay

CUTS = [State.CUT, State.ANSWERS_LOST]


@pytest.fixture
def desks(world: World) -> Desks:
    return Desks(world)


def payee_with_upload(world: World, amount_fen: int = 400, *, name: str = "") -> tuple[Wallet, bytes]:
    """A payee that has been paid, and what it hands in."""
    payer, payee = world.wallet((amount_fen,)), world.wallet(name=name)
    pay(payer, payee, amount_fen)
    upload = payee.hand_in(now_s=NOW)
    assert upload is not None
    return payee, upload


def wallet_of(world: World) -> Wallet:
    """A wallet whose key OP01 has not opened."""
    return world.wallet(operator="OP02")


def order_for(world: World, wallet: Wallet, amount_fen: int, *, deposit_fen: int) -> bytes:
    """An order, and a deposit to pay for it."""
    with world.banks["OP01"].store.transaction():
        if deposit_fen:
            world.banks["OP01"].deposit(wallet.key.public, deposit_fen, now_s=NOW)
    return wallet.order_load((amount_fen,), now_s=NOW)


@pytest.mark.parametrize("state", CUTS)
def test_f41_an_upload_stays_and_is_acknowledged_once_it_is_final(
    world: World, desks: Desks, state: State
) -> None:
    payee, upload = payee_with_upload(world)
    desk, bank = desks.at["OP01"], world.banks["OP01"]
    desks.cut(state)
    for _ in range(2):
        with pytest.raises(StoreError) as queued:
            desk.reconcile(upload)
        assert queued.value.code == "queued"
        assert [each.data for each in bank.pending()] == [upload]
        assert desk.has_backlog()
        assert world.deposit_fen(payee) == 0
    desks.mend()
    answer = desk.reconcile(upload)
    assert Acknowledgement.parse(answer).credited_fen == 400
    assert desk.reconcile(upload) == answer
    assert not desk.has_backlog()
    assert world.deposit_fen(payee) == 400
    world.check_books()


def test_f41_a_backlog_is_passed_on_in_one_request(world: World, desks: Desks) -> None:
    uploads = [payee_with_upload(world, 100 + n)[1] for n in range(5)]
    desk, line = desks.at["OP01"], desks.lines["OP01"]
    desks.cut(State.CUT)
    for upload in uploads:
        with pytest.raises(StoreError):
            desk.reconcile(upload)
    with pytest.raises(StoreError):
        desk.catch_up()
    desks.mend()
    line.asked.clear()
    assert desk.catch_up() == 5
    assert line.asked.count("settle_all") == 1
    line.asked.clear()
    for upload in uploads:
        assert Acknowledgement.parse(desk.reconcile(upload)).outcomes
    assert "settle_all" not in line.asked
    world.check_books()


def test_f41_an_upload_is_dated_by_when_it_was_received(world: World, desks: Desks) -> None:
    """It is on time if it was handed in on time, however long the line is cut."""
    _, upload = payee_with_upload(world)
    desks.cut(State.CUT)
    with pytest.raises(StoreError):
        desks.at["OP01"].reconcile(upload)
    desks.now_s += STAGED.claim_window_s + STAGED.grace_s + DAY_S
    desks.mend()
    answer = Acknowledgement.parse(desks.at["OP01"].reconcile(upload))
    assert (answer.received_at_s, answer.credited_fen) == (NOW, 400)


def test_f41_a_watermark_ends_before_what_waits(world: World, desks: Desks) -> None:
    _, upload = payee_with_upload(world)
    desks.cut(State.CUT)
    with pytest.raises(StoreError):
        desks.at["OP01"].reconcile(upload)
    desks.now_s += DAY_S
    desks.cut(State.CUT, only="settle_all")
    desks.at["OP01"].take_returns()
    assert world.issuer.store.returns.watermarks()["OP01"] == NOW - 1
    desks.mend()
    desks.at["OP01"].catch_up()
    desks.at["OP01"].take_returns()
    assert world.issuer.store.returns.watermarks()["OP01"] == desks.now_s - 1


def test_what_was_never_taken_in_is_not_kept(world: World, desks: Desks) -> None:
    with pytest.raises(Malformed):
        desks.at["OP01"].reconcile(b"\x80")
    assert not desks.at["OP01"].has_backlog()


def test_an_upload_that_the_centre_cannot_settle_keeps_no_other_one(
    world: World, desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    (_, bad), (payee, good) = payee_with_upload(world, 400), payee_with_upload(world, 300)
    settle = world.issuer.centre.settle

    def failing(batch: Sequence[Upload], **more: Any) -> Sequence[Settled | ShuangliError]:
        if any(each.submission.upload == bad for each in batch):
            raise StoreError("corrupt", "in this test")
        return settle(batch, **more)

    monkeypatch.setattr(world.issuer.centre, "settle", failing)
    desks.cut(State.CUT)
    for upload in (bad, good):
        with pytest.raises(StoreError):
            desks.at["OP01"].reconcile(upload)
    desks.mend()
    assert desks.at["OP01"].catch_up() == 1
    assert world.deposit_fen(payee) == 300
    assert [each.data for each in world.banks["OP01"].pending()] == [bad]
    with pytest.raises(StoreError) as error:
        desks.at["OP01"].reconcile(bad)
    assert error.value.code == "corrupt"


def test_f42_an_upload_for_which_the_issuer_has_no_room_now_stays(
    world: World, desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    payee, upload = payee_with_upload(world)
    with monkeypatch.context() as broken:
        broken.setattr(desks.issuer, "settle_all", lambda batch: [StoreError("unavailable")] * len(batch))
        with pytest.raises(StoreError) as queued:
            desks.at["OP01"].reconcile(upload)
        assert queued.value.code == "queued"
    assert desks.at["OP01"].catch_up() == 1
    assert world.deposit_fen(payee) == 400


@pytest.mark.parametrize("where", ["bank", "issuer"])
def test_f42_a_database_that_is_gone_in_the_middle(
    world: World, desks: Desks, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The upload has been stored; then the issuer cannot book it, or the bank what the issuer has said."""
    payee, upload = payee_with_upload(world)

    place, name = (
        (world.banks["OP01"].store, "acknowledge") if where == "bank" else (world.issuer.centre, "settle")
    )
    call = getattr(place, name)

    def gone(*values: object, **more: object) -> None:
        call(*values, **more)
        raise StoreError("unavailable", "disk full")

    with monkeypatch.context() as broken:
        broken.setattr(place, name, gone)
        with pytest.raises(StoreError) as queued:
            desks.at["OP01"].reconcile(upload)
        assert queued.value.code == "queued"
        assert world.deposit_fen(payee) == 0
    assert Acknowledgement.parse(desks.at["OP01"].reconcile(upload)).credited_fen == 400
    assert world.deposit_fen(payee) == 400
    world.check_books()


def test_what_an_operator_received_in_the_future_is_refused(world: World, desks: Desks) -> None:
    _, upload = payee_with_upload(world)
    late, fine = desks.issuer.settle_all(
        [
            submission("OP01", upload, received_s=NOW + 301),
            submission("OP01", upload, received_s=NOW + 300),
        ]
    )
    assert isinstance(late, Refused)
    assert late.code == "clock"
    assert isinstance(fine, Settled)


@pytest.mark.parametrize("ahead_s", [DAY_S, 400 * DAY_S])
def test_f21_an_operator_goes_on_once_a_clock_that_ran_ahead_is_right(
    world: World, desks: Desks, ahead_s: int
) -> None:
    """What it has said and received at a time that never was binds nobody."""
    (payee, upload), desk = payee_with_upload(world), desks.at["OP01"]
    bank_s = NOW + ahead_s
    desk.now_s = lambda: bank_s
    take_watermark = desks.issuer.take_watermark
    # The issuer goes by its own clock.
    desks.issuer.take_watermark = lambda data, **_: take_watermark(data, now_s=desks.now_s)  # type: ignore[method-assign]
    for act in (desk.take_returns, lambda: desk.reconcile(upload)):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.code == "clock"
    bank_s = desks.now_s = NOW + 10
    desk.take_returns()
    assert world.issuer.store.returns.watermarks()["OP01"] < bank_s
    for _ in range(2):
        desk.catch_up()
    assert world.deposit_fen(payee) == 400
    assert Acknowledgement.parse(desk.reconcile(upload)).received_at_s == bank_s
    bank_s = desks.now_s = NOW + 700
    desk.take_returns()
    assert world.issuer.store.returns.watermarks()["OP01"] == bank_s - 1


def test_an_answer_that_is_final_is_given_also_by_an_operator_that_the_issuer_refuses(
    world: World, desks: Desks
) -> None:
    _, upload = payee_with_upload(world)
    desk = desks.at["OP01"]
    answer = desk.reconcile(upload)
    desks.now_s += DAY_S

    def refuse(data: bytes, *, now_s: int) -> None:
        raise Refused("not-admitted", f"{len(data)} bytes at {now_s}")

    desks.issuer.take_watermark = refuse  # type: ignore[method-assign]
    assert desk.reconcile(upload) == answer


# --- loads ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("only", ["revocation_list", "mint", ""])
def test_f41_a_load_that_nobody_has_heard_of_changes_nothing(world: World, desks: Desks, only: str) -> None:
    wallet = world.wallet()
    order = order_for(world, wallet, 300, deposit_fen=300)
    desks.cut(State.CUT, only=only)
    with pytest.raises(StoreError) as down:
        desks.at["OP01"].load(order)
    assert down.value.code == "unavailable"
    assert not desks.at["OP01"].has_backlog()
    desks.mend()
    other = order_for(world, wallet, 300, deposit_fen=0)
    assert Load.parse(desks.at["OP01"].load(other)).values_fen == (300,)
    with pytest.raises(Refused, match="300 fen short"):
        desks.at["OP01"].load(order)
    world.check_books()


@pytest.mark.parametrize("by", ["the wallet", "the operator"])
def test_f41_f12_a_load_whose_answer_was_lost_counts_until_it_is_known(
    world: World, desks: Desks, by: str
) -> None:
    wallet, desk = world.wallet(), desks.at["OP01"]
    order = order_for(world, wallet, 300, deposit_fen=300)
    desks.cut(State.ANSWERS_LOST, only="mint")
    for _ in range(2):
        with pytest.raises(StoreError):
            desk.load(order)
    assert desk.has_backlog()
    # It was minted: its money is not there for another one.
    other = order_for(world, wallet, 300, deposit_fen=0)
    with pytest.raises(Refused, match="300 fen short"):
        desk.load(other)
    desks.mend()
    if by == "the operator":
        desk.catch_up()
        assert not desk.has_backlog()
    assert Load.parse(desk.load(order)).values_fen == (300,)
    assert world.deposit_fen(wallet) == 0
    assert world.supply().loaded_fen == 300
    world.check_books()


def test_an_order_that_the_issuer_refuses_is_not_under_way(
    world: World, desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    wallet, desk = world.wallet(), desks.at["OP01"]
    order = order_for(world, wallet, 300, deposit_fen=300)

    def empty(*_: object, **__: object) -> bytes:
        raise Refused("vault-empty")

    with monkeypatch.context() as broken:
        broken.setattr(world.issuer, "mint", empty)
        with pytest.raises(Refused) as refused:
            desk.load(order)
        assert refused.value.code == "vault-empty"
        # Its answer is lost first, and it is refused when the operator asks again by itself.
        desks.cut(State.ANSWERS_LOST, only="mint")
        broken.setattr(world.issuer, "mint", lambda *_, **__: b"")
        with pytest.raises(StoreError):
            desk.load(order)
        assert desk.has_backlog()
        desks.mend()
        broken.setattr(world.issuer, "mint", empty)
        desk.catch_up()
    assert not desk.has_backlog()
    other = order_for(world, wallet, 300, deposit_fen=0)
    assert Load.parse(desk.load(other)).values_fen == (300,)


def test_f12_a_known_load_is_given_without_the_issuer(world: World, desks: Desks) -> None:
    wallet = world.wallet()
    order = order_for(world, wallet, 300, deposit_fen=300)
    load = desks.at["OP01"].load(order)
    desks.cut(State.CUT)
    assert desks.at["OP01"].load(order) == load


def test_a_wallet_that_was_revoked_elsewhere_gets_no_load(world: World, desks: Desks) -> None:
    ann, near, far = world.wallet((500,)), world.wallet(), world.wallet(operator="OP02")
    copy = world.clone(ann)
    for payer, payee in ((ann, near), (copy, far)):
        pay(payer, payee, 500)
    for payee, name in ((near, "OP01"), (far, "OP02")):
        upload = payee.hand_in(now_s=NOW)
        assert upload is not None
        desks.at[name].reconcile(upload)
    order = order_for(world, ann, 300, deposit_fen=300)
    # As long as it is not known who is revoked, nothing is minted; and then it is.
    desks.cut(State.CUT, only="revocation_list")
    with pytest.raises(StoreError):
        desks.at["OP01"].load(order)
    desks.mend()
    with pytest.raises(Refused) as refused:
        desks.at["OP01"].load(order)
    assert refused.value.code == "frozen"
    assert world.supply().loaded_fen == 500


# --- what the issuer publishes ----------------------------------------------------------------------


def test_f41_the_last_key_set_and_list_stand_for_the_newest(world: World, desks: Desks) -> None:
    desk = desks.at["OP01"]
    desks.cut(State.CUT)
    assert desk.key_set() == desks.key_set
    first = desk.revocation_list()
    assert RevocationList.parse(first).number == 0
    desks.mend()
    newer = desk.revocation_list()
    assert RevocationList.parse(newer).number == 1
    desks.cut(State.CUT)
    assert desk.revocation_list() == newer


def test_a_newer_key_set_is_trusted_and_an_older_one_is_not_taken(
    world: World, desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, older = desks.at["OP01"], desks.key_set
    another = world.authority.certify_operator(
        "OP03", world.key("OP03").public, not_before_s=NOW - DAY_S, expires_at_s=NOW + DAY_S
    )
    newer = world.authority.sign_key_set(
        2,
        issued_at_s=NOW,
        operators=[*world.operators, another],
        centres=[world.centre],
        epochs=world.epochs,
    ).signed.data
    desks.key_set = newer
    assert desk.key_set() == newer
    assert another in world.banks["OP01"].trust.operators
    desks.key_set = older
    assert desks.issuer.key_set() == newer
    monkeypatch.setattr(desks.issuer, "key_set", lambda: older)
    assert desk.key_set() == newer


def test_a_key_set_of_another_root_is_not_taken(world: World, desks: Desks, tmp_path: Path) -> None:
    known = desks.key_set
    (tmp_path / "other").mkdir()
    other = World(tmp_path / "other", seed=2, fresh=False)
    desks.key_set = other.authority.sign_key_set(
        9, issued_at_s=NOW, operators=other.operators, centres=[other.centre], epochs=other.epochs
    ).signed.data
    other.close()
    with pytest.raises(ShuangliError):
        desks.issuer.key_set()
    assert desks.at["OP01"].key_set() == known


# --- any order --------------------------------------------------------------------------------------

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("hand in"), st.sampled_from(NAMES), st.integers(0, 5)),
        st.tuples(st.just("cut"), st.sampled_from(NAMES), st.sampled_from(State)),
        st.tuples(st.just("catch up"), st.sampled_from(NAMES), st.none()),
    ),
    max_size=30,
)


@pytest.fixture(scope="module")
def prepared() -> Iterator[tuple[World, list[tuple[Wallet, bytes]]]]:
    """A world in which six payees have been paid and have handed nothing in; not to be changed."""
    with TemporaryDirectory() as directory:
        world = World(Path(directory))
        payees = [payee_with_upload(world, 100 + n) for n in range(6)]
        world.close()
        yield world, payees


@settings(max_examples=25)
@given(steps=STEPS)
def test_f41_f15_whatever_is_cut_all_is_settled_once(
    prepared: tuple[World, list[tuple[Wallet, bytes]]],
    steps: list[tuple[str, str, object]],
) -> None:
    original, payees = prepared
    with TemporaryDirectory() as directory:
        world = original.copy(Path(directory) / "world")
        try:
            play(world, payees, steps)
        finally:
            world.close()


def play(world: World, payees: list[tuple[Wallet, bytes]], steps: list[tuple[str, str, object]]) -> None:
    desks, answers = Desks(world), dict[bytes, bytes]()

    def hand_in(upload: bytes) -> None:
        answer = desks.at["OP01"].reconcile(upload)
        assert answers.setdefault(upload, answer) == answer

    for what, name, how in steps:
        try:
            if what == "cut":
                assert isinstance(how, State)
                desks.cut(how, operator=name)
            elif what == "catch up":
                desks.at[name].catch_up()
            else:
                assert isinstance(how, int)
                hand_in(payees[how][1])
        except StoreError as error:
            if error.code not in ("queued", "unavailable"):
                raise
            assert desks.lines[name if what == "catch up" else "OP01"].state is not State.UP
    desks.mend()
    desks.at["OP01"].catch_up()
    assert not desks.at["OP01"].has_backlog()
    for _, upload in payees:
        hand_in(upload)
    for n, (payee, _) in enumerate(payees):
        assert world.deposit_fen(payee) == 100 + n
    assert not world.issuer.store.culprits()
    world.check_books()


@pytest.mark.parametrize("state", CUTS)
def test_f30_a_certificate_is_reported_once_it_is_signed_or_when_the_line_is_mended(
    world: World, desks: Desks, state: State
) -> None:
    desk, wallet = desks.at["OP01"], world.wallet()
    known = world.issuer.centre.operator_keys
    desk.report_certificates()
    assert known.is_logged(wallet.certificate)
    desks.cut(state, only="log_certificates")
    cut_off = WalletCertificate.parse(desk.open_wallet(world.enrolment(wallet_of(world), now_s=NOW)))
    assert desk.has_unreported()
    with pytest.raises(StoreError):
        desk.catch_up()
    assert known.is_logged(cut_off) == (state is State.ANSWERS_LOST)
    desks.mend()
    desk.catch_up()
    assert known.is_logged(cut_off)
    assert not desk.has_unreported()
    opened = WalletCertificate.parse(desk.open_wallet(world.enrolment(wallet_of(world), now_s=NOW)))
    assert known.is_logged(opened), "it is reported as it is signed"
    desks.lines["OP01"].asked.clear()
    desk.report_certificates()
    assert not desks.lines["OP01"].asked


def test_f13_threads_that_hand_in_at_once_share_requests_and_get_their_own_answers(
    world: World, desks: Desks
) -> None:
    uploads = [payee_with_upload(world, 100 + n)[1] for n in range(8)]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(desks.at["OP01"].reconcile, uploads * 2))
    assert answers[:8] == answers[8:]
    assert [Acknowledgement.parse(answer).credited_fen for answer in answers[:8]] == [*range(100, 108)]
    world.check_books()


@pytest.mark.parametrize("state", CUTS)
def test_f11_an_order_under_way_is_known_after_the_operator_was_killed(
    world: World, desks: Desks, state: State
) -> None:
    """What the issuer was asked for is written down first: it counts, and is asked for again."""
    wallet, bank = world.wallet(name="orders"), world.banks["OP01"]
    order = order_for(world, wallet, 400, deposit_fen=500)
    desks.cut(state, only="mint")
    line = desks.lines["OP01"]
    if state is State.CUT:
        # It is not certain that the issuer has not heard.
        line.state, line.lost = State.UP, "mint"
    with pytest.raises(StoreError):
        desks.at["OP01"].load(order)
    assert desks.at["OP01"].has_backlog()
    again = world.opened_again()
    restarted = Desks(again)
    try:
        assert restarted.at["OP01"].has_backlog()
        another = wallet.order_load((200,), now_s=NOW)
        with pytest.raises(Refused) as short:
            restarted.at["OP01"].load(another)
        assert short.value.code == "insufficient-funds"
        restarted.at["OP01"].catch_up()
        assert not restarted.at["OP01"].has_backlog()
        assert again.banks["OP01"].store.load_of(LoadOrder.parse(order).signed.id) is not None
        again.check_books()
    finally:
        again.close()
    assert bank.store.ledger.balance_fen(bank.wallet(wallet.key.public).account) == -100


def test_f12_an_order_whose_answer_was_lost_stays_under_way_when_it_is_not_heard_again(
    world: World, desks: Desks
) -> None:
    wallet = world.wallet(name="orders")
    order = order_for(world, wallet, 400, deposit_fen=500)
    for state in (State.ANSWERS_LOST, State.CUT):
        desks.cut(state, only="mint")
        with pytest.raises(StoreError):
            desks.at["OP01"].load(order)
    with pytest.raises(Refused) as short:
        desks.at["OP01"].load(wallet.order_load((200,), now_s=NOW))
    assert short.value.code == "insufficient-funds", "it may have been minted"
    desks.mend()
    assert Load.parse(desks.at["OP01"].load(order)).values_fen == (400,)
    world.check_books()


def test_f41_a_long_backlog_is_read_and_passed_on_in_parts(
    world: World, desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    desks.cut(State.CUT)
    payees = [payee_with_upload(world, name=f"payee {number}") for number in range(5)]
    for _, upload in payees:
        with pytest.raises(StoreError):
            desks.at["OP01"].reconcile(upload)
    bank = world.banks["OP01"]
    whole = [each.data for each in bank.pending()]
    assert whole == [upload for _, upload in payees]
    # Room for two of them, but not for three.
    monkeypatch.setattr(operator_store, "MAX_PENDING_BYTES", 2 * max(map(len, whole)) + 1)
    assert len(bank.pending()) == 2
    assert len(bank.pending(most=1)) == 1
    read: list[int] = []
    pending = bank.store.pending

    def counted(**page: int) -> Sequence[Pending]:
        found = pending(**page)
        read.append(len(found))
        return found

    monkeypatch.setattr(bank.store, "pending", counted)
    desks.mend()
    assert desks.at["OP01"].catch_up() == 5
    assert read == [2, 2, 1, 0]
    assert [world.deposit_fen(payee) for payee, _ in payees] == [400] * 5
