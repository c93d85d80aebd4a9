"""Codes as pictures, drawn by one library and read back by another; and a whole payment so."""

import io
import re
from pathlib import Path
from typing import Final

import pytest
import segno
import zxingcpp
from PIL import Image

from shuangli.offline.links.qr import HEAD_BYTES, MAX_CODE_BYTES, CodeReader, codes_of
from shuangli.offline.links.qr_images import QUIET_MODULES, draw, to_moving_svg, to_png, to_svg, to_text
from shuangli.offline.states import Kind, Message
from tests.links.support import one_payment_and_the_books_balance, parties
from tests.setting import NOW
from tests.world import World

ROOT: Final = Path(__file__).resolve().parents[2]
WHITE: Final = 255
QR_CODE: Final = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
LARGEST: Final = Message(Kind.PAYMENT, bytes(index % 251 for index in range(MAX_CODE_BYTES - HEAD_BYTES - 5)))
MOVING: Final = Message(Kind.PAYMENT, bytes(index % 249 for index in range(4_096)))


def scan(image: Image.Image) -> list[bytes]:
    """What another library reads in a picture."""
    found = zxingcpp.read_barcodes(image, formats=QR_CODE)
    assert all(code.content_type == zxingcpp.ContentType.Binary for code in found)
    return [code.bytes for code in found]


def scan_png(png: bytes) -> list[bytes]:
    return scan(Image.open(io.BytesIO(png)).convert("L"))


def picture(rows: list[list[bool]]) -> Image.Image:
    """A picture of dark modules, four pixels each."""
    image = Image.new("L", (len(rows[0]), len(rows)), WHITE)
    image.putdata([0 if dark else WHITE for row in rows for dark in row])
    return image.resize((4 * image.width, 4 * image.height), Image.Resampling.NEAREST)


def paint(path: str, size: int) -> Image.Image:
    """Paint an SVG path of horizontal strokes, one module high: `M x y`, `m dx dy`, `h length`."""
    rows = [[False] * size for _ in range(size)]
    x, y = 0.0, 0.0
    for command, first, second in re.findall(r"([Mmh])(-?[\d.]+)(?: (-?[\d.]+))?", path):
        if command == "h":
            for column in range(int(x), int(x + float(first))):
                rows[int(y)][column] = True
            x += float(first)
        else:
            relative = command == "m"
            x, y = x * relative + float(first), y * relative + float(second)
    return picture(rows)


def shown(svg: str) -> list[list[bytes]]:
    """What is read of each path of an SVG document."""
    paths = re.findall(r'<path[^>]* class="qrline"[^>]* d="([^"]+)"', svg)
    size = re.search(r'viewBox="0 0 (\d+) \1"|width="(\d+)"', svg)
    assert size is not None
    return [scan(paint(path, int(size[1] or size[2]))) for path in paths]


@pytest.mark.parametrize(
    "message", [Message(Kind.RECEIPT, b""), LARGEST, MOVING], ids=["least", "most", "moving"]
)
def test_png_is_read_by_another_library(message: Message) -> None:
    codes = codes_of(message)
    symbols = draw(codes)
    assert [scan_png(to_png(symbol)) for symbol in symbols] == [[code] for code in codes]
    assert len({symbol.designator.split("-")[0] for symbol in symbols}) == 1


def test_all_symbols_of_a_message_have_one_size_though_the_last_code_is_small() -> None:
    codes = codes_of(Message(Kind.PAYMENT, bytes(376)), single_bytes=0, moving_bytes=HEAD_BYTES + 20)
    assert [len(code) - HEAD_BYTES for code in (codes[0], codes[-1])] == [20, 1]
    symbols = draw(codes)
    assert len({symbol.version for symbol in symbols}) == 1
    assert [scan_png(to_png(symbol)) for symbol in symbols] == [[code] for code in codes]


def test_the_largest_message_of_one_code_takes_the_largest_symbol() -> None:
    (symbol,) = draw(codes_of(LARGEST))
    assert symbol.designator == "40-L"


def test_error_correction_is_raised_where_it_costs_no_room() -> None:
    (symbol,) = draw(codes_of(Message(Kind.RECEIPT, b"")))
    assert symbol.error != "L"


