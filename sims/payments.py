"""The payments of a run as a table, and what the centre's database adds to it."""

from collections.abc import Sequence
from typing import Final

import polars as pl

from shuangli.issuer.cases import recorded_spends
from shuangli.issuer.epochs.ageing import returned_by_age
from shuangli.issuer.facts import ObjectKind
from shuangli.issuer.store import IssuerStore
from shuangli.messages.session import Refusal
from shuangli.sims.adversaries.labels import kinds_by_device
from shuangli.sims.adversaries.truth import REFUSED, Deed, Heard, forked_coins
from shuangli.sims.played import PaymentRow
from shuangli.sims.scenario import Labels, Scenario
from shuangli.sims.transit.figures import with_trips

COLUMNS: Final = {
    "at_s": pl.Int64,
    "payer": pl.Int32,
    "payee": pl.Int32,
    "amount_fen": pl.Int64,
    "tag": pl.Int64,
    "coins": pl.Int16,
    "hops": pl.Int16,
    "carried_bytes": pl.Int32,
    "outcome": pl.String,
    "transfer_id": pl.Binary,
    "attack": pl.String,
}


class PaymentLog:
    """Collects the payments of each window in columns."""

    def __init__(self) -> None:
        self._parts: list[pl.DataFrame] = []
        self.count = 0

    def add(self, rows: Sequence[PaymentRow]) -> None:
        """Add a window's payments."""
        if rows:
            self._parts.append(pl.DataFrame(rows, schema=COLUMNS, orient="row"))
            self.count += len(rows)

    def table(self) -> pl.DataFrame:
        """All payments in order of time, then payer."""
        empty = pl.DataFrame(schema=COLUMNS)
        return pl.concat([empty, *self._parts]).sort("at_s", "payer", "payee", maintain_order=True)


def gone_back_fen(store: IssuerStore) -> int:
    """What went back since nobody had claimed it, in fen; its payee's device does not know."""
    return sum(back.value_fen for back in returned_by_age(store.database, now_s=0) if not back.from_fund)


def received_transfers(store: IssuerStore) -> pl.DataFrame:
    """Every transfer that was handed in, with when an operator first received it."""
    rows = store.transfers_received()
    received = pl.DataFrame(rows, schema={"transfer_id": pl.Binary, "received_s": pl.Int64}, orient="row")
    # A transfer that different bundles showed in part is kept more than once; the first time counts.
    return received.group_by("transfer_id").agg(pl.col("received_s").min())


def heard_of(store: IssuerStore, received: pl.DataFrame, deeds: Sequence[Deed]) -> Heard:
    """What the centre has heard of; which spends it has recorded of the coins that `deeds` sign away."""
    refusals = (Refusal.parse(data) for data, _ in store.objects.of_kind(ObjectKind.REFUSAL))
    refused = {REFUSED + transfer_id for refusal in refusals for transfer_id in refusal.transfer_ids}
    signed: dict[bytes, set[bytes]] = {}
    for deed in deeds:
        signed.setdefault(deed.coin_id, set()).add(deed.transfer_id)
    spends: dict[bytes, set[bytes]] = {}
    for coin_id, by in recorded_spends(store):
        if coin_id in signed:
            known = {by} if by else {each for each in signed[coin_id] if each.startswith(REFUSED)}
            spends.setdefault(coin_id, set()).update(known)
    return Heard(received=set(received["transfer_id"]) | refused, spends=spends)


def settled_payments(
    payments: pl.DataFrame, received: pl.DataFrame, scenario: Scenario, deeds: Sequence[Deed]
) -> pl.DataFrame:
    """The table of `payments.parquet`: see the data dictionary in `docs/reference/results.md`.

    Adds when an operator first received each transfer (`received_s`, null if never), the labels `forked` (it
    spends a coin that was spent twice), `payer_kind` and `payee_kind` (the kind of adversary that holds the
    device, null for nobody's), which are the truth and not what was found, and the trip where there is one.
    """
    forks = forked_coins(deeds)
    forked = sorted({deed.transfer_id for deed in deeds if deed.coin_id in forks})
    kinds = kinds_by_device(scenario.plans)
    table = payments.join(received, on="transfer_id", how="left", maintain_order="left").with_columns(
        pl.col("transfer_id").is_in(pl.Series(forked, dtype=pl.Binary).implode()).alias("forked"),
        pl.col("attack").replace("", None),
        *(
            pl.col(who).replace_strict(kinds, default=None, return_dtype=pl.String).alias(f"{who}_kind")
            for who in ("payer", "payee")
        ),
        (pl.col("received_s") - pl.col("at_s")).alias("latency_s"),
    )
    if scenario.labels is not None:
        return _labelled(table, scenario.labels)
    if scenario.trips is None:
        return table.drop("tag")
    # What an adversary pays on the side belongs to no trip.
    return with_trips(table, scenario.trips, first_day_s=scenario.first_day_s).drop("tag")


def _labelled(table: pl.DataFrame, labels: Labels) -> pl.DataFrame:
    """What each payment is for (`kind`), and with which others (`group`); null for an adversary's."""
    tag = pl.when(pl.col("tag") >= 0).then("tag")
    kinds = dict(enumerate(labels.kinds))
    return table.with_columns(
        (tag % len(kinds)).replace_strict(kinds, default=None, return_dtype=pl.String).alias("kind"),
        (tag // len(kinds)).alias("group"),
    ).drop("tag")
