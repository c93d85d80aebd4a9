"""What people do at an issuer by hand: look at its epochs, end, close and archive them, revoke a leaked key.

All of it works on the issuer's database, on which an issuer may be serving at the same time: it reads states
and revoked keys anew for every batch.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from shuangli.errors import BadInput, Refused, Unverified
from shuangli.issuer.epochs.ageing import Aged, Standing, outstanding_by_age
from shuangli.issuer.epochs.states import PAST, EpochState
from shuangli.issuer.epochs.store import EpochRow
from shuangli.issuer.issuer import Issuer
from shuangli.issuer.logged import file_report as file_in_log
from shuangli.issuer.supply import Supply, supply_by_epoch
from shuangli.messages.key_set import KeySet
from shuangli.messages.notices import Report
from shuangli.money import format_yuan
from shuangli.offline.report import verify_signed

_TOTALS = ("loaded_fen", "redeemed_fen", "returned_fen", "outstanding_fen", "forked_open_fen")


class EpochView(NamedTuple):
    """An epoch as people look at it: its state, supply, open coins by age, and what its close waits for.

    There is no supply before the first load, and nothing to wait for once it is closed.
    """

    row: EpochRow
    supply: Supply | None
    aged: Sequence[Aged]
    waits_for: Sequence[str]

    def facts(self) -> dict[str, Any]:
        """The same for programs; times are seconds since 1970."""
        return {
            "epoch": self.row.number,
            "state": self.row.state.value,
            "why": self.row.why,
            "changed_s": self.row.changed_s,
            **{name: getattr(self.supply, name, 0) for name in _TOTALS},
            "open_coins": [
                {**row._asdict(), "standing": row.standing.value} for row in map(_without_epoch, self.aged)
            ],
            "waits_for": [*self.waits_for],
        }

    def text(self) -> str:
        """The same for people: amounts in yuan, open coins summed up by standing."""
        lines = [f"epoch {self.row.number}: {self.row.state.value} ({self.row.why})"]
        for name in _TOTALS:
            amount = format_yuan(getattr(self.supply, name, 0))
            lines.append(f"  {name.removesuffix('_fen').replace('_', ' '):<18}{amount:>20}")
        if self.aged:
            lines.append(f"  {'open coins':<18}{'value':>20}{'coins':>9}{'oldest, days':>14}")
        for standing in Standing:
            rows = [row for row in self.aged if row.standing is standing]
            if rows:
                value, coins = sum(row.value_fen for row in rows), sum(row.coins for row in rows)
                oldest = max(row.age_days for row in rows)
                lines.append(f"  {standing.value:<18}{format_yuan(value):>20}{coins:>9,}{oldest:>14,}")
        return "\n".join([*lines, *(f"  cannot be closed: {what}" for what in self.waits_for)])


class _OpenCoins(NamedTuple):
    """`Aged` of one epoch."""

    standing: Standing
    forked: bool
    age_days: int
    days_left: int | None
    coins: int
    value_fen: int


def _without_epoch(row: Aged) -> _OpenCoins:
    return _OpenCoins(row.standing, row.forked, row.age_days, row.days_left, row.coins, row.value_fen)


def look_at_epochs(issuer: Issuer, *, now_s: int) -> list[EpochView]:
    """All epochs that were ever opened, in order."""
    store = issuer.store
    supplies = {supply.epoch: supply for supply in supply_by_epoch(store)}
    aged = outstanding_by_age(store.database, now_s=now_s)
    return [
        EpochView(
            row=row,
            supply=supplies.get(row.number),
            aged=[each for each in aged if each.epoch == row.number],
            waits_for=(() if row.state in PAST else issuer.epochs.waits_for(row.number, now_s=now_s)),
        )
        for row in store.epochs.all()
    ]


def file_report(issuer: Issuer, data: bytes, *, now_s: int) -> Report:
    """Log that a report was filed which a centre of this network has signed; filed again, nothing changes.

    Raises:
        Malformed, Unverified: it is no report, or does not hold.
    """
    _, report = verify_signed(data, root=issuer.trust.root)
    if report.network != issuer.trust.network:
        raise Unverified("wrong-network", f"the report is of network {report.network}")
    with issuer.transaction():
        file_in_log(issuer.store, report, now_s=now_s)
    return report


def close_epoch(issuer: Issuer, number: int, *, end_minting: bool, now_s: int) -> None:
    """Close an epoch in which everything has its fate; with `end_minting`, let it mint no more at first.

    The end of minting stands also if it cannot be closed yet.

    Raises:
        Refused: there is none of this number, or something in it still waits (`epoch`).
    """
    if end_minting and issuer.store.epochs.get(number).state is EpochState.OPEN:
        with issuer.transaction():
            issuer.epochs.end_minting(number, now_s=now_s)
    state = issuer.store.epochs.get(number).state
    if state in PAST:
        raise Refused("epoch", f"epoch {number} is {state.value} already")
    with issuer.transaction():
        issuer.epochs.close(number, now_s=now_s)


def archive_epoch(issuer: Issuer, number: int, out: Path, *, now_s: int) -> Path:
    """Move a closed epoch to files below `out`; says where. Done again, it ends in the same state.

    Raises:
        Refused: there is none of this number, or it is not closed (`epoch`).
        BadInput: it is archived, and not there (`bad-file`).
        StoreError: the files cannot be written, or do not agree with the database.
    """
    path = issuer.archive_epoch(number, out, now_s=now_s)
    if not path.is_dir():
        raise BadInput("bad-file", f"{path}: epoch {number} was archived elsewhere")
    return path


def revoke_operator(issuer: Issuer, key_set: bytes, name: str, *, now_s: int) -> list[bytes]:
    """Revoke every key that an operator has in the key set; gives them. The next list names them.

    Raises:
        BadInput: the key set names no such operator (`bad-value`).
    """
    named = [each for each in KeySet.parse(key_set).operators if each.claims.subject == name]
    if not named:
        raise BadInput("bad-value", f"{name} is no operator of this network")
    with issuer.transaction():
        for certificate in named:
            issuer.centre.operator_keys.revoke(certificate.signed.data, now_s=now_s)
    return [certificate.claims.key for certificate in named]
