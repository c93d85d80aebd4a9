"""Events that risk control decides about, and what was before them."""

from collections.abc import Sequence

from shuangli.operator.risk.events import EventKind, History, Place, RiskEvent

NOW = 1_800_000_000
ME = bytes(31) + b"m"


def event(
    kind: EventKind = EventKind.PAID_OUT,
    amount_fen: int = 1_000,
    *,
    ago_s: int = 0,
    other: int = 0,
    place: Place | None = None,
    is_company: bool = False,
) -> RiskEvent:
    """Something that happened to a wallet so long ago."""
    return RiskEvent(
        wallet_no=1,
        person=ME,
        kind=kind,
        amount_fen=amount_fen,
        at_s=NOW - ago_s,
        counterparty=other.to_bytes(32, "big") if other else b"",
        place=place,
        is_company=is_company,
    )


def history(events: Sequence[RiskEvent]) -> History:
    """What was before an event: these, in the order of time."""
    times = [one.at_s for one in events]
    return History(
        events=tuple(sorted(events, key=lambda one: one.at_s)),
        last_at_s=max(times, default=None),
        first_at_s=min(times, default=None),
    )
