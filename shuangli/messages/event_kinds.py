"""The kinds of entries of an audit log, and of what they tell; the numbers go into the log and stay."""

from enum import IntEnum


class EventKind(IntEnum):
    """What has happened; the numbers go into the log and stay. `FACTS` says what each tells."""

    LOAD = 1
    SETTLEMENT = 2
    POSTING = 3
    RETURN = 4
    CASE = 5
    CERTIFICATE = 6
    REVOCATION = 7
    ACCOUNT = 8
    FREEZE = 9
    POLICY = 10
    REPORT = 11
    DISCLOSURE = 12
    TAKEN = 13
    EPOCH = 14
    RISK = 15
    FINDING = 16
    IDENTITY = 17
    ERASURE = 18


class AccountChange(IntEnum):
    """What has become of a wallet at its operator."""

    OPENED = 1
    CLOSED = 2
    LOST = 3
    RENEWED = 4
    LOST_AFTER_CLOSING = 5


class EpochChange(IntEnum):
    """What has become of an epoch: the names are those of its states (`issuer.epochs.states`)."""

    OPEN = 1
    MINTING_CLOSED = 2
    STOPPED = 3
    SUSPENDED = 4
    CLOSED = 5
    ARCHIVED = 6


class RiskStep(IntEnum):
    """What an operator's risk control, or who has reviewed it, says of a movement."""

    FLAGGED = 1
    HELD = 2
    FROZEN = 3
    CLEARED = 4
    CONFIRMED = 5


class FreezeStep(IntEnum):
    """Whether a wallet is frozen, or released again; at the centre, a coin that only a culprit would get."""

    FROZEN = 1
    RELEASED = 2
    COIN_FROZEN = 3


class Finding(IntEnum):
    """What is wrong with some of an upload without being a case.

    LATE: handed in after its deadline and grace. OVER_LIMIT: paid over the payer's limit of one payment; the
    value is what is over it. STALE_LIST: paid by a key after a list was out that revokes it, so that the
    payee had an older one.
    """

    LATE = 1
    OVER_LIMIT = 2
    STALE_LIST = 3


class ReportKind(IntEnum):
    """What is filed: of a period, of a simulated run, of a day's large values."""

    PERIOD = 1
    RUN = 2
    LARGE_VALUES = 3


class Reason(IntEnum):
    """Why an identity is asked for."""

    DOUBLE_SPEND = 1
    MONEY_LAUNDERING = 2
    FRAUD = 3
    COURT_ORDER = 4
    HOLDER_ASKED = 5


class IdentityStep(IntEnum):
    """What has become of a request for an identity."""

    REQUESTED = 1
    GRANTED = 2
    REFUSED = 3
