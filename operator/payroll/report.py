"""What has become of a payroll batch, line by line, as a value and as JSON. Pure."""

from dataclasses import asdict, dataclass
from enum import IntEnum
from typing import Any

from shuangli.naming import word_for
from shuangli.operator.payroll.batch import Rejection


class LineState(IntEnum):
    """What has become of a line; the numbers are stored."""

    WAITING = 0
    PAID = 1
    GIVEN_BACK = 2
    """The payee's wallet was closed, frozen or filled meanwhile: the money is the employer's again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineReport:
    """One line of a batch, and what has become of it at `at_s`, None while it waits."""

    line: int
    wallet_no: int
    amount_fen: int
    reference: str
    remittance: str
    name: bytes
    state: LineState
    at_s: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchReport:
    """A batch that was taken, with all its lines in their order."""

    batch_no: int
    batch_id: str
    debtor_no: int
    taken_at_s: int
    lines: tuple[LineReport, ...]

    def sum_fen(self, state: LineState) -> int:
        """What the lines in a state come to."""
        return sum(line.amount_fen for line in self.lines if line.state is state)

    @property
    def is_done(self) -> bool:
        """Whether no line waits."""
        return not any(line.state is LineState.WAITING for line in self.lines)

    def as_json(self) -> dict[str, Any]:
        """The report as JSON; times are in seconds since 1970."""
        return {
            "batch_id": self.batch_id,
            "status": "done" if self.is_done else "waiting",
            "taken_at_s": self.taken_at_s,
            "paid_fen": self.sum_fen(LineState.PAID),
            "given_back_fen": self.sum_fen(LineState.GIVEN_BACK),
            "waiting_fen": self.sum_fen(LineState.WAITING),
            "lines": [
                {
                    "line": line.line,
                    "wallet": line.wallet_no,
                    "amount_fen": line.amount_fen,
                    "reference": line.reference,
                    "status": word_for(line.state),
                    "at_s": line.at_s,
                }
                for line in self.lines
            ],
        }


def rejection_as_json(rejection: Rejection) -> list[dict[str, Any]]:
    """Every problem of a batch that was not taken."""
    return [asdict(problem) for problem in rejection.problems]
