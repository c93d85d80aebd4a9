"""The test vectors of what operators and the centre sign for others (`make_vectors.py`)."""

from collections.abc import Mapping
from typing import Any

from shuangli.crypto import SigningKey
from shuangli.days import DAY_S
from shuangli.issuer.archive.manifest import ArchiveManifest
from shuangli.issuer.remittances.messages import Remittance, RemittanceAnswer, Verdict
from shuangli.issuer.vaults.netting import Cover, Payment
from shuangli.issuer.vaults.orders import Side, VaultOrder
from shuangli.issuer.vaults.statements import NettingStatement
from shuangli.messages.audit import Checkpoint, LogEntry
from shuangli.messages.cosignature import Cosignature
from shuangli.messages.notices import Acknowledgement, Outcome, Report, RevocationList
from shuangli.messages.period_report import PeriodReport, Span
from shuangli.messages.returns import Returned, Watermark
from shuangli.messages.transfers import PAYEE_OUTPUT, Transfer, output_coin_id


def notices(keys: Mapping[str, SigningKey], now_s: int, payment: Transfer) -> dict[str, tuple[str, Any]]:
    """Their names, then the key that signed and the object; `payment` is what comes back."""
    revoked = RevocationList.sign(
        keys["centre"],
        number=42,
        issued_at_s=now_s + 300,
        wallets=[keys["payer"].public, bytes(32)],
        operators=[],
        epochs=[300, 2],
    )
    acknowledgement = Acknowledgement.sign(
        keys["operator"],
        upload_id=bytes(range(32)),
        received_at_s=now_s + 1_000,
        credited_fen=1_000_000,
        outcomes=[Outcome.SETTLED, Outcome.FORKED, Outcome.FROZEN],
        entry=LogEntry(
            origin="bank-1", number=69_999, logged_at_s=now_s + 1_002, leaf_hash=bytes(range(32, 64))
        ),
    )
    watermark = Watermark.sign(
        keys["operator"], network="testnet", operator="bank-1", up_to_s=now_s + 3 * DAY_S
    )
    returned = Returned.sign(
        keys["operator"],
        operator="bank-1",
        number=3,
        owner=keys["payer"].public,
        parent_id=payment.signed.id,
        coin_id=output_coin_id(payment.signed.id, payment.spends[0].coin_id, PAYEE_OUTPUT),
        value_fen=payment.spends[0].pay_fen,
        returned_at_s=now_s + 3 * DAY_S,
    )
    report = Report.sign(
        keys["centre"],
        network="testnet",
        made_at_s=now_s + DAY_S,
        figures={"trips.paid": 731_520, "books.difference_fen": 0, "change_fen": -5},
        files={"result.json": bytes(range(32))},
    )
    return {
        "revocation list": ("centre", revoked),
        "acknowledgement": ("operator", acknowledgement),
        "watermark": ("operator", watermark),
        "returned": ("operator", returned),
        "report": ("centre", report),
        **_of_a_log(keys, now_s),
        **_of_the_issuer(keys, now_s),
    }


def _of_a_log(keys: Mapping[str, SigningKey], now_s: int) -> dict[str, tuple[str, Any]]:
    """What is signed of the state of an audit log."""
    state: dict[str, Any] = {
        "network": "testnet",
        "origin": "bank-1",
        "size": 70_000,
        "root": bytes(range(32)),
    }
    checkpoint = Checkpoint.sign(keys["operator"], **state, made_at_s=now_s + DAY_S)
    period = PeriodReport.sign(
        keys["operator"],
        **state,
        span=Span(from_s=now_s, until_s=now_s + DAY_S, first=100, end=69_990),
        made_at_s=now_s + DAY_S + 60,
        flows={"loads.bank-1.value_fen": 731_520, "books.vault.total": -5},
        stocks={"wallets.3.open": 2},
        files={"log.index": bytes(range(32))},
        replaces=bytes(range(32, 64)),
    )
    cosignature = Cosignature.sign(keys["payee"], **state, seen_at_s=now_s + DAY_S + 120)
    return {
        "checkpoint": ("operator", checkpoint),
        "period report": ("operator", period),
        "cosignature": ("payee", cosignature),
    }


def _of_the_issuer(keys: Mapping[str, SigningKey], now_s: int) -> dict[str, tuple[str, Any]]:
    """What only the issuer reads or writes."""
    manifest = ArchiveManifest.sign(
        keys["centre"],
        network="testnet",
        archived_at_s=now_s + 90 * DAY_S,
        epoch=b"the epoch's certificate",
        centre=b"the centre's certificate",
        operators=[b"an operator's certificate"],
        counts={"objects": 3, "mint_log": 1},
        totals={"loaded_fen": 1_000_000, "redeemed_fen": 1_000_000},
        files={"objects-00000.parquet": bytes(range(32))},
    )
    vault_order = VaultOrder.sign(
        keys["operator"],
        network="testnet",
        operator="bank-1",
        side=Side.SELL,
        amount_fen=5_000_000,
        nonce=bytes(range(16)),
        ordered_at_s=now_s + DAY_S,
    )
    statement = NettingStatement.sign(
        keys["centre"],
        network="testnet",
        operator="bank-1",
        number=2,
        previous_id=bytes(range(32)),
        made_at_s=now_s + DAY_S,
        day=20_000,
        counted_day=19_999,
        outcome_no=31,
        claims=[("bank-2", 700), ("bank-3", 20)],
        debts=[("bank-2", 1_000)],
        sent=[("bank-3", 60)],
        received=[("bank-2", 90), ("bank-4", 5)],
        own_fen=4_000,
        fund_fen=50,
        payments=[Payment("bank-1", "bank-3", 245)],
        covered=Cover(30, 215, 0),
    )
    remittance = Remittance.sign(
        keys["operator"],
        network="testnet",
        operator="bank-1",
        payee_operator="bank-2",
        payer=keys["payer"].public,
        payee=keys["payee"].public,
        amount_fen=1_200,
        note="午饭".encode(),
        nonce=bytes(range(16)),
        ordered_at_s=now_s,
        expires_at_s=now_s + DAY_S,
    )
    remittance_answer = RemittanceAnswer.sign(
        keys["operator"],
        network="testnet",
        operator="bank-2",
        order_id=remittance.signed.id,
        verdict=Verdict.OVER_LIMIT,
        answered_at_s=now_s + 2,
    )
    return {
        "archive manifest": ("centre", manifest),
        "vault order": ("operator", vault_order),
        "netting statement": ("centre", statement),
        "remittance": ("operator", remittance),
        "remittance answer": ("operator", remittance_answer),
    }
