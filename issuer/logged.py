"""What the centre enters into its audit log: how supply changes, which cases it finds, what it signs.

One event an upload, and one a case; nothing for each hop. They go into the log in the transaction that makes
what they tell (`shuangli.messages.events` says what each kind tells, and whom it must not name).
"""

from collections.abc import Iterable, Sequence
from typing import Final

from shuangli.books import Entry
from shuangli.codec import encode
from shuangli.crypto import sha256
from shuangli.database.audit import post_and_log
from shuangli.days import DAY_S
from shuangli.issuer.cases import Evidences
from shuangli.issuer.facts import Frozen, NewCase, OpenCoin, Settlement
from shuangli.issuer.losses.policy import LossPolicy
from shuangli.issuer.store import IssuerStore
from shuangli.messages.audit import CENTRE_ORIGIN
from shuangli.messages.event_facts import waits_of
from shuangli.messages.event_kinds import EventKind, Finding, FreezeStep, ReportKind
from shuangli.messages.events import Event
from shuangli.messages.notices import Report, RevocationList
from shuangli.messages.period_report import PeriodReport

POLICY: Final = "loss-policy"
"""The name under which the policy of losses is logged; its value is the cap of a person, in fen."""
_UNCHANGED: Final = (0, 0, 0, 0, 0)


def settled(settlement: Settlement, *, operator: str, upload_id: bytes, received_s: int) -> list[Event]:
    """An upload was settled: its outcomes, and how each epoch's supply changes; and what is wrong with it."""
    told = Event.of(
        EventKind.SETTLEMENT,
        at_s=received_s,
        operator=operator,
        each=_supplied(settlement),
        upload_id=upload_id,
        received_at_s=received_s,
        credited_fen=settlement.credited_fen,
        refunded_fen=settlement.returned_fen,
        outcomes=bytes(settlement.outcomes),
        waits=waits_of(settlement.paid_at_s, received_s=received_s),
    )
    found = {Finding.LATE: settlement.late_fen, Finding.OVER_LIMIT: settlement.over_fen}
    return [
        told,
        *(
            finding_in(upload_id, finding, values_fen, operator=operator, at_s=received_s)
            for finding, values_fen in found.items()
            if values_fen
        ),
    ]


def finding_in(
    upload_id: bytes, finding: Finding, values_fen: Sequence[int], *, operator: str, at_s: int
) -> Event:
    """So much of an upload is wrong without being a case."""
    return Event.of(
        EventKind.FINDING,
        at_s=at_s,
        operator=operator,
        upload_id=upload_id,
        finding=finding,
        found=len(values_fen),
        value_fen=sum(values_fen),
    )


def _supplied(settlement: Settlement) -> list[tuple[int, ...]]:
    """How each epoch's supply changes, and what is open in it by its dates: a group for each pair of them."""
    told = {epoch: change.told() for epoch, change in settlement.supply.items()}
    groups = []
    for (epoch, *days), open_fen in sorted(settlement.dated.items()):
        if open_fen:
            groups.append((epoch, *told.pop(epoch, _UNCHANGED), *days, open_fen))
    return groups + [(epoch, *change, 0, 0, 0) for epoch, change in told.items() if any(change)]


def found(store: IssuerStore, case: NewCase, *, found_s: int, evidences: Evidences) -> Event:
    """A case was found, and what proves it is written."""
    number, row = store.case(case.coin_key)
    evidence = evidences.of(row)
    return Event.of(
        EventKind.CASE,
        at_s=found_s,
        operator=row.operator,
        case_no=number,
        evidence=sha256(evidence.encode()),
        epoch=case.epoch,
        face_fen=case.face_fen,
    )


def listed(signed: RevocationList) -> Event:
    """A revocation list was signed."""
    return Event.of(
        EventKind.REVOCATION,
        at_s=signed.issued_at_s,
        list_no=signed.number,
        list_id=signed.signed.id,
        wallets=len(signed.wallets),
        operators=len(signed.operators),
        epochs=len(signed.epochs),
    )


