"""payment.*: one payment between two devices: bytes on the wire, and microseconds on each side.

The wallets are real ones with journals in memory, and hand their messages to each other. The limit is
what libsodium alone needs, called as it is called by us, for the same signatures and checks. All of it is
measured in turn in many short batches, and the fastest batch of each counts: so that on a busy machine
both sides of a ratio come from moments in which nothing else ran.
"""

import time
from collections import deque
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Final, NamedTuple
from unittest.mock import patch

from nacl import bindings

from bench.certified import NOW_S
from bench.devices import Network
from bench.result import Measured
from shuangli.offline.request import request_id_of
from shuangli.offline.states import Kind, Message
from shuangli.wallet.wallet import Wallet

BATCHES: Final = 150
PAYMENTS: Final = 4
"""Payments in a batch."""
PRICE_FEN: Final = 500
QR_BYTES: Final = 2_953
"""Most bytes of one QR code (version 40, lowest error correction; ISO/IEC 18004)."""
HOP_BYTES: Final = 360


class Side(Enum):
    """Whose turn it is."""

    PAYER = "payer"
    PAYEE = "payee"


class Meeting(NamedTuple):
    """Two devices, of which the first can pay the second."""

    payer: Wallet
    payee: Wallet


class Call(NamedTuple):
    """One call of libsodium: `key` signs the bytes, or checks them with the signature before them."""

    signs: bool
    data: bytes
    key: bytes


Calls = dict[Side, list[Call]]


class Case(NamedTuple):
    """What is paid with: coins that add up to the price, after so many changes of key.

    `met` says that the two devices have paid each other before, from the same load.
    """

    name: str
    coins: int
    hops: int
    met: bool = False


CASES: Final = (
    Case("1-coin", 1, 0),
    Case("1-coin-again", 1, 0, met=True),
    Case("5-coins", 5, 0),
    Case("5-hops", 1, 5),
)


