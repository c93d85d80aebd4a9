"""The data dictionary: every column of every table that a run writes, told once.

From it come the tables of docs/reference/data-dictionary.md (`scripts/make_reference.py`), the
`datapackage.json` of each run, and the tests that compare it with what is written.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from shuangli.data_package import Column, package, resource
from shuangli.sims.signatures import HOME

PAYMENTS: Final = "payments.parquet"
CASES: Final = "cases.parquet"
TRANSACTIONS: Final = "transactions.parquet"
TRANSIT: Final = "transit"
PURPOSES: Final = "other"
"""Where a column is there: in transit, or in the scenarios in which payments are for several things."""

DICTIONARY: Final[Mapping[str, tuple[str, tuple[Column, ...]]]] = {
    PAYMENTS: (
        "every payment that was attempted, in order of time, then payer, then payee",
        (
            Column("at_s", "int64", "s", "when payer and payee met"),
            Column("payer", "int32", "", "number of the paying device in this run"),
            Column("payee", "int32", "", "number of the device that is paid"),
            Column("amount_fen", "int64", "fen", "what the payee asked for"),
            Column("coins", "int16", "coins", "that the payment spends; 0 where nothing was signed"),
            Column(
                "hops",
                "int16",
                "",
                "changes of key of its longest chain, this payment included; 0 where nothing was signed",
            ),
            Column("carried_bytes", "int32", "bytes", "of all messages in both directions"),
            Column(
                "outcome",
                "string",
                "",
                "what became of it: `paid`, `refused-by-payee`, `unanswered` (signed, nothing came back),"
                " `not-open` (one of the two had no open wallet), or the code of the error that ended it",
            ),
            Column(
                "transfer_id", "binary", "", "id of the transfer, 32 bytes; empty where nothing was signed"
            ),
            Column(
                "attack", "string", "", "the kind of attack that it belongs to (the truth); null for none"
            ),
            Column("received_s", "int64", "s", "when an operator first received the transfer; null if never"),
            Column(
                "forked", "bool", "", "it spends a coin that was spent twice (the truth, not what was found)"
            ),
            Column(
                "payer_kind", "string", "", "the kind of adversary that pays (the truth); null for nobody's"
            ),
            Column("payee_kind", "string", "", "the same of who is paid"),
            Column("latency_s", "int64", "s", "`received_s` - `at_s`"),
            Column(
                "entry_s", "int64", "s", "when the trip began; null for what is paid on the side", TRANSIT
            ),
            Column("origin", "string", "", "station of entry, or bus line", TRANSIT),
            Column("destination", "string", "", "station of exit, or bus line", TRANSIT),
            Column("phone", "string", "", "`card`, `phone-element` or `phone-soft`", TRANSIT),
            Column("waited_ms", "int32", "ms", "in the queue at the gate", TRANSIT),
            Column("kind", "string", "", "what it is for; null for what is paid on the side", PURPOSES),
            Column(
                "group", "int64", "", "payments of one group belong together, as shares of a bill", PURPOSES
            ),
        ),
    ),
    CASES: (
        "every double spend that was found, in the order in which the cases were opened",
        (
            Column("case", "int32", "", "number, from 1"),
            Column("coin_id", "binary", "", "the coin that was spent twice, 32 bytes"),
            Column("culprit", "binary", "", "the key that signed both transfers, 32 bytes"),
            Column("operator", "string", "", "who certified that key"),
            Column("face_fen", "int64", "fen", "what the coin was worth"),
            Column("paid_fen", "int64", "fen", "claimed of it on all branches"),
            Column("loss_fen", "int64", "fen", "max(0, `paid_fen` - `face_fen`)"),
            Column(
                "second_spend_s",
                "int64",
                "s",
                "when the second transfer was signed (the truth); null if the simulator knows of none",
            ),
            Column("found_s", "int64", "s", "when the second transfer was handed in"),
            Column("kind", "string", "", "the kind of adversary that holds the key (the truth)"),
            Column("evidence", "string", "", "file, relative to the run's directory"),
        ),
    ),
    TRANSACTIONS: (
        "every payment that was paid, labelled, with columns named after PaySim's and AMLSim's",
        (
            Column("transaction", "int64", "", "number, from 1, in order of time"),
            Column("step", "int32", "h", "hour since the start of the run, from 1"),
            Column("at_s", "int64", "s", "when it was paid"),
            Column("type", "string", "", "`PAYMENT` to a merchant, `TRANSFER` to a person"),
            Column("amount_fen", "int64", "fen", "what was paid"),
            Column(
                "name_orig",
                "string",
                "",
                "who pays: its number in `payments.parquet`, after C for a person, M for a merchant",
            ),
            Column("bank_orig", "string", "", "its operator"),
            Column("name_dest", "string", "", "who is paid, in the same way"),
            Column("bank_dest", "string", "", "its operator"),
            Column("hops", "int16", "", "changes of key of its longest chain, this payment included"),
            Column(
                "received_s", "int64", "s", "when an operator first received it; null if never: unseen by any"
            ),
            Column("is_fraud", "bool", "", "it belongs to an attack, or spends a coin twice (the truth)"),
            Column("attack", "string", "", "the kind of attack (the truth); null for none"),
            Column(
                "alert", "int32", "", "the first case that was opened over one of its coins; null for none"
            ),
            Column("transfer_id", "binary", "", "as in `payments.parquet`"),
        ),
    ),
}
"""What each table holds, and its columns in their order."""


def columns_of(table: str, scenario: str, currency: str = HOME) -> list[Column]:
    """The columns that a table has in a run of this scenario; only yuan are counted in fen."""
    where = {"", TRANSIT if scenario == TRANSIT else PURPOSES}
    smallest = "fen" if currency == HOME else f"smallest unit of {currency}"
    return [
        column._replace(unit=smallest) if column.unit == "fen" else column
        for column in DICTIONARY[table][1]
        if column.where in where
    ]


def descriptor(figures: Mapping[str, Any], files: Mapping[str, bytes]) -> dict[str, Any]:
    """The content of `datapackage.json` (Data Package 2.0): the tables of a run, and what they mean."""
    scenario = figures["scenario"]
    tables = [name for name in DICTIONARY if name in files]
    return package(
        f"shuangli-{scenario['name']}-{scenario['seed']}",
        f"A simulated run of {scenario['name']} with seed {scenario['seed']}",
        [
            resource(
                name,
                DICTIONARY[name][0],
                columns_of(name, scenario["name"], scenario["currency"]),
                files[name],
            )
            for name in tables
        ],
    )


def as_markdown(table: str) -> str:
    """The columns of a table as docs/reference/data-dictionary.md shows them."""
    lines = ["| column | type | unit | meaning |", "|---|---|---|---|"]
    heads = {TRANSIT: "transit: ", PURPOSES: "not in transit: ", "": ""}
    columns: Sequence[Column] = DICTIONARY[table][1]
    lines += [
        f"| `{column.name}` | {column.kind} | {column.unit} | {heads[column.where]}{column.about} |"
        for column in columns
    ]
    return "\n".join(lines) + "\n"
