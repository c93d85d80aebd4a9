"""The same seed is the same world, whatever the policy: who lives where, who sets out when, for how much."""

from collections.abc import Collection
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli.sims.adversaries.attack import Kind
from shuangli.sims.catalogue import CONFIGS, make_scenario
from shuangli.sims.chance import dealt_copies, poisson, rows, uniforms
from shuangli.sims.common import Common
from shuangli.sims.device import Device
from shuangli.sims.make import Make, Surroundings
from shuangli.sims.plan import NOBODY
from shuangli.sims.scenario import Scenario
from shuangli.sims.settings import Concern, Value, settings_of
from shuangli.sims.system import Anchors, derive_key

SMALL: dict[str, dict[str, Value]] = {
    "transit": {"trips": 400, "clone.share": 0.1},
    "payroll": {"workers": 80, "employers": 4, "shops": 5, "days": 3, "payday": 2, "clone.share": 0.1},
    **{
        name: {"people": 48, "days": 3, "clone.share": 0.1}
        for name in ("subsidy", "prepaid", "parking", "split", "tax", "border")
    },
    "rent": {"people": 48, "clone.share": 0.1},
}


def plan(scenario: str, **changes: Value) -> Scenario:
    changed = {name.replace("__", "."): value for name, value in changes.items()}
    return make_scenario(scenario, {**SMALL[scenario], **changed}, seed=1, demand=None, network=None)


def another(scenario: str, name: str) -> list[Value]:
    """Other values of a setting: both ends of its range, or the other choices."""
    setting = settings_of(CONFIGS[scenario])[name]
    if setting.choices:
        return [choice for choice in setting.choices if choice != setting.default]
    assert setting.low is not None
    assert setting.high is not None
    return [type(setting.default)(end) for end in (setting.low, setting.high)]


def of_concern(concern: Concern) -> list[Any]:
    """Settings of all scenarios; those that all have in common once, since scenarios know nothing of them."""
    return [
        pytest.param(scenario, name, id=f"{scenario}-{name}")
        for scenario, config in CONFIGS.items()
        for name, setting in settings_of(config).items()
        if setting.concern is concern and (scenario == "transit" or name not in settings_of(Common))
    ]


@cache
def unchanged(scenario: str) -> Scenario:
    return plan(scenario)


def assert_same_people(one: Scenario, other: Scenario, *, devices: Collection[str] = ()) -> None:
    """Trips, homes, fares, wages and payments are the same, to the second and the fen."""
    assert one.facts == other.facts
    if one.trips is not None and other.trips is not None:
        for name in ("entry_s", "exit_s", "origin", "destination", "fare_fen", "wallet"):
            assert np.array_equal(getattr(one.trips, name), getattr(other.trips, name)), name
    for mine, theirs in zip(one.plans, other.plans, strict=True):
        for part, names in (
            ("meetings", ("at_s", "payer", "payee", "amount_fen", "tag")),
            ("wages", ("at_s", "employer", "worker", "amount_fen")),
            ("devices", ("role", "opens_s", *devices)),
        ):
            for name in names:
                columns = (getattr(getattr(whole, part), name) for whole in (mine, theirs))
                assert np.array_equal(*columns), f"{part}.{name}"


@pytest.mark.parametrize(("scenario", "name"), [*of_concern(Concern.POLICY), *of_concern(Concern.METHOD)])
def test_a_policy_or_a_method_leaves_the_world_and_the_attacks_as_they_are(scenario: str, name: str) -> None:
    # The tier is what it says, and what is in an element is not copied.
    devices = {"tier": ("copy_of",), "hard_share": ("tier",)}.get(name, ("tier", "copy_of"))
    for value in another(scenario, name):
        assert_same_people(unchanged(scenario), plan(scenario, **{name: value}), devices=devices)


@pytest.mark.parametrize(
    "name", ["clone.share", "clone.copies", "clone.strategy", *(f"{k}.number" for k in Kind)]
)
def test_an_attack_leaves_the_world_as_it_is(name: str) -> None:
    values: list[Value] = [20] if name.endswith("number") else another("transit", name)
    for value in values:
        assert_same_people(unchanged("transit"), plan("transit", **{name: value}), devices=("tier",))


def test_when_people_go_online_depends_on_how_often_and_on_nothing_else() -> None:
    """Found: copies were drawn from the stream of going online, so a higher share moved everybody."""
    for name in ("clone.share", "clone.copies", "hop_cap", "mode", "loaded_share"):
        for value in another("payroll", name)[:1]:
            for one, other in zip(plan("payroll").plans, plan("payroll", **{name: value}).plans, strict=True):
                assert np.array_equal(one.syncs.at_s, other.syncs.at_s), name
                assert np.array_equal(one.syncs.device, other.syncs.device), name


