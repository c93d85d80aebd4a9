"""A person at a terminal who carries messages: codes on the screen, and what they paste or name a file of.

Codes are drawn as large as the terminal allows; where a message needs several, they are shown in turn until
Enter. What is taken in is a line of text (`shuangli:...`, also broken into several lines), or the path of a
picture, of a directory of pictures, or of a file with the text. An empty line says that there is no more.
"""

import itertools
import select
import shutil
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

import click

from shuangli.cli_common import read_file, say
from shuangli.errors import BadInput, Malformed

if TYPE_CHECKING:
    from shuangli.offline.states import Kind, Message

PICTURES: Final = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp")
MOST_FILES: Final = 1_000
LINES_AROUND: Final = 4
"""Lines of a terminal that are needed for words besides the codes."""
SHOWN_S: Final = 0.4
TEXT_COLUMNS: Final = 76
MAX_TYPED: Final = 262_144
"""Characters of a message as text, more than a payment of the size that wallets accept."""


def hand_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of the commands whose messages a person may carry."""
    shows = click.option(
        "--qr", "by_hand", is_flag=True, help="Show codes and text here, and take in pictures or pasted text."
    )
    saves = click.option(
        "--pictures", type=click.Path(path_type=Path), help="With --qr: also write the codes there, as PNG."
    )
    return shows(saves(command))


def check_one_way(at: str | None, by_hand: bool, pictures: Path | None, *, address: str) -> None:
    """Make sure that it is said how the other device is reached: at an `address`, or by hand.

    Raises:
        BadInput: it is not, or pictures are wanted where no code is shown (`bad-option`).
    """
    if by_hand is (at is not None):
        raise BadInput("bad-option", f"give either {address}, or --qr")
    if pictures is not None and not by_hand:
        raise BadInput("bad-option", "--pictures goes with --qr: over a connection no code is shown")


def has_enter(stream: TextIO, within_s: float) -> bool:
    """Say whether a line was typed within so many seconds."""
    ready, _, _ = select.select([stream], [], [], within_s)
    return bool(ready)


class Hand:
    """Shows messages to the person at this terminal, and takes in those that they bring.

    Codes are drawn only where there is a terminal; the text is printed always. With `pictures`, the codes are
    also written there as PNG files.
    """

    def __init__(
        self, *, as_json: bool, pictures: Path | None, turned: Callable[[TextIO, float], bool] = has_enter
    ) -> None:
        """`turned` waits for Enter while codes are shown in turn.

        Raises:
            BadInput: `pictures` is no directory and cannot be made one (`bad-output`).
        """
        if pictures is not None:
            with _writing(pictures):
                pictures.mkdir(parents=True, exist_ok=True)
        self._as_json = as_json
        self._pictures = pictures
        self._turned = turned
        self._ahead = ""

    def show(self, message: "Message") -> None:
        """Show a message as text and codes."""
        from shuangli.offline.links.qr import MOVING_CODE_BYTES, codes_of
        from shuangli.offline.links.qr_images import draw, most_bytes_for, to_terminal
        from shuangli.offline.links.text import to_text

        name, text = message.kind.name.lower(), to_text(message)
        columns, lines = shutil.get_terminal_size()
        most_bytes = min(most_bytes_for(columns, lines - LINES_AROUND), MOVING_CODE_BYTES)
        codes = codes_of(message, single_bytes=most_bytes, moving_bytes=most_bytes)
        wrapped = "\n".join(text[start : start + TEXT_COLUMNS] for start in range(0, len(text), TEXT_COLUMNS))
        say(self._as_json, {"shows": name, "text": text, "codes": len(codes)}, wrapped)
        if self._pictures is not None:
            _save(self._pictures, name, message)
        if sys.stderr.isatty() and not self._as_json:
            self._draw(name, [to_terminal(symbol) for symbol in draw(codes)])

    def _draw(self, name: str, drawn: Sequence[str]) -> None:
        """Draw codes; several in turn, each over the one before."""
        if len(drawn) == 1:
            click.echo(f"{drawn[0]}the {name}, as a code", err=True)
            return
        height = len(drawn[0].splitlines()) + 1
        for index in itertools.cycle(range(len(drawn))):
            click.echo(f"{drawn[index]}the {name}, code {index + 1} of {len(drawn)}: Enter goes on", err=True)
            if self._turned(sys.stdin, SHOWN_S):
                # Who pastes at once does not press Enter before.
                self._ahead = sys.stdin.readline(MAX_TYPED).strip()
                return
            click.echo(f"\x1b[{height}A", nl=False, err=True)

    def take(self, wanted: "Collection[Kind]") -> "Message | None":
        """Ask for the other device's message until there is one of a wanted kind; None for an empty line."""
        names = " or ".join(sorted(kind.name.lower() for kind in wanted))
        while True:
            click.echo(f"the other device's {names}: paste its text, or the path of a picture", err=True)
            try:
                message = self._typed()
            except (Malformed, BadInput) as error:
                click.echo(f"shuangli: that cannot be read: {error}", err=True)
                continue
            if message is None or message.kind in wanted:
                return message
            click.echo(f"shuangli: that is a {message.kind.name.lower()}, not a {names}", err=True)

    def _typed(self) -> "Message | None":
        from shuangli.offline.links.text import START, from_text

        line, self._ahead = self._ahead or sys.stdin.readline(MAX_TYPED).strip(), ""
        if not line:
            return None
        if not line.startswith(START):
            return message_at(Path(line))
        text = line
        while True:
            try:
                return from_text(text)
            except Malformed:
                more = sys.stdin.readline(MAX_TYPED).strip()
                if not more or len(text) + len(more) > MAX_TYPED:
                    raise
                text += more


def _save(directory: Path, name: str, message: "Message") -> None:
    """Write a message's codes as PNG files."""
    from shuangli.offline.links.qr import codes_of
    from shuangli.offline.links.qr_images import draw, to_png

    symbols = draw(codes_of(message))
    with _writing(directory):
        for index, symbol in enumerate(symbols, 1):
            (directory / f"{name}-{index}-of-{len(symbols)}.png").write_bytes(to_png(symbol))


@contextmanager
def _writing(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BadInput("bad-output", f"--pictures {directory}: {error.strerror or error}") from error


def message_at(path: Path) -> "Message":
    """The message in a picture, in the pictures of a directory, or in a file with its text.

    Raises:
        BadInput: nothing is there that can be read (`bad-file`).
        Malformed: there is no message in it.
    """
    from shuangli.offline.links.qr_reading import message_in
    from shuangli.offline.links.text import START, from_text

    if path.is_dir():
        found = sorted(each for each in path.iterdir() if each.suffix.lower() in PICTURES)[:MOST_FILES]
        return message_in(map(read_file, found))
    data = read_file(path)
    if data.startswith(START.encode()):
        return from_text(data.decode("utf-8", "replace"))
    return message_in([data])
