"""What the facts of each kind of entry are, in their order: the table behind `shuangli.messages.events`."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from shuangli.messages.event_facts import (
    NO_TIER,
    Check,
    check_change,
    check_day,
    check_epoch,
    check_number,
    check_one_of,
    check_outcomes,
    check_tier,
    check_tier_or_none,
    check_tiers,
    check_waits,
    check_words,
)
from shuangli.messages.event_kinds import (
    AccountChange,
    EpochChange,
    EventKind,
    Finding,
    FreezeStep,
    IdentityStep,
    Reason,
    ReportKind,
    RiskStep,
)
from shuangli.messages.fields import check_amount, check_id, check_time


class Shape(NamedTuple):
    """The facts of a kind in their order; `each` of them may follow, again and again, one group an epoch.

    `unless_told` has the values of facts that not everybody who logs the kind has anything to say to.
    """

    facts: dict[str, Check]
    each: dict[str, Check]
    unless_told: Mapping[str, Any] = MappingProxyType({})


_SUPPLY: Final[dict[str, Check]] = {
    "epoch": check_epoch,
    "redeemed_fen": check_change,
    "returned_fen": check_change,
    "forked_fen": check_change,
    "fund_paid_fen": check_change,
    "void_fen": check_change,
    "since_day": check_day,
    "due_day": check_day,
    "open_fen": check_change,
}
"""How an epoch's supply changes, in the words of `issuer.supply`; what is open follows from it.