def pairs(scenario: Scenario) -> set[tuple[int, int, int]]:
    return {
        (cell.number, int(cell.devices.copy_of[copy]), int(copy))
        for cell in scenario.plans
        for copy in np.flatnonzero(cell.devices.copy_of != NOBODY)
    }


@pytest.mark.parametrize("scenario", sorted(SMALL))
def test_a_higher_share_adds_copies_and_more_copies_are_of_the_same_wallets(scenario: str) -> None:
    """Found: with another share, other wallets were copied."""
    few, many = (pairs(plan(scenario, clone__share=share)) for share in (0.05, 0.2))
    assert few < many
    thrice = pairs(plan(scenario, clone__share=0.05, clone__copies=3))
    assert {original[:2] for original in thrice} == {original[:2] for original in few}
    assert len(thrice) == 3 * len(few)


def test_who_pays_more_often_also_makes_the_payments_of_who_pays_less() -> None:
    few, many = (
        {
            *zip(
                *(column.tolist() for column in (made.at_s, made.payer, made.payee, made.amount_fen)),
                strict=True,
            )
        }
        for made in (plan("payroll", payments_per_day=often).plans[0].meetings for often in (0.5, 3.0))
    )
    assert few < many


def test_more_workers_do_not_change_those_who_are_there() -> None:
    few, many = plan("payroll", workers=80).plans[0], plan("payroll", workers=120).plans[0]
    wages = [
        {*zip(each.wages.worker.tolist(), each.wages.amount_fen.tolist(), strict=True)}
        for each in (few, many)
    ]
    assert set() < wages[0] < wages[1]
    made = {
        tuple(row)
        for row in np.stack(
            [many.meetings.at_s, many.meetings.payer, many.meetings.amount_fen], axis=1
        ).tolist()
    }
    rows_of_few = np.stack([few.meetings.at_s, few.meetings.payer, few.meetings.amount_fen], axis=1).tolist()
    assert {tuple(row) for row in rows_of_few} <= made


def test_no_device_disturbs_the_nonces_of_another() -> None:
    """Found: the devices of a cell drew from one stream, so that one more load changed everybody's coins."""
    nobody: dict[str, Any] = {"operator_keys": (), "operator_names": ()}
    anchors = Anchors(seed=1, root=b"", key_set=b"", currency="CNY", network="sim", **nobody)
    around = Surroundings(anchors=anchors, rules=(), hard_rules=(), seed=1, send=lambda _: None)

    def device(number: int) -> Device:
        return Device(number, derive_key(1, "device/1"), Make(operator=0, remembers=1), around=around)

    one, copy = device(1), device(2)
    alone = device(1).random_bytes(16)
    drawn = [copy.random_bytes(16), one.random_bytes(16), one.random_bytes(16)]
    assert drawn[1] == alone
    assert len(set(drawn)) == 3
    assert [len(one.random_bytes(size)) for size in (12, 32)] == [12, 32]


@given(seed=st.integers(0, 2**63 - 1), few=st.integers(0, 50), more=st.integers(0, 50))
def test_a_persons_number_does_not_depend_on_how_many_people_there_are(
    seed: int, few: int, more: int
) -> None:
    assert np.array_equal(uniforms(seed, "a", few), uniforms(seed, "a", few + more)[:few])
    assert np.array_equal(rows(seed, "a", few, 3), rows(seed, "a", few + more, 3)[:few])


def test_purposes_have_streams_of_their_own() -> None:
    assert not np.array_equal(uniforms(1, "a", 5), uniforms(1, "b", 5))
    assert not np.array_equal(uniforms(1, "a", 5), uniforms(2, "a", 5))


@given(mean=st.floats(0.01, 50), more=st.floats(0, 20))
def test_poisson_numbers_have_their_mean_and_never_fall_with_it(mean: float, more: float) -> None:
    even = (np.arange(4_000) + 0.5) / 4_000
    assert abs(poisson(even, mean).mean() - mean) < 0.02 + 0.01 * mean
    assert (poisson(even, mean + more) >= poisson(even, mean)).all()


@given(people=st.integers(0, 60), originals=st.integers(0, 70), each=st.integers(1, 6))
def test_copies_are_dealt_to_people_of_their_own(people: int, originals: int, each: int) -> None:
    copied, users = dealt_copies(uniforms(1, "x", people), originals, each)
    assert copied.size == users.size == each * min(originals, people // (each + 1))
    assert len({*copied.tolist(), *users.tolist()}) == users.size + users.size // each
