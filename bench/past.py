"""The rows of hops that were settled before: made up, but as many, as long and as far apart as real ones."""

import os
import sys
import time
from typing import Final, NamedTuple

from tqdm import tqdm

from bench.certified import NOW_S, OPERATOR
from shuangli.days import DAY_S
from shuangli.issuer.facts import ObjectKind, OpenCoin, Place, dated_key
from shuangli.issuer.objects import Pack
from shuangli.issuer.schema import FACTS
from shuangli.issuer.store import IssuerStore

DAYS: Final = 30
HOPS_IN_PACK: Final = 100
FACTS_A_HOP: Final = 1.25
"""Four hops and the redemption of what they moved make five facts."""
OBJECT_BYTES: Final = 352
OPEN_A_HOP: Final = 0.25
EPOCH_OF_PAST: Final = 0
"""Not one of the supply: what was before is not counted."""
AT_ONCE: Final = 50_000
BATCH: Final = 1_000


class Rows(NamedTuple):
    """What a number of hops have left behind."""

    packs: list[Pack]
    facts: list[tuple[bytes, bytes, int, int]]
    open_coins: list[OpenCoin]


def make_rows(first_no: int, hops: int, *, at_s: int) -> Rows:
    """The rows of so many hops that were settled at a time, numbered from `first_no` on."""
    count = int(hops * FACTS_A_HOP)
    random = os.urandom(64 * count)
    ids = [random[at : at + 32] for at in range(0, len(random), 32)]
    keys = sorted([dated_key(at_s - at % 600, ids[at]) for at in range(count)])
    return Rows(
        [
            Pack(
                number,
                OPERATOR,
                at_s,
                bytes([ObjectKind.TRANSFER]) * HOPS_IN_PACK,
                tuple([os.urandom(OBJECT_BYTES) for _ in range(HOPS_IN_PACK)]),
            )
            for number in range(first_no, first_no + hops, HOPS_IN_PACK)
        ],
        [(key, ids[count + at], first_no + at * hops // count, 1_000) for at, key in enumerate(keys)],
        [
            OpenCoin(Place(first_no + at * 4, 1, False), 250, EPOCH_OF_PAST, NOW_S + DAY_S)
            for at in range(int(hops * OPEN_A_HOP))
        ],
    )


def insert(store: IssuerStore, rows: Rows) -> None:
    """Insert rows in one transaction."""
    with store.transaction():
        store.objects.add([pack.row for pack in rows.packs])
        store.database.insert(FACTS, rows.facts)
        store.open_coins.add(rows.open_coins)


def seconds_bare(store: IssuerStore, hops: int) -> float:
    """How long the rows of so many hops take and nothing else, in transactions of 1,000 hops."""
    first_no = store.objects.last_no() + 1
    batches = [make_rows(first_no + done, BATCH, at_s=NOW_S) for done in range(0, hops, BATCH)]
    started = time.perf_counter()
    for rows in batches:
        insert(store, rows)
    return time.perf_counter() - started


def fill(store: IssuerStore, hops: int, *, what: str) -> None:
    """Add rows until there are those of so many hops, spread over the days before now."""
    there = store.objects.last_no()
    with tqdm(
        desc=what, total=hops, initial=min(there, hops), unit="hop", file=sys.stderr, disable=None
    ) as bar:
        while there < hops:
            at_s = int(NOW_S - DAYS * DAY_S * (1 - there / hops))
            rows = make_rows(there + 1, min(AT_ONCE, hops - there), at_s=at_s)
            insert(store, rows)
            there += len(rows.packs) * HOPS_IN_PACK
            bar.update(len(rows.packs) * HOPS_IN_PACK)
