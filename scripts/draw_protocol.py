"""Pictures of the protocol: a session's messages, out of its tables; a coin's chain; a fork."""

import textwrap
from typing import Final

from scripts.svg import AMBER, BLUE, GREEN, GREY, RED, arrow, box, code, picture, words
from shuangli.offline.states import PAYEE, PAYER, Kind, PayeeState, PayerState

_MESSAGES: Final = (
    (Kind.REQUEST, "payee", PAYER[PayerState.IDLE, Kind.REQUEST].value),
    (Kind.PAYMENT, "payer", PAYEE[PayeeState.REQUESTED, Kind.PAYMENT].value),
    (Kind.RECEIPT, "payee", PAYER[PayerState.SIGNED, Kind.RECEIPT].value),
)
"""The messages of a payment in order: who sends it, and what the other one's table says it does then."""
_PAYER_X, _PAYEE_X, _STEP = 230, 670, 72


def pictures() -> dict[str, str]:
    """The pictures by the names of their files."""
    return {
        "session.svg": _session(),
        "coin-chain.svg": _chain(_CHAIN),
        "fork.svg": _fork(),
    }


def _session() -> str:
    """Two devices from top to bottom, and the messages between them."""
    height = 130 + _STEP * len(_MESSAGES)
    parts = [
        box(_PAYER_X - 80, 16, 160, 44, ["payer", "cannot reach its operator"], colour=BLUE),
        box(_PAYEE_X - 80, 16, 160, 44, ["payee", "cannot reach its operator"], colour=AMBER),
    ]
    parts += [
        f'<path d="M{x},60 L{x},{height - 12}" stroke="{GREY}" stroke-dasharray="3 4"/>'
        for x in (_PAYER_X, _PAYEE_X)
    ]
    parts += _beside(_PAYEE_X, 92, "sign the request, store, send")
    for step, (kind, sender, then) in enumerate(_MESSAGES):
        y = 130 + step * _STEP
        start, end = (_PAYEE_X, _PAYER_X) if sender == "payee" else (_PAYER_X, _PAYEE_X)
        inward = 8 if end > start else -8
        middle = (_PAYER_X + _PAYEE_X) / 2
        parts += [
            arrow(start + inward, y, end - inward, y),
            words(middle, y - 7, f"{int(kind)}  {kind.name.lower()}", anchor="middle", size=15),
            *_beside(end, y + 4, then),
        ]
    label = "Session: " + "; ".join(
        f"{who} sends {kind.name.lower()}, then the other one will {then}" for kind, who, then in _MESSAGES
    )
    return picture(900, height, label, parts)


def _beside(x: float, y: float, text: str) -> list[str]:
    """Words on the outer side of a device's line."""
    payer = x == _PAYER_X
    return [
        words(x - 12 if payer else x + 12, y + 15 * row, line, size=11, anchor="end" if payer else "start")
        for row, line in enumerate(textwrap.wrap(text, 36))
    ]


_CHAIN: Final = (
    ("load", "issuer signs", "Ai", 1_000, 0),
    ("transfer", "Ai signs", "Bo", 700, 300),
    ("transfer", "Bo signs", "Cai", 450, 250),
    ("redemption", "Cai signs", "centre", 450, 0),
)
"""A coin of ten yuan: what, who signs, to whom, how much, change. An output is the next one's coin."""


def _chain(hops: tuple[tuple[str, str, str, int, int], ...]) -> str:
    """From left to right: each object, what comes out of it, and the change below."""
    parts, before = [], None
    for number, (what, signed, to, value_fen, change_fen) in enumerate(hops):
        if before is not None and value_fen + change_fen != before:
            raise ValueError(f"a coin of {before} fen does not come out of the {what}")
        x = 20 + number * 220
        parts.append(box(x, 70, 120, 60, [what, signed], colour=BLUE if number else GREEN))
        parts.append(words(x + 60, 40, f"to {to}", anchor="middle", size=12, colour=GREY))
        if number + 1 < len(hops):
            parts.append(arrow(x + 120, 100, x + 218, 100))
            parts.append(words(x + 170, 92, f"{value_fen} fen", anchor="middle", size=12))
        if change_fen:
            parts.append(arrow(x + 60, 130, x + 60, 176, dashed=True))
            parts.append(
                words(x + 70, 158, f"change {change_fen} fen, on the same key", size=11, colour=GREY)
            )
        before = value_fen
    parts.append(
        words(
            20,
            210,
            "The proof of a coin is everything to its left. A coin has no name of its own: its id is the "
            "hash of what made it, and its place in it.",
            size=12,
            colour=GREY,
        )
    )
    return picture(
        900,
        226,
        "A coin's chain: a load of 1000 fen, a transfer of 700 with 300 change, one of 450 with 250 "
        "change, and the redemption of 450",
        parts,
    )


def _fork() -> str:
    """One coin, two transfers, one key."""
    parts = [
        box(30, 100, 150, 60, ["load", "issuer signs"], colour=GREEN),
        arrow(180, 130, 268, 130),
        words(224, 122, "1000 fen", anchor="middle", size=12),
        box(270, 100, 150, 60, ["coin of key K", "one owner"], colour=BLUE),
        arrow(420, 118, 518, 66, colour=RED),
        arrow(420, 142, 518, 196, colour=RED),
        box(520, 36, 170, 60, ["transfer 1", "signed by K"], colour=RED),
        box(520, 166, 170, 60, ["transfer 2", "signed by K"], colour=RED),
        arrow(690, 66, 758, 66),
        arrow(690, 196, 758, 196),
        box(760, 36, 110, 60, ["Bo", "is paid"], colour=AMBER),
        box(760, 166, 110, 60, ["Cai", "is paid"], colour=AMBER),
        words(605, 136, "same coin, other transfer: a fork", anchor="middle", size=12, colour=RED),
        words(
            30,
            262,
            "Evidence: both transfers, and the certificate of K. Whoever has the issuer's root key checks it "
            "alone.",
            size=12,
            colour=GREY,
        ),
        code(
            30,
            282,
            "other ids, one coin, both verify under K: the culprit is K, whoever was handed in first",
        ),
    ]
    return picture(
        900, 298, "A fork: one coin of key K is spent by two transfers that K signed, to Bo and to Cai", parts
    )
