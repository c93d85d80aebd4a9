"""What people do at an issuer by hand about cases: look at them and at what is owed, and write debts off.

It works on the issuer's database, on which an issuer may be serving at the same time.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from shuangli.issuer.issuer import Issuer
from shuangli.issuer.losses.by_person import Standing
from shuangli.issuer.losses.case_desk import coin_id_of
from shuangli.issuer.losses.case_store import CaseTold
from shuangli.issuer.losses.gather import losses_by_person
from shuangli.money import format_yuan


class CaseView(NamedTuple):
    """A case as people look at it, with what is owed on it."""

    case: CaseTold

    def facts(self) -> dict[str, Any]:
        """The same for programs; keys and ids as hex, times in seconds since 1970, amounts in fen."""
        case = self.case
        return {
            "case": case.case_no,
            "coin": coin_id_of(case).hex(),
            "culprit": case.culprit.hex(),
            "operator": case.operator,
            "face_fen": case.face_fen,
            "found_s": case.found_s,
            "named": case.named,
            "archived": case.archived,
            "claimed_fen": case.claimed_fen,
            "open_fen": case.open_fen,
        }

    def text(self) -> str:
        """The same for people, in one line; amounts in yuan."""
        case = self.case
        holder = "holder named" if case.named else "holder not named"
        return (
            f"case {case.case_no}: {case.operator}, key {case.culprit.hex()[:16]}, {holder};"
            f" face {format_yuan(case.face_fen)}, paid by the fund {format_yuan(case.claimed_fen)},"
            f" owed {format_yuan(case.open_fen)}"
        )


def look_at_cases(issuer: Issuer) -> Iterator[CaseView]:
    """All cases, in order, also those that are archived."""
    after = 0
    while some := issuer.cases.all(after=after):
        yield from map(CaseView, some)
        after = some[-1].case_no


class DebtView(NamedTuple):
    """What a person owes the guarantee fund, over all cases."""

    standing: Standing

    def facts(self) -> dict[str, Any]:
        """The same for programs; the person is a pseudonym, or a key whose holder nobody has named."""
        one = self.standing
        return {
            "person": one.person.hex(),
            "cases": one.cases,
            "claimed_fen": one.claimed_fen,
            "set_off_fen": one.set_off_fen,
            "recovered_fen": one.recovered_fen,
            "written_off_fen": one.written_off_fen,
            "open_fen": one.open_fen,
        }

    def text(self) -> str:
        """The same for people, in one line; amounts in yuan."""
        one = self.standing
        return (
            f"{one.person.hex()[:16]}: paid by the fund {format_yuan(one.claimed_fen)}, set off"
            f" {format_yuan(one.set_off_fen)}, paid back {format_yuan(one.recovered_fen)}, written off"
            f" {format_yuan(one.written_off_fen)}, owed {format_yuan(one.open_fen)}"
        )


def look_at_debts(issuer: Issuer) -> list[DebtView]:
    """Who owes or has owed the guarantee fund, by pseudonym."""
    return [DebtView(one) for one in losses_by_person(issuer.store) if one.claimed_fen]


def write_off(issuer: Issuer, case_no: int, *, now_s: int) -> int:
    """Let the fund bear for good what the person of a case owes, on all cases; gives how much, in fen.

    Raises:
        Refused: there is no such case, or nothing is owed (`unknown-wallet`).
    """
    with issuer.transaction():
        return issuer.cases.write_off(case_no, now_s=now_s)
