"""A customer of one operator pays one of another online: once, or the money comes back with the reason."""

import random
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from shuangli.errors import BadInput, Malformed, Refused, ShuangliError, StoreError, Unverified
from shuangli.issuer.minting import vault
from shuangli.issuer.remittances.messages import Remittance, RemittanceAnswer, Verdict
from shuangli.issuer.remittances.store import Outcome, Waiting
from shuangli.issuer.service.remittance_messages import (
    decode_outcomes,
    decode_waiting,
    encode_outcomes,
    encode_waiting,
)
from shuangli.issuer.vaults.desk import reserve
from shuangli.issuer.vaults.orders import Side, VaultOrder
from shuangli.issuer.vaults.statements import NettingStatement
from shuangli.operator.accounts import CLEARING, VAULT
from shuangli.operator.customers.statements import Period
from shuangli.operator.netting.desk import SETTLEMENT
from shuangli.operator.remittances.desk import ANSWER_WITHIN_S
from shuangli.operator.remittances.store import Kept
from tests.database.places import Places
from tests.service.desks import Desks, State
from tests.world import DAY_S, NETWORK, NOW, World

RESERVES_FEN = 10_000
CALLS = ("remit", "remittances_to", "answer_remittance", "remittance_outcomes")


class Banks:
    """Two operators with reserves; `ann` has 5,000 fen at OP01, `bob` nothing at OP02."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.desks = Desks(world)
        with world.transaction():
            for name, bank in world.banks.items():
                world.issuer.vaults.pay_in(name, RESERVES_FEN, now_s=NOW)
                bank.netting.pay_in(RESERVES_FEN, now_s=NOW)
        self.ann, self.bob = (world.wallet(operator=operator).key.public for operator in ("OP01", "OP02"))
        self.desks.at["OP01"].deposit(self.ann, 5_000, idempotency_key="first")

    def send(self, amount_fen: int, *, payee: bytes = b"", to: str = "OP02") -> Kept:
        desk = self.desks.at["OP01"]
        with desk.transaction() as now_s:
            return desk.remittances.send(
                self.ann, payee or self.bob, amount_fen, operator=to, note="午饭", now_s=now_s
            )

    def exchange(self, *names: str) -> None:
        for name in names or ("OP01", "OP02", "OP01"):
            self.desks.at[name].remittances.exchange()

    def holds_fen(self, name: str, key: bytes) -> int:
        store = self.world.banks[name].store
        row = store.wallet(key)
        assert row is not None
        return -store.ledger.balance_fen(row.account)

    @property
    def held_fen(self) -> tuple[int, int]:
        """What Ann and Bob have."""
        return self.holds_fen("OP01", self.ann), self.holds_fen("OP02", self.bob)

    def kept(self, sent: Kept) -> Kept:
        desk = self.desks.at["OP01"]
        with desk.transaction():
            found = desk.remittances.kept.sent(sent.order.signed.id)
        assert found is not None
        return found

    def net(self) -> None:
        """Let a day end, and be netted and booked."""
        self.desks.now_s += DAY_S
        for _ in range(2):
            for desk in self.desks.at.values():
                desk.take_returns()

    def check_settled(self) -> None:
        """Nothing is owed, and both sides' books agree with the issuer's."""
        balance_fen = self.world.issuer.store.ledger.balance_fen
        for name, bank in self.world.banks.items():
            assert bank.store.ledger.balance_fen(CLEARING) == 0
            assert bank.store.ledger.balance_fen(SETTLEMENT) == -balance_fen(reserve(name))
            assert bank.store.ledger.balance_fen(VAULT) == -balance_fen(vault(name))
            bank.store.ledger.check()
            bank.store.audit.check()
            assert not self.desks.at[name].has_alarm()
        self.world.issuer.check_books()


@pytest.fixture
def banks(tmp_path: Path) -> Iterator[Banks]:
    world = World(tmp_path)
    yield Banks(world)
    world.close()


@pytest.fixture
def either(places: Places) -> Iterator[Banks]:
    """The same on both kinds of databases."""
    with places.new() as place:
        world = World(place)
        yield Banks(world)
        world.close()


def test_a_payment_is_booked_at_both_and_netted(either: Banks) -> None:
    banks = either
    sent = banks.send(700)
    assert banks.held_fen == (4_300, 0)
    banks.exchange()
    assert banks.held_fen == (4_300, 700)
    assert banks.kept(sent).verdict is Verdict.PAID
    clearing_fen = [bank.store.ledger.balance_fen(CLEARING) for bank in banks.world.banks.values()]
    assert clearing_fen == [-700, 700]
    banks.net()
    (data,) = banks.desks.issuer.statements_to("OP02", after=0)
    told = NettingStatement.parse(data)
    assert (told.received, told.sent, told.position_fen, told.value_fen) == ((("OP01", 700),), (), 700, 0)
    assert banks.desks.issuer.issuer.vaults.held_fen("OP02")[1] == RESERVES_FEN + 700
    banks.check_settled()


def test_both_statements_name_the_other_wallet_and_the_note(banks: Banks) -> None:
    banks.send(700)
    banks.exchange()
    for name, own, other, kind, amount_fen in (
        ("OP01", banks.ann, banks.bob, "remittance", -700),
        ("OP02", banks.bob, banks.ann, "remittance-received", 700),
    ):
        line = (
            banks.desks.at[name]
            .read_statement(own, Period(start_s=0, end_s=2**40), after=0, most=9)
            .lines[-1]
        )
        assert (line.kind, line.amount_fen, line.counterparty, line.note) == (kind, amount_fen, other, "午饭")
        assert banks.desks.at[name].feed(own, "", most=9).items[-1].kind == kind


def test_no_audit_log_says_who_paid_whom(banks: Banks) -> None:
    order = banks.send(700).order
    banks.exchange()
    banks.net()
    stores: list[Any] = [banks.world.issuer.store, *(bank.store for bank in banks.world.banks.values())]
    for store in stores:
        logged = b"".join(store.audit.entries(0, store.audit.size))
        assert not any(secret in logged for secret in (banks.ann, banks.bob, order.note))


def _unknown(banks: Banks) -> bytes:
    return bytes(range(32))


def _frozen(banks: Banks) -> bytes:
    desk = banks.desks.at["OP02"]
    with desk.transaction() as now_s:
        desk.wallets.freeze(banks.bob, asked_by="holder", reason="", now_s=now_s)
    return banks.bob


def _full(banks: Banks) -> bytes:
    key = banks.world.wallet(operator="OP02", tier=4).key.public
    desk = banks.desks.at["OP02"]
    room_fen = desk.limits(key).balance_left_fen
    desk.deposit(key, room_fen - 600, idempotency_key="nearly full")
    return key


@pytest.mark.parametrize(
    ("make", "reason"), [(_unknown, "unknown-wallet"), (_frozen, "frozen"), (_full, "over-limit")]
)
def test_what_the_payee_may_not_get_comes_back_with_the_reason(banks: Banks, make: Any, reason: str) -> None:
    payee = make(banks)
    before = banks.desks.at["OP01"].limits(banks.ann).left_today_fen
    sent = banks.send(700, payee=payee)
    banks.exchange()
    verdict = banks.kept(sent).verdict
    assert verdict is not None
    assert verdict.reason == reason
    assert banks.holds_fen("OP01", banks.ann) == 5_000
    assert banks.desks.at["OP01"].limits(banks.ann).left_today_fen == before
    line = (
        banks.desks.at["OP01"]
        .read_statement(banks.ann, Period(start_s=0, end_s=2**40), after=0, most=9)
        .lines[-1]
    )
    assert (line.kind, line.amount_fen, line.note) == ("remittance-returned", 700, f"returned: {reason}")
    banks.net()
    banks.check_settled()


def test_two_that_fit_alone_and_not_together_are_not_both_taken(either: Banks) -> None:
    banks = either
    payee = _full(banks)
    one, two = banks.send(400, payee=payee), banks.send(400, payee=payee)
    banks.exchange()
    assert [banks.kept(each).verdict for each in (one, two)] == [Verdict.PAID, Verdict.OVER_LIMIT]


@pytest.mark.parametrize("state", [State.CUT, State.ANSWERS_LOST])
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("operator", ["OP01", "OP02"])
def test_f41_a_call_that_is_cut_off_is_made_again_and_pays_once(
    banks: Banks, call: str, state: State, operator: str
) -> None:
    banks.send(700)
    banks.desks.cut(state, only=call, operator=operator)
    for name in ("OP01", "OP02", "OP01") * 2:
        with suppress(StoreError):
            banks.exchange(name)
    banks.desks.mend()
    banks.exchange()
    assert banks.held_fen == (4_300, 700)
    assert not banks.desks.at["OP01"].has_backlog()
    banks.net()
    banks.check_settled()


def test_f11_a_process_that_starts_anew_goes_on_where_the_killed_one_was(tmp_path: Path) -> None:
    world = World(tmp_path)
    banks = Banks(world)
    sent = banks.send(700)
    for name in ("OP01", "OP02", "OP01"):
        banks.exchange(name)
        world.close()
        world = world.opened_again()
        banks.world, banks.desks = world, Desks(world)
    assert banks.held_fen == (4_300, 700)
    assert banks.kept(sent).verdict is Verdict.PAID
    banks.net()
    banks.check_settled()
    world.close()


def test_who_is_away_for_too_long_is_not_waited_for(either: Banks) -> None:
    banks = either
    sent = banks.send(700)
    banks.exchange("OP01")
    # It has answered, and the centre did not hear it in time.
    banks.desks.cut(State.CUT, only="answer_remittance", operator="OP02")
    with pytest.raises(StoreError):
        banks.exchange("OP02")
    banks.desks.now_s += ANSWER_WITHIN_S
    banks.exchange("OP01")
    assert banks.kept(sent).verdict is Verdict.TOO_LATE
    banks.desks.mend()
    banks.exchange("OP02", "OP01")
    assert banks.held_fen == (5_000, 0)
    banks.net()
    banks.check_settled()


def test_an_answer_in_the_last_moment_counts_and_a_later_one_does_not(banks: Banks) -> None:
    early, late = banks.send(100), banks.send(200)
    banks.exchange("OP01")
    banks.desks.cut(State.CUT, only="answer_remittance", operator="OP02")
    with pytest.raises(StoreError):
        banks.exchange("OP02")
    (first, second) = banks.desks.at["OP02"].remittances.kept.not_passed_on(after=0, most=9)
    ends_s = NOW + ANSWER_WITHIN_S
    for (_, data), now_s in ((first, ends_s - 1), (second, ends_s)):
        banks.desks.issuer.answer_remittance(data, operator="OP02", now_s=now_s)
    banks.desks.mend()
    banks.exchange()
    assert [banks.kept(each).verdict for each in (early, late)] == [Verdict.PAID, Verdict.TOO_LATE]
    assert banks.held_fen == (4_900, 100)


def test_the_centre_gives_back_what_the_reserves_do_not_cover(banks: Banks) -> None:
    banks.desks.at["OP01"].deposit(banks.ann, RESERVES_FEN, idempotency_key="more")
    fits = banks.send(RESERVES_FEN)
    banks.exchange("OP01")
    short = banks.send(1)
    banks.exchange()
    assert [banks.kept(each).verdict for each in (fits, short)] == [Verdict.PAID, Verdict.RESERVES_SHORT]
    banks.net()
    banks.check_settled()


def test_reserves_that_are_promised_buy_no_value(banks: Banks) -> None:
    banks.send(700)
    banks.exchange()

    def buy(amount_fen: int) -> None:
        order = VaultOrder.sign(
            banks.world.keys["OP01"],
            network=NETWORK,
            operator="OP01",
            side=Side.BUY,
            amount_fen=amount_fen,
            nonce=bytes(16),
            ordered_at_s=NOW,
        )
        with banks.world.issuer.transaction():
            banks.world.issuer.vaults.execute(order.signed.data, now_s=NOW)

    with pytest.raises(Refused, match="1 fen short"):
        buy(RESERVES_FEN - 699)
    buy(RESERVES_FEN - 700)


def test_a_name_that_is_no_operator_gets_nothing(banks: Banks) -> None:
    sent = banks.send(700, to="OP99")
    banks.exchange()
    assert banks.kept(sent).verdict is Verdict.NOT_ADMITTED
    assert banks.held_fen == (5_000, 0)
    with pytest.raises(BadInput, match="operator: OP01 pays its own customers by transfers"):
        banks.send(1, to="OP01")


@pytest.mark.parametrize(
    ("signer", "about", "verdict"),
    [("OP01", None, Verdict.PAID), ("OP02", bytes(32), Verdict.PAID), ("OP02", None, Verdict.FROZEN)],
    ids=["another signer", "another order", "a refusal"],
)
def test_the_payers_operator_believes_no_outcome_that_the_other_has_not_signed(
    banks: Banks, signer: str, about: bytes | None, verdict: Verdict
) -> None:
    sent = banks.send(700)
    forged = RemittanceAnswer.sign(
        banks.world.keys[signer],
        network=NETWORK,
        operator="OP02",
        order_id=about or sent.order.signed.id,
        verdict=verdict,
        answered_at_s=NOW,
    ).signed.data
    line: Any = banks.desks.lines["OP01"]
    line.remittance_outcomes = lambda *_, **__: [Outcome(1, sent.order.signed.id, Verdict.PAID, forged)]
    with pytest.raises(Unverified):
        banks.exchange("OP01")
    assert banks.kept(sent).verdict is None


def test_the_payees_operator_credits_nothing_that_it_has_refused(banks: Banks) -> None:
    sent = banks.send(700, payee=_frozen(banks))
    banks.exchange("OP01")
    line: Any = banks.desks.lines["OP02"]
    line.remittance_outcomes = lambda *_, **__: [Outcome(1, sent.order.signed.id, Verdict.PAID, b"")]
    with pytest.raises(Unverified, match="refused here"):
        banks.exchange("OP02")
    assert banks.holds_fen("OP02", banks.bob) == 0


def test_an_operator_answers_no_order_that_the_other_has_not_signed(banks: Banks) -> None:
    genuine = banks.send(700).order
    fields = {name: getattr(genuine, name) for name in Remittance.__dataclass_fields__ if name != "signed"}
    forged = Remittance.sign(banks.world.keys["OP02"], **fields | {"amount_fen": 70_000}).signed.data
    line: Any = banks.desks.lines["OP02"]
    pages = [[Waiting(1, forged)], []]
    line.remittances_to = lambda *_, **__: pages.pop(0)
    banks.exchange("OP02")
    assert banks.desks.at["OP02"].remittances.kept.last_number() == 0
    with pytest.raises(Unverified):
        banks.desks.issuer.remit(forged, operator="OP01", now_s=NOW)


def test_an_operator_answers_only_orders_to_itself(banks: Banks) -> None:
    sent = banks.send(700)
    banks.exchange("OP01")
    for order_id in (sent.order.signed.id, bytes(32)):
        answer = RemittanceAnswer.sign(
            banks.world.keys["OP01"],
            network=NETWORK,
            operator="OP01",
            order_id=order_id,
            verdict=Verdict.PAID,
            answered_at_s=NOW,
        ).signed.data
        with pytest.raises(Refused) as refused:
            banks.desks.issuer.answer_remittance(answer, operator="OP01", now_s=NOW)
        assert refused.value.code == "not-found"


def test_what_the_statement_counts_otherwise_is_not_booked(banks: Banks) -> None:
    banks.send(700)
    banks.exchange()
    banks.world.banks["OP02"].store.database.execute("UPDATE remittances_received SET amount_fen = 699")
    banks.net()
    with pytest.raises(Unverified, match="700 fen received from OP01 online, the books 699 fen"):
        banks.desks.at["OP02"].check_netting()
    assert not banks.desks.at["OP01"].has_alarm()


def test_what_a_statement_counts_is_heard_before_it_is_compared(banks: Banks) -> None:
    """The payer's operator has not heard yet what became of the payment when it is netted."""
    sent = banks.send(700)
    banks.exchange("OP01", "OP02")
    assert banks.kept(sent).verdict is None
    banks.net()
    assert banks.kept(sent).verdict is Verdict.PAID
    banks.check_settled()