@pytest.mark.parametrize("degrees", [0, 90, 17])
def test_a_turned_grey_picture_is_read(degrees: int) -> None:
    (code,) = codes_of(Message(Kind.PAYMENT, bytes(560)))
    image = Image.open(io.BytesIO(to_png(draw([code])[0]))).convert("L")
    turned = image.rotate(degrees, expand=True, fillcolor=WHITE).point(lambda light: 40 + light // 2)
    assert scan(turned) == [code]


def test_svg_is_read_by_another_library() -> None:
    (code,) = codes_of(Message(Kind.PAYMENT, bytes(560)))
    (symbol,) = draw([code])
    svg = to_svg(symbol, pixels_per_module=1)
    assert shown(svg) == [[code]]
    assert 'xmlns="http://www.w3.org/2000/svg"' in svg


def test_the_moving_svg_shows_every_code_once_a_round() -> None:
    codes = codes_of(MOVING)
    svg = to_moving_svg(draw(codes), shown_ms=200)
    assert shown(svg) == [[code] for code in codes]
    turns = re.findall(r'dur="(\d+)ms" values="([a-z;]+)"', svg)
    assert [int(duration) for duration, _ in turns] == [200 * len(codes)] * len(codes)
    by_time = list(zip(*(values.split(";") for _, values in turns), strict=True))
    assert [turn.index("visible") for turn in by_time] == list(range(len(codes)))
    assert all(turn.count("visible") == 1 for turn in by_time)
    assert "<script" not in svg


def test_one_code_does_not_move() -> None:
    (code,) = codes_of(Message(Kind.RECEIPT, b""))
    svg = to_moving_svg(draw([code]))
    assert shown(svg) == [[code]]
    assert "animate" not in svg


def test_text_for_a_terminal_is_read_by_another_library() -> None:
    (code,) = codes_of(Message(Kind.RECEIPT, bytes(150)))
    rows: list[list[bool]] = []
    for line in to_text(draw([code])[0]).splitlines():
        rows.append([half not in "█▀" for half in line])
        rows.append([half not in "█▄" for half in line])
    assert scan(picture(rows)) == [code]
    assert len(rows[0]) == len(draw([code])[0].matrix) + 2 * QUIET_MODULES


def test_nothing_and_symbols_of_several_sizes_are_not_drawn() -> None:
    with pytest.raises(ValueError, match="no codes"):
        draw([])
    with pytest.raises(ValueError, match="one size"):
        to_moving_svg([*draw([b"a"]), *draw([bytes(100)])])
    with pytest.raises(ValueError, match="one size"):
        to_moving_svg([])
    with pytest.raises(segno.DataOverflowError):
        draw([bytes(MAX_CODE_BYTES + 1)])


@pytest.mark.parametrize("moving", [False, True])
def test_a_whole_payment_from_screen_to_camera_and_back(world: World, moving: bool) -> None:
    """Each message is drawn, and read with its pictures in the wrong order and one of them twice."""

    def across(message: Message) -> Message:
        codes = codes_of(message, single_bytes=0, moving_bytes=120) if moving else codes_of(message)
        assert (len(codes) > 1) == moving
        pictures = [to_png(symbol) for symbol in draw(codes)]
        reader = CodeReader()
        read = [reader.read(code) for png in [pictures[-1], *pictures] for code in scan_png(png)]
        (whole,) = {message.encode(): message for message in read if message is not None}.values()
        return whole

    payer, payee, request_id = both = parties(world)
    (payment,) = payer.receive(request_id, across(both.request), now_s=NOW)
    (receipt,) = payee.receive(request_id, across(payment), now_s=NOW)
    assert payer.receive(request_id, across(receipt), now_s=NOW) == ()
    one_payment_and_the_books_balance(world, both)


def test_only_the_drawing_needs_the_library() -> None:
    """Whoever installs the protocol without the extra `qr` has all the rest of it."""
    using = [path.name for path in (ROOT / "offline").rglob("*.py") if "import segno" in path.read_text()]
    assert using == ["qr_images.py"]
