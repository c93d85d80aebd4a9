"""The report's verdict and tables: from the figures of `result.json` to rows of text. Pure.

Whatever must hold is a `Check`; one that does not hold is said in the figure that is off, not in its absence.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from shuangli.sims.report.words import (
    HELD,
    book_meaning,
    count,
    money_of,
    outcome_meaning,
    percent,
    place_name,
    plural,
    setting,
)
from shuangli.sims.settings import flat
from shuangli.sims.tap import PAID

Figures = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One tile of the verdict: `holds` is None where it only informs."""

    holds: bool | None
    value: str
    label: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A row with a bar from `start` (0 to 1), `share` (0 to 1) long; `kind` is its colour's role."""

    label: str
    value: str
    share: float
    start: float = 0
    kind: str = "main"
    note: str = ""
    percent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Equation:
    """A sum that must come out: left = sum of right; `off_fen` is by how much it does not."""

    left: tuple[str, str]
    right: tuple[tuple[str, str], ...]
    off_fen: int


def checks(figures: Figures) -> list[Check]:
    """The verdict, the gravest first."""
    tiles = [_books(figures), _forks(figures["forks"]), _honest(figures["forks"])]
    if "trips" in figures:
        tiles.append(_boardings(figures["trips"]))
    return [*tiles, _reconciled(figures), _paid(figures)]


def verdict(tiles: list[Check]) -> tuple[bool, str]:
    """Whether all holds that must, and a sentence that says so."""
    judged = [tile for tile in tiles if tile.holds is not None]
    failed = [tile for tile in judged if not tile.holds]
    if not failed:
        return True, f"All {len(judged)} checks hold."
    names = ", ".join(f"{tile.value} {tile.label}" for tile in failed)
    return (
        False,
        f"{len(failed)} of {len(judged)} checks {'do' if len(failed) > 1 else 'does'} not hold: {names}.",
    )


def _books(figures: Figures) -> Check:
    off_fen = figures["books"]["difference_fen"]
    off = {name: value for name, value in figures["books"]["differences_fen"].items() if value}
    if not off_fen and not off:
        pairs = len(figures["books"]["differences_fen"])
        detail = f"{pairs} pairs of books, ledgers and devices agree to the fen."
        return Check(holds=True, value="0 fen", label="difference in the books", detail=detail)
    where = ", ".join(f"{name} {value:+,}" for name, value in off.items())
    detail = f"The books do not balance: {where} fen."
    return Check(holds=False, value=f"{off_fen:,} fen", label="difference in the books", detail=detail)


def _forks(forks: Figures) -> Check:
    injected, found = forks["injected"], forks["found"]
    holds = found == injected and not forks["missed"] and not forks["unexpected"]
    if not holds:
        detail = f"{count(forks['missed'])} missed, {count(forks['unexpected'])} found that nobody made."
    elif injected:
        detail = f"{plural(forks['culprits'], 'key')} named, each by evidence that anybody can check."
    else:
        detail = "No coin was spent twice, and none was found to be."
    value = f"{count(found)} of {count(injected)}"
    return Check(holds=holds, value=value, label="double spends found", detail=detail)


def _honest(forks: Figures) -> Check:
    accused = forks["honest_accused"]
    detail = "Evidence names somebody honest." if accused else "A key is named only where it signed twice."
    return Check(holds=not accused, value=count(accused), label="honest wallets accused", detail=detail)


def _boardings(trips: Figures) -> Check:
    off = trips["boardings_difference"]
    if trips["asked"] == trips["attempted"] and not off:
        detail = f"{plural(trips['asked'], 'boarding')} by hour and station, exactly as asked."
        return Check(holds=True, value="0", label="boardings off the demand", detail=detail)
    made, asked = count(trips["attempted"]), count(trips["asked"])
    detail = f"{made} attempted, {asked} asked for; by hour and station {off:,} off."
    return Check(holds=False, value=count(off), label="boardings off the demand", detail=detail)