def disclosed(record: bytes, case_no: int, *, operator: str, at_s: int) -> Event:
    """An operator has shown the centre who holds the key of a case, by the enrolment of this id."""
    return Event.of(
        EventKind.DISCLOSURE,
        at_s=at_s,
        operator=operator,
        authority=CENTRE_ORIGIN,
        case_no=case_no,
        order=record,
    )


def freeze(store: IssuerStore, coins: Iterable[Frozen], *, now_s: int, operator: str = "") -> list[Event]:
    """Note coins that only culprits would get; gives the events of those that are new, to be logged."""
    return [
        Event.of(
            EventKind.FREEZE,
            at_s=now_s,
            operator=operator,
            record=coin.coin_id,
            frozen_fen=0 if coin.place.forked else coin.value_fen,
            step=FreezeStep.COIN_FROZEN,
        )
        for coin in store.losses.freeze(coins)
    ]


def gone_back(
    coin: OpenCoin, *, operator: str, number: int, coin_id: bytes, since_s: int, at_s: int
) -> Event:
    """A coin, made at `since_s`, has gone back to a wallet of `operator`: the return of this number there."""
    return Event.of(
        EventKind.RETURN,
        at_s=at_s,
        operator=operator,
        return_no=number,
        coin_id=coin_id,
        epoch=coin.epoch,
        value_fen=coin.value_fen,
        fund_paid_fen=coin.value_fen if coin.place.forked else 0,
        since_day=since_s // DAY_S,
        due_day=coin.due_s // DAY_S,
    )


def taken(coin: OpenCoin, *, coin_id: bytes, since_s: int, at_s: int) -> Event:
    """A coin, made at `since_s`, that only a culprit would get was taken; what lies on a fork is void."""
    return Event.of(
        EventKind.TAKEN,
        at_s=at_s,
        coin_id=coin_id,
        epoch=coin.epoch,
        value_fen=coin.value_fen,
        void_fen=coin.value_fen if coin.place.forked else 0,
        since_day=since_s // DAY_S,
        due_day=coin.due_s // DAY_S,
    )


def file_report(store: IssuerStore, report: Report, *, now_s: int) -> bool:
    """Log that a report was filed, which the centre has signed; says no if it was before. Call it in a
    transaction.

    No other version of it can be filed later as if it were the first: each has an entry of its own.
    """
    if not store.findings.add_report(report.signed.id, report.made_at_s, now_s):
        return False
    store.audit.append([filed(report, now_s=now_s)])
    return True


def filed(report: Report | PeriodReport, *, now_s: int) -> Event:
    """A report was filed: it speaks for itself whose it is."""
    about = ReportKind.RUN if isinstance(report, Report) else ReportKind.PERIOD
    return Event.of(
        EventKind.REPORT,
        at_s=now_s,
        report_id=report.signed.id,
        made_at_s=report.made_at_s,
        about=about,
    )


def log_policy(store: IssuerStore, policy: LossPolicy, *, now_s: int) -> None:
    """Log the policy of losses if another one has held so far. Call it inside a transaction."""
    told = [policy.rule.value, policy.cap_per_person_fen]
    digest = sha256(encode(told if policy.fund_fen is None else [*told, policy.fund_fen]))
    if store.losses.change_policy(POLICY, digest):
        store.audit.append(
            [
                Event.of(
                    EventKind.POLICY,
                    at_s=now_s,
                    name=POLICY,
                    value=policy.cap_per_person_fen,
                    digest=digest,
                )
            ]
        )


def post(store: IssuerStore, entry: Entry, *, operator: str = "") -> None:
    """Post an entry of the books of which no other event tells, and log it. Call it inside a transaction."""
    post_and_log(store.ledger, store.audit, entry, operator=operator)
