"""The table of an epoch's states: every move in it, no other, kept in the database over restarts."""

import re
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli.errors import Refused
from shuangli.issuer.epochs.states import MOVES, PAST, EpochEvent, EpochState, next_state
from shuangli.issuer.issuer import Issuer
from shuangli.issuer.minting import MintingKey
from tests.epochs.lives import CUSTOMER, raise_alarm, state_of
from tests.setting import NOW, STAGED
from tests.world import World

PAGE = (Path(__file__).resolve().parents[2] / "docs/explanation/epochs.md").read_text(encoding="utf-8")
S, E = EpochState, EpochEvent


@pytest.mark.parametrize(("state", "event"), list(product(EpochState, EpochEvent)))
def test_only_what_stands_in_the_table_is_a_move(state: EpochState, event: EpochEvent) -> None:
    if (state, event) in MOVES:
        assert next_state(state, event) is MOVES[state, event]
    else:
        with pytest.raises(Refused) as refused:
            next_state(state, event)
        assert refused.value.code == "epoch"


@given(st.lists(st.sampled_from(EpochEvent), max_size=12))
def test_whatever_happens_an_epoch_never_mints_again_and_an_archived_one_stays(
    events: list[EpochEvent],
) -> None:
    state, seen = S.OPEN, [S.OPEN]
    for event in events:
        if (state, event) in MOVES:
            state = next_state(state, event)
            seen.append(state)
    first_closed = next((at for at, state in enumerate(seen) if not state.mints), len(seen))
    assert not any(state.mints for state in seen[first_closed:])
    assert S.ARCHIVED not in seen or seen.index(S.ARCHIVED) == len(seen) - 1
    assert all(seen[at - 1] in PAST for at, state in enumerate(seen) if state is S.ARCHIVED)


def test_what_is_stopped_is_on_the_list_and_what_is_over_is_not() -> None:
    assert {state for state in EpochState if state.revoked} == {S.STOPPED, S.SUSPENDED}
    assert {state for state in EpochState if state.mints} == {S.OPEN}
    assert {state for state in EpochState if state.settles} == {S.OPEN, S.MINTING_CLOSED, S.STOPPED}


def test_the_page_says_what_the_table_says() -> None:
    said = {
        (before, event, after)
        for befores, event, after in re.findall(r"\n\| (`[^|]+`) \| ([a-z ]+) \| `([a-z-]+)` \|", PAGE)
        for before in re.findall(r"`([a-z-]+)`", befores)
    }
    assert said == {(state.value, event.value, after.value) for (state, event), after in MOVES.items()}
    for state in EpochState:
        handed_in = "settled" if state.settles else "late" if state in PAST else "waits"
        mints, revoked = ("yes" if yes else "no" for yes in (state.mints, state.revoked))
        assert f"| `{state.value}` | {mints} | {handed_in} | {revoked} |" in PAGE


def test_an_illegal_move_changes_nothing(world: World) -> None:
    with pytest.raises(Refused), world.issuer.transaction():
        world.issuer.epochs.close(1, now_s=NOW)
    with pytest.raises(Refused), world.issuer.transaction():
        world.issuer.epochs.release(1, now_s=NOW, why="looked")
    assert state_of(world) is S.OPEN
    with pytest.raises(Refused):
        world.issuer.store.epochs.get(7)


def test_a_stopped_epoch_mints_nothing_after_a_restart_either(world: World) -> None:
    raise_alarm(world)
    again = Issuer(
        store=world.issuer.store,
        minting=MintingKey(epoch=world.epoch, key=world.keys["minting"]),
        centre_key=world.keys["centre"],
        trust=world.trust(),
        policy=world.issuer.return_desk._policy,
    )
    assert state_of(world) is S.STOPPED
    order = world.wallet().order_load([1], now_s=NOW)
    with pytest.raises(Refused) as refused, again.transaction():
        again.mint(order, operator="OP01", customer=CUSTOMER, now_s=NOW)
    assert refused.value.code == "epoch"


def test_a_number_belongs_to_one_certificate(world: World) -> None:
    key = world.key("another")
    epoch = world.authority.open_epoch(1, key.public, STAGED, not_before_s=NOW, expires_at_s=NOW + 1)
    with pytest.raises(Refused) as refused, world.issuer.transaction():
        world.issuer.open_epoch(MintingKey(epoch=epoch, key=key), now_s=NOW)
    assert refused.value.code == "epoch"


def test_f54_the_newest_open_epoch_mints_and_the_one_before_no_longer(world: World) -> None:
    world.wallet([5])
    world.change_terms(STAGED)
    assert state_of(world, 1) is S.MINTING_CLOSED
    world.wallet([7])
    loaded = {row["epoch"]: row["loaded_fen"] for row in world.issuer.store.supply()}
    assert loaded == {1: 5, 2: 7}
    world.check_books()
