"""Picture of the session's state machines, out of the tables that run."""

from collections.abc import Mapping
from enum import Enum
from html import escape
from typing import Final, TypeVar

from scripts.svg import AMBER, BLUE, picture
from shuangli.offline.states import PAYEE, PAYER, Kind, PayeeState, PayerState

S = TypeVar("S", bound=Enum)

PAYER_MOVES: Final = {
    (PayerState.IDLE, Kind.REQUEST): PayerState.SIGNED,
    (PayerState.SIGNED, Kind.RECEIPT): PayerState.PAID,
    (PayerState.SIGNED, Kind.REFUSAL): PayerState.REFUSED,
}
PAYEE_MOVES: Final = {(PayeeState.REQUESTED, Kind.PAYMENT): PayeeState.RECEIVED}
"""Where a first message leads; every other legal message leaves the state as it is."""

WIDTH, BOX_WIDTH, BOX_HEIGHT, STEP, TOP = 1100, 120, 44, 130, 70
COLOURS: Final = {"payer": BLUE, "payee": AMBER}


def pictures() -> dict[str, str]:
    """The picture by the name of its file."""
    return {"session-states.svg": draw()}


def draw() -> str:
    """The picture: payer on the left, payee on the right, time downwards."""
    levels = {PayerState.IDLE: 0, PayerState.SIGNED: 1, PayerState.PAID: 2, PayerState.REFUSED: 3}
    payer = _machine("payer", 40, PAYER, PAYER_MOVES, levels)
    payee = _machine("payee", 540, PAYEE, PAYEE_MOVES, {PayeeState.REQUESTED: 0, PayeeState.RECEIVED: 1})
    height = TOP + 4 * STEP
    return picture(WIDTH, height, "State machines of payer and payee", [*payer, *payee])


def _machine(
    name: str,
    left: int,
    table: Mapping[tuple[S, Kind], Enum],
    moves: Mapping[tuple[S, Kind], S],
    levels: Mapping[S, int],
) -> list[str]:
    """One machine: a box for each state, an arrow for each move, a note for each repeat."""
    colour = COLOURS[name]
    middle = left + BOX_WIDTH // 2
    lines = [f'<text x="{left}" y="34" font-size="18" fill="{colour}">{name}</text>']
    for state, level in levels.items():
        y = TOP + level * STEP
        lines.append(
            f'<rect x="{left}" y="{y}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="9" fill="none"'
            f' stroke="{colour}" stroke-width="2"/>'
            f'<text x="{middle}" y="{y + 27}" text-anchor="middle">{escape(state.value)}</text>'
        )
        lines += _notes(left + BOX_WIDTH + 14, y + 18, state, table, moves)
    for (start, kind), end in moves.items():
        lines.append(_arrow(left, levels[start], levels[end], f"{_word(kind)}: {table[start, kind].value}"))
    return lines


def _notes(
    x: int, y: int, state: S, table: Mapping[tuple[S, Kind], Enum], moves: Mapping[tuple[S, Kind], S]
) -> list[str]:
    repeats = [
        f"{_word(kind)}: {action.value}"
        for (at, kind), action in table.items()
        if at is state and (at, kind) not in moves
    ]
    return [
        f'<text x="{x}" y="{y + 17 * line}" font-size="11" fill="#6b7280">{escape(text)}</text>'
        for line, text in enumerate(repeats)
    ]


def _arrow(left: int, start: int, end: int, label: str) -> str:
    """Down to the next box, or round the ones in between."""
    from_y, to_y = TOP + start * STEP + BOX_HEIGHT, TOP + end * STEP
    if end == start + 1:
        x = left + BOX_WIDTH // 2
        path, label_x, label_y = f"M{x},{from_y} L{x},{to_y - 2}", x + 10, (from_y + to_y) // 2 + 4
    else:
        x, out = left + 24, left - 26
        path = f"M{x},{from_y} C{out},{from_y + 60} {out},{to_y - 60} {x},{to_y - 2}"
        label_x, label_y = left + BOX_WIDTH // 2 + 10, to_y - STEP // 2 + 24
    return (
        f'<path d="{path}" fill="none" stroke="#374151" stroke-width="1.5" marker-end="url(#tip)"/>'
        f'<text x="{label_x}" y="{label_y}" font-size="12">{escape(label)}</text>'
    )


def _word(kind: Kind) -> str:
    return kind.name.lower().replace("_", " ")
