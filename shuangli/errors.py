"""One error tree, split by whose fault it is.

    ShuangliError
    |-- BadInput        the person who started the program: a file, an option, a value (exit code 2)
    |-- ProtocolError   the other side: what it sent cannot be accepted
    |   |-- Malformed       bytes that are not the one legal form of anything
    |   |-- Unverified      a signature, certificate or chain that does not hold
    |   `-- OutOfTurn       a well-formed message in a state that does not expect it
    |-- Refused         nobody: all is in order, and a rule says no (a limit, a deadline, a revocation)
    |-- LinkError       nobody: the connection between two devices; what was stored stands, run it again
    `-- StoreError      our own side: a journal or database that cannot be trusted or reached

Every error carries a stable `code` from `CODES`. A code is never used for a second meaning, so apps
and papers may rely on it; the words after it may change. (After httpx `_exceptions.py`.)
"""

from collections.abc import Mapping
from typing import Final

CODES: Final[dict[str, str]] = {
    # BadInput
    "bad-file": "a file is missing, unreadable or not of the expected kind",
    "bad-column": "a table lacks a column, or has it in the wrong type",
    "bad-value": "a value is outside what is allowed",
    "bad-option": "an option or parameter is unknown or has a bad value",
    "bad-output": "the output directory cannot be written",
    "wrong-passphrase": "the passphrase does not open this wallet file",
    # Malformed
    "cbor": "not deterministic CBOR of the accepted subset",
    "too-large": "more bytes, items or nesting than the bound",
    "shape": "decoded, but not the fields of the expected object",
    "range": "a field outside its range",
    "frame": "a frame, code, record or command that is damaged, or not of the known form",
    # Unverified
    "signature": "a signature does not verify",
    "unknown-signer": "signed by a key that nobody trusted has certified",
    "wrong-network": "made for another network or currency",
    "not-authenticated": "no valid signature of a wallet, or no valid token, came with the request",
    "certificate-time": "a certificate was not valid at the time of signing",
    "epoch": "minted under an unknown epoch, or outside its terms",
    "not-owner": "spent by a key that does not own the coin",
    "unknown-coin": "spends a coin whose chain is not shown",
    "not-conserved": "outputs do not add up to the coin that is spent",
    "time-order": "times decrease along a chain",
    "deadline-order": "a claim deadline later than one before it allows",
    "hop-cap": "more changes of key than the epoch's terms allow",
    "staged": "a received coin spent before it was reconciled",
    "spent-twice": "one bundle spends a coin twice",
    "expired-coin": "spent after the coin's expiry",
    "condition": "value under a condition that does not allow who holds it, or whom it is to pay",
    "not-bound": "not bound to the request at hand",
    "wrong-amount": "pays another amount than was requested",
    "not-minted": "a load that is not in the mint log",
    "report": "a report does not hold: a file, a figure or a piece of evidence",
    "not-a-fork": "the two transfers do not prove a double spend",
    "audit-log": "an entry, a proof or a checkpoint of an audit log does not hold",
    "netting": "a netting statement does not agree with the operator's own books",
    # OutOfTurn
    "out-of-turn": "the message is not expected in this state",
    # Refused
    "insufficient-funds": "the purse does not hold enough",
    "too-many-coins": "would need more coins or bytes than the payee accepts",
    "over-limit": "over a limit of the wallet's tier",
    "pin-required": "the holder must show with the PIN that it is them",
    "wrong-pin": "the PIN is wrong",
    "sync-required": "too many payments or too long since the wallet was last reconciled",
    "request-expired": "the payment request has expired or lies in the future",
    "clock": "the two clocks differ by more than the tolerance",
    "revoked": "a signer in the chain has been revoked",
    "stale-list": "the revocation list is older than the policy allows",
    "too-late": "less time to claim remains than the payee asks for, or the deadline has passed",
    "request-paid": "another payment has already answered this request",
    "own-request": "a wallet does not pay itself",
    "certificate-expired": "this wallet's certificate is not valid now; it must go online to renew it",
    "already-open": "a wallet with this key, or one too many for this person, is already open",
    "unknown-wallet": "no wallet with this key is open at this operator",
    "frozen": "the wallet is frozen",
    "held": "the movement is held until the operator has looked at it",
    "vault-empty": "the operator's vault does not hold enough",
    "reserves-short": "the operator's reserves do not hold enough",
    "nonce-used": "the nonce was used for something else before",
    "locked": "too many wrong passphrases or PINs were given",
    "declined": "the person at the payer's device has said no",
    "too-slow": "the request took longer to arrive than a tap allows: it may come through a relay",
    "not-admitted": "the operator is not one of those that the root certifies now",
    "wrong-operator": "an operator speaks in another's name",
    "not-allowed": "who signed the request, or the token's scopes, may not do this",
    "not-identified": "a wallet is opened with the code that its operator gave to the person it identified",
    "second-factor": "the request needs a valid code of the wallet's second factor, each used once",
    "rate-limited": "too many requests, or too many bytes, in a short time",
    "not-found": "there is no such receipt, dispute, merchant, order or record here",
    "nothing-due": "nothing, or not so much, is open here to be refunded, disputed or paid",
    "element-refused": "the secure element refuses: what it is to sign or to take in does not hold",
    "element-full": "the secure element has no room for this",
    # LinkError
    "link-cut": "the connection was cut",
    "link-silent": "the other device has not answered in time",
    "link-unreachable": "no connection can be made at this address",
    "link-size": "the message is larger than this kind of link carries",
    "link-status": "the other device answers a command with an error",
    # StoreError
    "accused": "a case names somebody who has done nothing: a run is not reported then",
    "corrupt": "stored bytes do not match their digest, or the books do not balance",
    "unavailable": "a file, database or service cannot be reached, or is full",
    "queued": "received and kept, and not final: the registration centre cannot be reached; ask again later",
    "rolled-back": "a wallet file is out of step with its device's counter: an older copy, or a foreign one",
    "out-of-step": "the wallet's journal is behind its secure element, or belongs to another one",
    "worker": "a worker process ended before its work was done",
}


class ShuangliError(Exception):
    """Base of all errors raised on purpose.

    Attributes:
        code: a key of `CODES`
        rule: which one, where several rules share the code, such as `day` for `over-limit`
        figures: by how much, of how much, until when: with their units last in the names
    """

    def __init__(
        self, code: str, detail: str = "", *, rule: str = "", figures: Mapping[str, int] | None = None
    ) -> None:
        if code not in CODES:
            raise ValueError(f"unknown error code {code!r}")
        super().__init__(detail or CODES[code])
        self.code = code
        self.rule = rule
        self.figures: Mapping[str, int] = {} if figures is None else figures


class BadInput(ShuangliError):
    """The caller's file, option or value is wrong: says what, where, and what would be right."""


class ProtocolError(ShuangliError):
    """What the other side sent cannot be accepted; nothing has changed here."""


class Malformed(ProtocolError):
    """Bytes that are not the one legal form of the expected object."""


class Unverified(ProtocolError):
    """A signature, certificate or chain that does not hold."""


class OutOfTurn(ProtocolError):
    """A well-formed message in a state that does not expect it."""


class Refused(ShuangliError):
    """Everything is in order, and a rule says no."""


class LinkError(ShuangliError):
    """The connection between two devices failed; running the session again finishes the same payment."""


class StoreError(ShuangliError):
    """A journal or database that cannot be trusted or reached."""
