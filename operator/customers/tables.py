"""Tables of what customers do online, besides what `shuangli.operator.schema` has. Added by the second step.

certificates   every certificate of a wallet, in the order in which they were signed; the newest holds
freezes        wallets that are frozen: since when, on whose word, and why
sub_wallets    wallets that another one of the same person has taken under it, with its limits for them
paid_by_day    what a person has paid online on a day (`shuangli.days`) over all wallets here
transfers      payments between customers; the number of the entry in the books is the receipt's
disputes       a payer's objection to a payment, and what became of it
merchants      who takes payments for orders, and into which wallet
sales          orders that merchants want to be paid
tidings        what a wallet is told besides entries in its books, each after the entry that was the last then
answered       answers to requests that carried an idempotency key
clients        programs that may ask for tokens: the hash of their secret, and what they may do
tokens         hashes of tokens that were given out
nonces         nonces of signed requests, while their signature could come again
second_factors the number of a wallet's secret for codes, the last time step used, and wrong codes
recovery_keys  the key that gets a new wallet for the holder of a lost one; added by a later step
"""

from typing import Final

from shuangli.database.tables import BYTES, NUMBER, TEXT, Index, Table

CERTIFICATES: Final = Table(
    name="certificates",
    columns={"certificate_no": NUMBER, "wallet_no": NUMBER, "certificate": BYTES},
    key=("certificate_no",),
)
FREEZES: Final = Table(
    name="freezes",
    columns={"wallet_no": NUMBER, "since_s": NUMBER, "asked_by": TEXT, "reason": TEXT},
    key=("wallet_no",),
)
SUB_WALLETS: Final = Table(
    name="sub_wallets",
    columns={"wallet_no": NUMBER, "parent_no": NUMBER, "payment_fen": NUMBER, "day_fen": NUMBER},
    key=("wallet_no",),
    indexes=(Index("sub_wallets_by_parent", ("parent_no",)),),
)
PAID_BY_DAY: Final = Table(
    name="paid_by_day",
    columns={"payer": BYTES, "day": NUMBER, "paid_fen": NUMBER},
    key=("payer", "day"),
)
TRANSFERS: Final = Table(
    name="transfers",
    columns={
        "receipt_no": NUMBER,
        "kind": TEXT,
        "payer_no": NUMBER,
        "payee_no": NUMBER,
        "amount_fen": NUMBER,
        "at_s": NUMBER,
        "note": TEXT,
        "refunds_no": NUMBER,
    },
    key=("receipt_no",),
    optional=("refunds_no",),
    indexes=(
        Index("transfers_by_payer", ("payer_no", "receipt_no")),
        Index("transfers_by_payee", ("payee_no", "receipt_no")),
        Index("refunds", ("refunds_no",), where="refunds_no IS NOT NULL"),
    ),
)
DISPUTES: Final = Table(
    name="disputes",
    columns={
        "dispute_no": NUMBER,
        "receipt_no": NUMBER,
        "opened_by": NUMBER,
        "reason": TEXT,
        "opened_at_s": NUMBER,
        "outcome": TEXT,
        "resolved_at_s": NUMBER,
    },
    key=("dispute_no",),
    optional=("resolved_at_s",),
    unique=(("receipt_no",),),
)
MERCHANTS: Final = Table(
    name="merchants",
    columns={"wallet_no": NUMBER, "name": TEXT, "category": TEXT, "since_s": NUMBER},
    key=("wallet_no",),
)
SALES: Final = Table(
    name="sales",
    columns={
        "wallet_no": NUMBER,
        "order_id": TEXT,
        "amount_fen": NUMBER,
        "description": TEXT,
        "expires_at_s": NUMBER,
        "receipt_no": NUMBER,
    },
    key=("wallet_no", "order_id"),
    optional=("receipt_no",),
)
TIDINGS: Final = Table(
    name="tidings",
    columns={"number": NUMBER, "wallet_no": NUMBER, "after_no": NUMBER, "kind": TEXT, "at_s": NUMBER},
    key=("number",),
    indexes=(Index("tidings_by_wallet", ("wallet_no", "number")),),
)
ANSWERED: Final = Table(
    name="answered",
    columns={"once_key": TEXT, "request_digest": BYTES, "answer": BYTES, "at_s": NUMBER},
    key=("once_key",),
)
CLIENTS: Final = Table(
    name="clients",
    columns={
        "name": TEXT,
        "secret_hash": BYTES,
        "scopes": TEXT,
        "wallet": BYTES,
        "revoked_at_s": NUMBER,
    },
    key=("name",),
    optional=("wallet", "revoked_at_s"),
)
TOKENS: Final = Table(
    name="tokens",
    columns={"digest": BYTES, "client": TEXT, "scopes": TEXT, "expires_at_s": NUMBER},
    key=("digest",),
    indexes=(Index("tokens_by_end", ("expires_at_s",)),),
)
NONCES: Final = Table(
    name="nonces",
    columns={"wallet": BYTES, "nonce": TEXT, "until_s": NUMBER},
    key=("wallet", "nonce"),
    indexes=(Index("nonces_by_end", ("until_s",)),),
)
SECOND_FACTORS: Final = Table(
    name="second_factors",
    columns={
        "wallet_no": NUMBER,
        "number": NUMBER,
        "confirmed": NUMBER,
        "last_step": NUMBER,
        "wrong": NUMBER,
        "locked_until_s": NUMBER,
    },
    key=("wallet_no",),
)
RECOVERY_KEYS: Final = Table(
    name="recovery_keys",
    columns={"wallet_no": NUMBER, "key": BYTES, "since_s": NUMBER},
    key=("wallet_no",),
    unique=(("key",),),
)
IDENTIFICATIONS: Final = Table(
    name="identifications",
    columns={
        "number": NUMBER,
        "selector": TEXT,
        "person": BYTES,
        "tier": NUMBER,
        "wrong": NUMBER,
        "expires_at_s": NUMBER,
    },
    key=("number",),
    indexes=(
        Index("identifications_by_selector", ("selector",)),
        Index("identifications_by_person", ("person",)),
    ),
)
CUSTOMER_STEP: Final = (
    CERTIFICATES,
    "INSERT INTO certificates SELECT wallet_no, wallet_no, certificate FROM wallets",
    *(FREEZES, SUB_WALLETS, PAID_BY_DAY, TRANSFERS, DISPUTES, MERCHANTS, SALES, TIDINGS),
    *(ANSWERED, CLIENTS, TOKENS, NONCES, SECOND_FACTORS),
    "DROP TABLE done_once",
    "CREATE INDEX postings_by_account ON postings (account, entry_no)",
)
