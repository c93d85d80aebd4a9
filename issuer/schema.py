"""The tables of the issuer's database that have no store of their own.

mint_log, orders  load key -> number; an order's owner and nonce -> the load that answered it
facts, forks      coin key -> what spends it, by the object's id (empty for a refusal) and number; every
                  further spend of the coin. `settled_fen` is the coin's value once the spend has closed it,
                  0 until then
cases             one row per coin that was spent twice
supply            running totals by epoch, as in `issuer.supply`
fund_claims       what the guarantee fund has paid to a person
answers           what an operator was answered to an upload, until its watermark says that it knows
revocation_lists  the newest, as signed

What is looked up by a hash lies in the order of time: a key is the time at which the load or transfer was
signed, then the hash (`issuer.facts.dated_key`). So what is looked up and entered today lies together,
however much lies before it.
"""

from typing import Final

from shuangli.database.tables import BYTES, NUMBER, TEXT, Index, Table

MINT_LOG: Final = Table(name="mint_log", columns={"load_key": BYTES, "load_no": NUMBER}, key=("load_key",))
ORDERS: Final = Table(
    name="orders",
    columns={"owner": BYTES, "nonce": BYTES, "order_id": BYTES, "load_no": NUMBER},
    key=("owner", "nonce"),
)
FACTS: Final = Table(
    name="facts",
    columns={"coin_key": BYTES, "object_id": BYTES, "object_no": NUMBER, "settled_fen": NUMBER},
    key=("coin_key",),
    partitioned_by="coin_key",
)
FORKS: Final = Table(
    name="forks",
    columns={"coin_key": BYTES, "object_id": BYTES, "object_no": NUMBER, "settled_fen": NUMBER},
    key=("coin_key", "object_id"),
)
CASES: Final = Table(
    name="cases",
    columns={
        "case_no": NUMBER,
        "coin_key": BYTES,
        "culprit": BYTES,
        "operator": TEXT,
        "face_fen": NUMBER,
        "parent_no": NUMBER,
        "position": NUMBER,
        "source_id": BYTES,
        "found_s": NUMBER,
    },
    key=("case_no",),
    unique=(("coin_key",),),
    indexes=(Index("cases_by_culprit", ("culprit",)),),
)
SUPPLY: Final = Table(
    name="supply",
    columns={
        "epoch": NUMBER,
        "loaded_fen": NUMBER,
        "redeemed_fen": NUMBER,
        "returned_fen": NUMBER,
        "outstanding_fen": NUMBER,
        "forked_fen": NUMBER,
        "fund_paid_fen": NUMBER,
        "void_fen": NUMBER,
        "forked_open_fen": NUMBER,
    },
    key=("epoch",),
)
FUND_CLAIMS: Final = Table(name="fund_claims", columns={"person": BYTES, "paid_fen": NUMBER}, key=("person",))
ANSWERS: Final = Table(
    name="answers",
    columns={
        "operator": TEXT,
        "upload_id": BYTES,
        "outcomes": BYTES,
        "credited_fen": NUMBER,
        "returned_fen": NUMBER,
        "received_s": NUMBER,
    },
    key=("operator", "upload_id"),
)
REVOCATION_LISTS: Final = Table(
    name="revocation_lists", columns={"number": NUMBER, "data": BYTES}, key=("number",)
)
CENTRE_TABLES: Final = (
    MINT_LOG,
    ORDERS,
    FACTS,
    FORKS,
    CASES,
    SUPPLY,
    FUND_CLAIMS,
    ANSWERS,
    REVOCATION_LISTS,
)