def _reconciled(figures: Figures) -> Check:
    reconciliation, payments, money = figures["reconciliation"], figures["payments"], money_of(figures)
    never, late = reconciliation["never"], reconciliation["only_at_close"]
    late_fen = reconciliation["only_at_close_fen"]
    detail = "All payments came in before the close, when everybody reconciles."
    if late:
        detail = f"{plural(late, 'payment')} ({money(late_fen)}) came in only at the close."
    if never:
        detail = f"{money(reconciliation['never_fen'])} never reached an operator, not even at the close."
    elif not payments["paid"]:
        detail = "There was nothing to reconcile."
    return Check(holds=not never, value=count(never), label="paid but never reconciled", detail=detail)


def _paid(figures: Figures) -> Check:
    paid, attempted = figures["payments"]["paid"], figures["payments"]["attempted"]
    what = "trips" if "trips" in figures else "payments"
    detail = (
        f"{count(paid)} of {count(attempted)}, {money_of(figures)(figures['payments']['value_fen'])} in all."
    )
    holds = False if attempted and not paid else None
    return Check(holds=holds, value=percent(paid, attempted), label=f"of {what} paid offline", detail=detail)


def losses(figures: Figures, cases: pl.DataFrame) -> list[Bar]:
    """What double spends were worth, and who bears the loss; its parts follow it.

    A case's loss is what others claimed of the coin beyond its face; the rest of the face, which the
    second branch would have claimed once more, the culprit still holds, frozen.
    """
    forks, money = figures["forks"], money_of(figures)
    face_fen, loss_fen, fund_fen = forks["face_fen"], forks["loss_fen"], forks["borne_by_guarantee_fund_fen"]
    covered_fen = int((cases["face_fen"] - cases["loss_fen"]).clip(lower_bound=0).sum())
    whole = max(face_fen, covered_fen + loss_fen, 1)

    def bar(label: str, note: str, amount_fen: int, *, start_fen: int = 0, kind: str = "main") -> Bar:
        start, share = (min(max(fen / whole, 0), 1) for fen in (start_fen, amount_fen))
        return Bar(label=label, value=money(amount_fen), start=start, share=share, kind=kind, note=note)

    claimed = f"{money(forks['paid_fen'])} belongs to others: coin by coin, what goes beyond its face"
    net = "what it has paid out, less what culprits’ frozen value makes good"
    unclaimed_fen, open_from_fen = forks["unclaimed_loss_fen"], covered_fen + fund_fen
    return [
        bar("Face value of the coins spent twice", "what the second branches claim once more", face_fen),
        bar("Covered by culprits’ frozen value", "still theirs when found, and set off first", covered_fen),
        bar("Loss", claimed, loss_fen, start_fen=covered_fen, kind="accent"),
        bar("borne by the guarantee fund", net, fund_fen, start_fen=covered_fen, kind="accent"),
        bar(
            "not claimed yet", "by payees who hold it", unclaimed_fen, start_fen=open_from_fen, kind="accent"
        ),
        Bar(
            label="borne by payees, on top",
            value=money(forks["unpaid_to_payees_fen"]),
            share=0,
            note="handed in, and not paid because of the fund’s cap per person",
        ),
    ]


def equations(figures: Figures, supply: Figures) -> list[Equation]:
    """An epoch's supply equation, and the one of its forks."""
    money = money_of(figures)
    terms = (("redeemed", "redeemed_fen"), ("returned", "returned_fen"), ("outstanding", "outstanding_fen"))
    branches = (("paid by the fund", "fund_paid_fen"), ("void", "void_fen"), ("open", "forked_open_fen"))
    return [
        _equation(supply, ("loaded", "loaded_fen"), terms, "difference_fen", money),
        _equation(
            supply, ("on second branches of forks", "forked_fen"), branches, "forked_difference_fen", money
        ),
    ]