def meet(network: Network, case: Case) -> Meeting:
    """Two devices about to make the payment of a case."""
    values_fen = [PRICE_FEN // case.coins] * case.coins
    owner = network.wallet(values_fen * (2 if case.met else 1))
    for _ in range(case.hops):
        following = network.wallet()
        deque(steps(Meeting(owner, following)), maxlen=0)
        owner = following
    meeting = Meeting(owner, network.wallet())
    if case.met:
        deque(steps(meeting), maxlen=0)
    return meeting


def steps(meeting: Meeting) -> Iterator[tuple[Side, Message]]:
    """Make a payment: who has just acted, and the last message that was sent."""
    payer, payee = meeting
    request = payee.request(PRICE_FEN, now_s=NOW_S)
    yield Side.PAYEE, request
    request_id = request_id_of(request)
    (payment,) = payer.receive(request_id, request, now_s=NOW_S)
    yield Side.PAYER, payment
    (receipt,) = payee.receive(request_id, payment, now_s=NOW_S)
    yield Side.PAYEE, receipt
    payer.receive(request_id, receipt, now_s=NOW_S)
    yield Side.PAYER, receipt


def calls_of(meeting: Meeting) -> tuple[Calls, dict[Kind, int]]:
    """Make a payment, and say what each side asked of libsodium, and how long each message was."""
    calls: Calls = {Side.PAYER: [], Side.PAYEE: []}
    recorded: list[Call] = []
    sign, check = bindings.crypto_sign, bindings.crypto_sign_open

    def sign_and_record(message: bytes, key: bytes) -> bytes:
        recorded.append(Call(True, message, key))
        return bytes(sign(message, key))

    def check_and_record(signed: bytes, key: bytes) -> bytes:
        recorded.append(Call(False, signed, key))
        return bytes(check(signed, key))

    sizes: dict[Kind, int] = {}
    with (
        patch.object(bindings, "crypto_sign", sign_and_record),
        patch.object(bindings, "crypto_sign_open", check_and_record),
    ):
        for side, message in steps(meeting):
            calls[side] += recorded
            recorded.clear()
            sizes[message.kind] = len(message.body)
    return calls, sizes


def payment_s(meeting: Meeting) -> dict[Side, float]:
    """Seconds that each side takes for a payment."""
    taken_s = {Side.PAYER: 0.0, Side.PAYEE: 0.0}
    started = time.perf_counter()
    for side, _ in steps(meeting):
        now = time.perf_counter()
        taken_s[side] += now - started
        started = time.perf_counter()
    return taken_s


def alone_s(calls: Sequence[Call]) -> float:
    """Seconds that libsodium takes for the same calls."""
    sign, check = bindings.crypto_sign, bindings.crypto_sign_open
    started = time.perf_counter()
    for signs, data, key in calls:
        if signs:
            sign(data, key)
        else:
            check(data, key)
    return time.perf_counter() - started


class Result(NamedTuple):
    """A case measured: bytes of the messages, and seconds by side, ours and of libsodium alone."""

    case: Case
    sizes: dict[Kind, int]
    calls: Calls
    ours_s: dict[Side, float]
    bare_s: dict[Side, float]


def measure_case(network: Network, case: Case, batches: int) -> Result:
    """The fastest of many short batches, ours and libsodium's in turn."""
    calls, sizes = calls_of(meet(network, case))
    ours_s = dict.fromkeys(Side, float("inf"))
    bare_s = dict.fromkeys(Side, float("inf"))
    for _ in range(batches):
        meetings = [meet(network, case) for _ in range(PAYMENTS)]
        taken = [payment_s(meeting) for meeting in meetings]
        for side in Side:
            ours_s[side] = min(ours_s[side], sum(each[side] for each in taken) / PAYMENTS)
            alone = sum(alone_s(calls[side]) for _ in range(PAYMENTS)) / PAYMENTS
            bare_s[side] = min(bare_s[side], alone)
    return Result(case, sizes, calls, ours_s, bare_s)


def measure(batches: int = BATCHES) -> list[Measured]:
    """Measure all cases, and print the table of `docs/explanation/speed.md`."""
    network = Network()
    results = [measure_case(network, case, batches) for case in CASES]
    _print(results)
    measured: list[Measured] = []
    for result in results:
        for side in Side:
            signs = sum(call.signs for call in result.calls[side])
            checks = len(result.calls[side]) - signs
            measured.append(
                Measured(
                    name=f"payment.{result.case.name}.{side.value}",
                    value=round(result.ours_s[side] * 1e6, 1),
                    unit="us",
                    limit=f"libsodium alone for {signs} signatures and {checks} checks",
                    limit_value=round(result.bare_s[side] * 1e6, 1),
                )
            )
        measured.append(
            Measured(
                name=f"payment.{result.case.name}.bytes",
                value=result.sizes[Kind.PAYMENT],
                unit="bytes",
                limit="one QR code",
                limit_value=QR_BYTES,
            )
        )
    by_name = {result.case.name: result.sizes[Kind.PAYMENT] for result in results}
    measured.append(
        Measured(
            name="payment.hop.bytes",
            value=(by_name["5-hops"] - by_name["1-coin"]) / 5,
            unit="bytes",
            limit="a hop with the payer's certificate",
            limit_value=HOP_BYTES,
        )
    )
    return measured


def _print(results: Sequence[Result]) -> None:
    print("| payment | request | payment | receipt | payer us | alone | ratio | payee us | alone | ratio |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for case, sizes, _, ours_s, bare_s in results:
        row = [case.name, *(f"{sizes[kind]:,}" for kind in (Kind.REQUEST, Kind.PAYMENT, Kind.RECEIPT))]
        for side in Side:
            row += [f"{ours_s[side] * 1e6:.0f}", f"{bare_s[side] * 1e6:.0f}"]
            row.append(f"{ours_s[side] / bare_s[side]:.2f}")
        print("| " + " | ".join(row) + " |")