def test_coins_and_payments_online_are_netted_together(banks: Banks) -> None:
    """OP01 owes 700 for a payment, OP02 as much for a coin: value moves, and no money."""
    banks.send(700)
    banks.exchange()
    store = banks.world.issuer.store
    with banks.world.transaction():
        store.vaults.owe({("OP02", "OP01", NOW): 700})
        bank = banks.world.banks["OP01"]
        bank.store.database.execute("INSERT INTO credited VALUES (?, 700)", NOW // DAY_S)
        bank.store.database.execute("INSERT INTO redeemed VALUES (?, 'OP02', 700, 0)", NOW // DAY_S)
        banks.world.banks["OP02"].store.add_load(bytes(32), b"", person=bytes(32), day=0, amount_fen=700)
    before = {name: banks.desks.issuer.issuer.vaults.held_fen(name) for name in banks.world.banks}
    banks.net()
    for name, value_fen in (("OP01", -700), ("OP02", 700)):
        held_fen = banks.desks.issuer.issuer.vaults.held_fen(name)
        assert held_fen == (before[name][0] + value_fen, before[name][1])
    banks.check_settled()


@pytest.mark.parametrize("seed", range(6))
def test_nothing_is_lost_or_paid_twice_whatever_is_cut(tmp_path: Path, seed: int) -> None:
    """A random walk: payments, calls that are cut or whose answers are lost, days that pass."""
    chance = random.Random(seed)
    world = World(tmp_path)
    banks = Banks(world)
    total_fen = sum(banks.held_fen)
    sent = []
    for _ in range(40):
        step = chance.choice(("send", "exchange", "exchange", "cut", "mend", "later"))
        if step == "send":
            payee = chance.choice((banks.bob, bytes(32)))
            amount_fen = min(chance.randint(1, 400), banks.held_fen[0])
            if amount_fen:
                sent.append(banks.send(amount_fen, payee=payee))
        elif step == "cut":
            state = chance.choice((State.CUT, State.ANSWERS_LOST))
            banks.desks.cut(state, only=chance.choice(CALLS), operator=chance.choice(("OP01", "OP02")))
        elif step == "mend":
            banks.desks.mend()
        elif step == "later":
            banks.desks.now_s += chance.choice((60, ANSWER_WITHIN_S // 2))
        else:
            with suppress(StoreError):
                banks.exchange(chance.choice(("OP01", "OP02")))
    banks.desks.mend()
    banks.exchange()
    assert sum(banks.held_fen) == total_fen
    paid = [each for each in map(banks.kept, sent) if each.verdict is Verdict.PAID]
    assert all(banks.kept(each).verdict is not None for each in sent)
    assert banks.held_fen[1] == sum(each.order.amount_fen for each in paid)
    banks.net()
    banks.check_settled()
    world.close()


def test_what_travels_is_read_strictly() -> None:
    waiting, outcome = Waiting(3, b"order"), Outcome(4, bytes(32), Verdict.FROZEN, b"")
    assert decode_waiting(encode_waiting([waiting])) == [waiting]
    assert decode_outcomes(encode_outcomes([outcome])) == [outcome]
    for damaged in (
        lambda: decode_waiting(encode_waiting([waiting, waiting])),
        lambda: decode_outcomes(encode_waiting([waiting])),
        lambda: decode_waiting(encode_waiting([Waiting(0, b"order")])),
        lambda: decode_waiting(b"\x81\x82\x01\x02"),
    ):
        with pytest.raises(ShuangliError) as fault:
            damaged()
        assert isinstance(fault.value, Malformed)
