"""The operator's desk and its line to the issuer, cut at any call: what is handed in is settled once."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shuangli.errors import Refused, StoreError
from shuangli.messages.notices import Acknowledgement
from shuangli.operator import store as operator_store
from shuangli.operator.store import Pending
from shuangli.wallet.wallet import Wallet
from tests.service.desks import CUTS, Desks, State
from tests.service.wallets import payee_with_upload
from tests.setting import DAY_S, NAMES
from tests.world import World


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


def test_f13_threads_that_hand_in_at_once_share_requests_and_get_their_own_answers(
    world: World, desks: Desks
) -> None:
    uploads = [payee_with_upload(world, 100 + n)[1] for n in range(8)]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(desks.at["OP01"].reconcile, uploads * 2))
    assert answers[:8] == answers[8:]
    assert [Acknowledgement.parse(answer).credited_fen for answer in answers[:8]] == [*range(100, 108)]
    world.check_books()


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