`open_fen` is how what is outstanding changes of coins that were minted or paid on `since_day`, and can be
handed in up to `due_day`, both in days since 1970. Where it changes for several such days, further groups of
the epoch follow, and their other changes are 0.
"""
_UNDATED: Final = {"since_day": 0, "due_day": 0}

FACTS: Final[dict[EventKind, Shape]] = {
    # A load was minted; its operator says of which tier the wallet is that has paid for it, the centre when
    # its coins are due.
    EventKind.LOAD: Shape(
        {
            "load_id": check_id,
            "epoch": check_epoch,
            "value_fen": check_amount,
            "tier": check_tier_or_none,
            "since_day": check_day,
            "due_day": check_day,
        },
        {},
        {"tier": NO_TIER, **_UNDATED},
    ),
    # An upload was settled, and acknowledged with these outcomes; how supply changes is told by the centre.
    EventKind.SETTLEMENT: Shape(
        {
            "upload_id": check_id,
            "received_at_s": check_time,
            "credited_fen": check_number,
            "refunded_fen": check_number,  # the part of it that payees' refusals gave back
            "outcomes": check_outcomes,
            "waits": check_waits,  # of each payment that was settled, how long it had waited
            "tier": check_tier_or_none,  # of the wallet that is credited, as its operator knows
        },
        _SUPPLY,
        {"waits": b"", "tier": NO_TIER},
    ),
    # Entries of the books that no other event speaks of: `digest` is `digest_of_entries`, `tiers` those of
    # the deposits in them, one byte for each posting.
    EventKind.POSTING: Shape(
        {
            "first_entry_no": check_number,
            "last_entry_no": check_number,
            "moved_fen": check_amount,
            "digest": check_id,
            "tiers": check_tiers,
        },
        {},
        {"tiers": b""},
    ),
    # A coin that nobody claimed has gone back; the fund pays for what lies on a fork. An operator does not
    # know the epoch: in its log it is 0.
    EventKind.RETURN: Shape(
        {
            "return_no": check_number,
            "coin_id": check_id,
            "epoch": check_epoch,
            "value_fen": check_amount,
            "fund_paid_fen": check_number,
            "tier": check_tier_or_none,
            "since_day": check_day,
            "due_day": check_day,
        },
        {},
        {"tier": NO_TIER, **_UNDATED},
    ),
    # A case was found. `evidence`: SHA-256 of the file. What is paid for it is told by settlements and
    # returns, for each epoch; what its culprit owes, by postings.
    EventKind.CASE: Shape(
        {"case_no": check_number, "evidence": check_id, "epoch": check_epoch, "face_fen": check_number}, {}
    ),
    # A certificate of any kind was signed: its id.
    EventKind.CERTIFICATE: Shape({"certificate_id": check_id, "expires_at_s": check_time}, {}),
    # A revocation list was signed: its number and id, and how many it revokes.
    EventKind.REVOCATION: Shape(
        {
            "list_no": check_number,
            "list_id": check_id,
            "wallets": check_number,
            "operators": check_number,
            "epochs": check_number,
        },
        {},
    ),
    # A wallet was opened, closed, reported lost, or its certificate renewed: in another tier, if
    # `tier_before` is told, and its deposit goes with it.
    EventKind.ACCOUNT: Shape(
        {
            "enrolment_id": check_id,
            "change": check_one_of(AccountChange),
            "tier": check_tier,
            "tier_before": check_tier_or_none,
            "deposit_fen": check_change,
        },
        {},
        {"tier_before": NO_TIER, "deposit_fen": 0},
    ),
    # Value was frozen, or released if negative: of a wallet (`record` is its enrolment's id); at the centre a
    # coin that only a culprit would get (its id): what becomes of it, a settlement or a taking tells.
    EventKind.FREEZE: Shape(
        {"record": check_id, "frozen_fen": check_change, "step": check_one_of(FreezeStep)},
        {},
        {"step": FreezeStep.FROZEN},
    ),
    # A limit or a policy holds from now on: its name, its value or the number of its table, and the SHA-256
    # of its full text.
    EventKind.POLICY: Shape({"name": check_words, "value": check_number, "digest": check_id}, {}),
    # A report was filed: its id, the time up to which it speaks, and how much it reports.
    EventKind.REPORT: Shape(
        {
            "report_id": check_id,
            "made_at_s": check_time,
            "about": check_one_of(ReportKind),
            "reported": check_number,
        },
        {},
        {"about": ReportKind.PERIOD, "reported": 0},
    ),
    # An identity was disclosed: to which authority, in which case, and the SHA-256 of the order; and why.
    EventKind.DISCLOSURE: Shape(
        {
            "authority": check_words,
            "case_no": check_number,
            "order": check_id,
            "reason": check_one_of(Reason),
        },
        {},
        {"reason": Reason.DOUBLE_SPEND},
    ),
    # A coin that only a culprit would get has left circulation: it covers what the culprit owes. What lies on
    # a fork is worth nothing, and is void.
    EventKind.TAKEN: Shape(
        {
            "coin_id": check_id,
            "epoch": check_epoch,
            "value_fen": check_amount,
            "void_fen": check_number,
            "since_day": check_day,
            "due_day": check_day,
        },
        {},
        _UNDATED,
    ),
    # An epoch was opened, or has come into another state: the id of its certificate.
    EventKind.EPOCH: Shape(
        {"epoch": check_epoch, "change": check_one_of(EpochChange), "certificate_id": check_id}, {}
    ),
    # Risk control has decided about a movement, or a reviewer about its case: the SHA-256 of what is stored.
    EventKind.RISK: Shape({"record": check_id, "step": check_one_of(RiskStep)}, {}),
    # Some of an upload is wrong without being a case: how many spends or payments, and their value.
    EventKind.FINDING: Shape(
        {
            "upload_id": check_id,
            "finding": check_one_of(Finding),
            "found": check_number,
            "value_fen": check_number,
        },
        {},
    ),
    # An identity was asked for, or an answer was given: the SHA-256 of the request, with a nonce in it.
    EventKind.IDENTITY: Shape(
        {"request": check_id, "step": check_one_of(IdentityStep), "reason": check_one_of(Reason)}, {}
    ),
    # Personal data was erased whose retention has ended: of how many wallets that were closed before.
    EventKind.ERASURE: Shape({"wallets": check_number, "closed_before_s": check_time}, {}),
}
"""What the facts of each kind are, in their order."""