def _equation(
    supply: Figures,
    left: tuple[str, str],
    right: tuple[tuple[str, str], ...],
    difference: str,
    money: Callable[[int], str],
) -> Equation:
    """The sum is done here again; what the result says the difference is counts only where it comes out."""
    off_fen = supply[left[1]] - sum(supply[name] for _, name in right)
    return Equation(
        left=(left[0], money(supply[left[1]])),
        right=tuple((label, money(supply[name])) for label, name in right),
        off_fen=off_fen or supply[difference],
    )


def books(figures: Figures) -> list[tuple[str, str, int]]:
    """The differences of the books: name, the two sides, how much they differ."""
    return [(name, book_meaning(name), value) for name, value in figures["books"]["differences_fen"].items()]


def devices(figures: Figures) -> list[tuple[str, str]]:
    """What the devices hold at the end: meaning and amount; kinds of which there is none are left out."""
    held, money = figures["books"]["devices"], money_of(figures)
    return [
        (meaning, money(held[name])) for name, meaning in HELD.items() if held[name] or name == "held_fen"
    ]


def refusals(figures: Figures) -> list[tuple[str, str, str]]:
    """What operators refused: code, meaning, how often."""
    refused = figures["operators"]["refused"]
    return [(code, outcome_meaning(code), count(number)) for code, number in refused.items()]


def outcomes(payments: Figures) -> list[Bar]:
    """How the payments ended, the most frequent first."""
    whole = payments["attempted"]
    rows = sorted(payments["by_outcome"].items(), key=lambda row: (-row[1], row[0]))
    return [
        Bar(
            label=code,
            value=count(number),
            share=number / whole,
            percent=percent(number, whole),
            kind="main" if code == PAID else "accent",
            note=outcome_meaning(code),
        )
        for code, number in rows
    ]


def hops(payments: Figures) -> list[Bar]:
    """Payments by the changes of key that their longest chain shows; empty if they are all alike."""
    rows = sorted(((int(hop), number) for hop, number in payments["by_hops"].items()))
    if len(rows) < 2:
        return []
    return [
        Bar(
            label=plural(hop, "hop"),
            value=count(number),
            share=number / payments["paid"],
            percent=percent(number, payments["paid"]),
        )
        for hop, number in rows
    ]


def signatures(figures: Figures) -> list[tuple[str, str, str]]:
    """Signatures by kind of place: where, made, checked; the sum last."""
    counts = figures["signatures"]
    places = [name.removeprefix("made_by_") for name in counts if name.startswith("made_by_")]
    rows = [(place, counts[f"made_by_{place}"], counts[f"checked_by_{place}"]) for place in places]
    made, checked = (
        counts[what] - sum(row[column] for row in rows) for column, what in ((1, "made"), (2, "checked"))
    )
    if made or checked:
        rows.append(("elsewhere", made, checked))
    rows.append(("all", counts["made"], counts["checked"]))
    return [(place_name(place), count(made), count(checked)) for place, made, checked in rows]


def numbers(figures: Figures) -> list[tuple[str, str]]:
    """Sizes of the run: label and value."""
    payments, wallets = figures["payments"], figures["wallets"]
    return [
        ("Wallets opened", count(wallets["opened"])),
        ("of them copied", count(wallets["copied"])),
        ("Coins in a payment, mean", f"{payments['coins_per_payment']:.2f}"),
        ("Bytes between the two devices in a payment, mean", count(round(payments["bytes_per_payment"]))),
    ]


def settings(figures: Figures, *, grouped: bool) -> list[tuple[str, str, str]]:
    """The settings: name as for `--set`, value as given, and as its unit says it where that differs.

    Those that are in a group, such as `clone.share`, or the others.
    """
    rows = []
    for name, value in flat(figures["scenario"]["config"]).items():
        if ("." in name) is grouped:
            reading = setting(name, value)
            rows.append((name, str(value), "" if reading == str(value) else reading))
    return rows
