"""The issuer's tables of losses: who owes what, and what a culprit still holds.

holders      the person, by pseudonym, who holds a key, as far as an operator has said so
frozen       coins that a culprit would get, and from when on nobody else can be on time for them; once
             taken, how much of each has been set off
receivables  for each case what the guarantee fund has paid on it, and what has come back of that
recoveries   what a culprit has paid back, by the operator's reference
enrolments   what the holder of a case's key signed at opening, as its operator has shown it
past_cases   cases that are archived, without evidence: their numbers are not given again
policies     the digest of the policy that was logged last, by its name

The books have one account for all receivables and one for all that is frozen; these rows say whose.
"""

from typing import Final

from shuangli.database.tables import BYTES, NUMBER, TEXT, Index, Table

HOLDERS: Final = Table(
    name="holders",
    columns={"key": BYTES, "person": BYTES},
    key=("key",),
    indexes=(Index("holders_by_person", ("person",)),),
)
FROZEN: Final = Table(
    name="frozen",
    columns={
        "parent_no": NUMBER,
        "position": NUMBER,
        "creditor": BYTES,
        "due_s": NUMBER,
        "taken_fen": NUMBER,
        "used_fen": NUMBER,
        "taken_s": NUMBER,
    },
    key=("parent_no", "position"),
    optional=("taken_s",),
)
RECEIVABLES: Final = Table(
    name="receivables",
    columns={
        "coin_key": BYTES,
        "culprit": BYTES,
        "claimed_fen": NUMBER,
        "set_off_fen": NUMBER,
        "recovered_fen": NUMBER,
        "written_off_fen": NUMBER,
    },
    key=("coin_key",),
)
RECOVERIES: Final = Table(
    name="recoveries",
    columns={"operator": TEXT, "reference": BYTES, "debtor": BYTES, "amount_fen": NUMBER},
    key=("operator", "reference"),
)
POLICIES: Final = Table(name="policies", columns={"name": TEXT, "digest": BYTES}, key=("name",))
ENROLMENTS: Final = Table(
    name="enrolments", columns={"key": BYTES, "enrolment": BYTES}, key=("key",), clustered=False
)
PAST_CASES: Final = Table(
    name="past_cases",
    columns={
        "case_no": NUMBER,
        "coin_key": BYTES,
        "culprit": BYTES,
        "operator": TEXT,
        "face_fen": NUMBER,
        "found_s": NUMBER,
    },
    key=("case_no",),
    indexes=(Index("past_cases_by_culprit", ("culprit",)),),
)
LOSS_TABLES: Final = (HOLDERS, FROZEN, RECEIVABLES, RECOVERIES, POLICIES)
