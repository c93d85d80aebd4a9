"""The operator, from pages: load, reconcile, a recovery file, and how the account last stood."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from shuangli import codec
from shuangli.errors import ProtocolError, Refused, StoreError
from shuangli.messages.fields import read_array
from shuangli.wallet.commands.account import statement
from shuangli.wallet.commands.edges import Answer, Edges
from shuangli.wallet.commands.looking import limits
from shuangli.wallet.commands.online import load, sync
from shuangli.wallet.commands.opened import OpenWallet
from shuangli.wallet.commands.opening import backup, recovery_file

HEARD: Final = "account-heard"
"""The name under which the file keeps what the operator said of the account."""
STATEMENT_LINES: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What the operator said of the account when it was reached last: deposit, what is left of limits."""

    at_s: int
    deposit_fen: int
    pay_left_fen: int
    load_left_fen: int


class Account:
    """The account of one open wallet.

    Attributes:
        lines: the newest lines of its statement, once this process has asked
    """

    __slots__ = ("_edges", "_opened", "lines")

    def __init__(self, opened: OpenWallet, edges: Edges) -> None:
        """The operator is not asked yet."""
        self._opened = opened
        self._edges = edges
        self.lines: list[dict[str, Any]] = []

    def load(self, amount_fen: int, *, deposit: bool, code: str) -> Answer:
        """Load from the deposit; with `deposit`, pay that in first (sandbox). Large amounts want a `code`.

        Raises:
            Refused: over a limit, the deposit is too small, or a code is wanted (`second-factor`).
            StoreError: the operator cannot be reached (`unavailable`); asking again asks for the same.
        """
        answer = load(self._opened, amount_fen, deposit=deposit, code=code, edges=self._edges)
        self._hear()
        return answer

    def sync(self) -> Answer:
        """Hand in what was received, fetch what is new, and ask how the account stands.

        Raises:
            StoreError: the operator cannot be reached (`unavailable`); what was stored stands.
            ProtocolError, Refused: the operator does not accept what it is sent, or sends what does not hold.
        """
        answer = sync(self._opened, edges=self._edges)
        self._hear()
        return answer

    def backup(self, *, passphrase: str, code: str) -> bytes:
        """A recovery file sealed with the passphrase; one that was made before stops working.

        A wallet that has a second factor wants its `code`.

        Raises:
            Refused: the operator does not take it.
            StoreError: the operator cannot be reached (`unavailable`).
        """
        secret = backup(self._opened, edges=self._edges, code=code)
        return recovery_file(self._opened, secret, passphrase=passphrase, edges=self._edges)

    def _hear(self) -> None:
        """Ask how the account stands; that nobody answers does not undo what was done before."""
        with suppress(StoreError, Refused, ProtocolError):
            self._ask()

    def _ask(self) -> None:
        told: dict[str, Any] = statement(self._opened, most=STATEMENT_LINES, edges=self._edges).facts
        left: dict[str, Any] = limits(self._opened, edges=self._edges).facts
        self.lines = told["lines"]
        if left["reached"]:
            fields = [told["deposit_fen"], left["left_today_fen"], left["load_left_today_fen"]]
            self._opened.file.keep(HEARD, codec.encode([self._edges.now_s(), *fields]))

    def heard(self) -> Heard | None:
        """How the account stood when the operator was reached last from a page; None if it never was."""
        data = self._opened.file.kept.get(HEARD)
        if data is None:
            return None
        at_s, deposit_fen, pay_left_fen, load_left_fen = read_array(data, 4, "account")
        return Heard(
            at_s=at_s, deposit_fen=deposit_fen, pay_left_fen=pay_left_fen, load_left_fen=load_left_fen
        )
