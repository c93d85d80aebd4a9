"""Picture of the layers of the program, out of the table that the layout test holds it to."""

from typing import Final

from scripts.svg import BLUE, GREY, box, picture, words
from tests.layout.rules import MAY_IMPORT

_ABOUT: Final = {
    "core": "money, CBOR, COSE, messages",
    "offline": "the protocol of two devices",
    "api": "what is said over HTTP",
    "issuer": "root, mint, centre",
    "issuer/service": "the issuer as a process",
    "wallet": "purse, journal",
    "operator": "the bank",
    "sims": "people and their days",
    "cli": "the command line",
}
_STEP, _HEIGHT, _WIDTH = 92, 56, 900


def pictures() -> dict[str, str]:
    """The picture by the name of its file."""
    return {"layers.svg": _layers()}


def below(layer: str) -> list[str]:
    """The other layers that a layer may import."""
    return [name for name in MAY_IMPORT[layer] if name != layer]


def height_of(layer: str) -> int:
    """How far a layer stands above the core: one more than the highest that it may import."""
    return max((height_of(name) + 1 for name in below(layer)), default=0)


def _layers() -> str:
    """A row for each height, the core at the bottom; in each box, which layers it may import."""
    rows: dict[int, list[str]] = {}
    for layer in MAY_IMPORT:
        rows.setdefault(height_of(layer), []).append(layer)
    top = max(rows)
    parts = [words(20, 26, "A layer may import what its box names, all of it further down.", colour=GREY)]
    for height, layers in rows.items():
        width = (_WIDTH - 20 * (len(layers) + 1)) / len(layers)
        for place, layer in enumerate(layers):
            lines = [f"{layer}: {_ABOUT[layer]}", f"imports {', '.join(below(layer)) or 'nothing of ours'}"]
            x, y = 20 + place * (width + 20), 44 + (top - height) * _STEP
            parts.append(box(x, y, width, _HEIGHT, lines, colour=BLUE))
    label = "Layers from the bottom: " + "; ".join(
        f"{layer} may import {', '.join(below(layer)) or 'nothing'}" for layer in MAY_IMPORT
    )
    return picture(_WIDTH, 44 + (top + 1) * _STEP - 20, label, parts)
