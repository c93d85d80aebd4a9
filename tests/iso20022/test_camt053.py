"""Statements out of the books as camt.053.001.08: they add up, and hold against the official schema."""

from dataclasses import replace

import pytest
from lxml import etree

from shuangli.days import day_of, start_of
from shuangli.errors import BadInput, StoreError
from shuangli.operator.customers.statements import Line, Period, Statement, Statements
from shuangli.operator.iso20022.camt053 import NAMESPACE, write_camt053
from shuangli.wallet.wallet import Wallet
from tests.iso20022.schemas import needs_schemas, problems
from tests.setting import DAY_S, NOW
from tests.world import World

TODAY = day_of(NOW)
NAME = {"m": NAMESPACE}


def days(first: int, last: int) -> Period:
    return Period(start_s=start_of(first), end_s=start_of(last + 1))


def written(world: World, wallet: Wallet, first: int, last: int) -> bytes:
    store = world.banks["OP01"].store
    row = store.wallet(wallet.key.public)
    assert row is not None
    statement = Statements(store, operator="OP01", currency="CNY").statement(row, days(first, last))
    return write_camt053(statement, wallet_no=row.wallet_no, period=days(first, last), made_at_s=NOW + DAY_S)


@pytest.fixture
def payer(world: World) -> Wallet:
    """A wallet with a deposit yesterday, and a load and a payment today."""
    payer, payee = world.wallet(name="payer"), world.wallet(name="payee")
    bank = world.banks["OP01"]
    with world.transaction():
        bank.deposit(payer.key.public, 123_456, now_s=NOW - DAY_S)
    world.load(payer, [5_000])
    with world.transaction():
        bank.pay(payer.key.public, payee.key.public, 23_456, now_s=NOW)
    return payer


def made_up() -> Statement:
    """A statement with every kind of entry, of an account that is overdrawn at its start."""
    kinds = ["deposit", "payment", "wage", "wages", "interest", "redemption", "return", "withdrawal"]
    kinds += ["remittance", "remittance-received", "remittance-returned"]
    lines = []
    balance_fen = -3
    for number, kind in enumerate(kinds):
        amount_fen = (-1) ** number * (number + 5)
        balance_fen += amount_fen
        lines.append(
            Line(
                entry_no=number,
                at_s=NOW + number,
                kind=kind,
                amount_fen=amount_fen,
                balance_fen=balance_fen,
                counterparty=None,
                note="a & b" * (number % 2),
            )
        )
    return Statement(
        wallet=bytes(32),
        operator="OP01",
        currency="CNY",
        opening_fen=-3,
        closing_fen=balance_fen,
        lines=tuple(lines),
        more=False,
    )


def test_the_message_says_what_is_in_the_books(world: World, payer: Wallet) -> None:
    root = etree.fromstring(written(world, payer, TODAY - 1, TODAY))
    assert root.xpath("//m:Bal/m:Amt/text()", namespaces=NAME) == ["0.00", "1000.00"]
    assert root.xpath("//m:Bal/m:Dt/m:Dt/text()", namespaces=NAME) == ["2025-10-08", "2025-10-09"]
    assert root.xpath("//m:Ntry/m:Amt/text()", namespaces=NAME) == ["1234.56", "50.00", "50.00", "234.56"]
    assert root.xpath("//m:Ntry/m:CdtDbtInd/text()", namespaces=NAME) == ["CRDT", "CRDT", "DBIT", "DBIT"]
    assert root.xpath("//m:BkTxCd/m:Prtry/m:Cd/text()", namespaces=NAME)[2:] == ["load", "payment"]
    assert root.xpath("//m:Fmly/m:Cd/text()", namespaces=NAME) == ["RCDT", "RCDT", "ICDT"]
    assert root.xpath("//m:Acct/m:Id/m:Othr/m:Id/text()", namespaces=NAME) == ["000000001"]


def test_only_a_whole_statement_is_written() -> None:
    for part, period in (
        (replace(made_up(), more=True), days(1, 2)),
        (made_up(), Period(start_s=1, end_s=1)),
    ):
        with pytest.raises(BadInput, match="shorter"):
            write_camt053(part, wallet_no=1, period=period, made_at_s=NOW)


def test_what_does_not_add_up_is_not_written() -> None:
    with pytest.raises(StoreError, match="add up"):
        write_camt053(replace(made_up(), closing_fen=1), wallet_no=1, period=days(1, 2), made_at_s=NOW)


@needs_schemas
def test_statements_hold_against_the_official_schema(world: World, payer: Wallet) -> None:
    messages = [
        written(world, payer, TODAY - 1, TODAY),
        written(world, payer, TODAY + 1, TODAY + 1),
        write_camt053(made_up(), wallet_no=12, period=days(TODAY, TODAY), made_at_s=NOW),
    ]
    broken = messages[0].replace(b"<Sts>", b"<Stx>").replace(b"</Sts>", b"</Stx>")
    *good, bad = problems(*(("camt.053.001.08", data) for data in (*messages, broken)))
    assert good == [[], [], []]
    assert bad
