"""Pictures in, messages out: what the camera sees is read by the wallet's own process."""

import io

import pytest
import segno
from PIL import Image

from shuangli.errors import BadInput
from shuangli.offline.links.qr import codes_of
from shuangli.offline.links.qr_images import draw, to_png
from shuangli.offline.links.text import from_text
from shuangli.offline.states import Kind, Message
from shuangli.wallet.web.camera import MOST_PIXELS, Camera, Seen
from shuangli.wallet.web.pages import CODE_BYTES
from tests.web_wallet.conftest import Pages, Street, shown

WIDTH, HEIGHT = 640, 480


def seen_as(png: bytes, *, angle: float = 0) -> bytes:
    """A picture of a code as a camera has it: grey, in the middle of something else, and a little turned."""
    code = Image.open(io.BytesIO(png)).convert("L").resize((400, 400)).rotate(angle, fillcolor=255)
    picture = Image.new("L", (WIDTH, HEIGHT), 140)
    picture.paste(code, (130, 40))
    return picture.tobytes()


def pictures_of(message: Message, *, angle: float = 0) -> list[bytes]:
    symbols = draw(codes_of(message, single_bytes=CODE_BYTES))
    return [seen_as(to_png(symbol), angle=angle) for symbol in symbols]


def test_one_code_is_a_message_at_once() -> None:
    message = Message(Kind.RECEIPT, bytes(150))
    (picture,) = pictures_of(message, angle=5)
    assert Camera().look(picture, width=WIDTH) == Seen(message=message)


def test_several_codes_in_any_order_and_as_often_as_they_come() -> None:
    message = Message(Kind.PAYMENT, bytes(range(250)) * 8)
    first, second, third = pictures_of(message)
    camera = Camera()
    assert camera.look(third, width=WIDTH) == Seen(read=1, count=3)
    assert camera.look(third, width=WIDTH) == Seen(read=1, count=3)
    assert camera.look(first, width=WIDTH) == Seen(read=2, count=3)
    assert camera.look(bytes(WIDTH * HEIGHT), width=WIDTH) == Seen(read=2, count=3), "nothing in sight"
    assert camera.look(second, width=WIDTH) == Seen(message=message)


def test_a_code_of_somebody_else_is_passed_over() -> None:
    out = io.BytesIO()
    segno.make("https://example.com/").save(out, kind="png", scale=8)
    assert Camera().look(seen_as(out.getvalue()), width=WIDTH) == Seen()


@pytest.mark.parametrize(
    ("pixels", "width"),
    [
        (b"", 0),
        (b"", 640),
        (bytes(100), 10),
        (bytes(641), 640),
        (bytes(MOST_PIXELS + 1), 1),
        (bytes(900), -30),
    ],
)
def test_f36_what_is_no_picture_is_refused(pixels: bytes, width: int) -> None:
    with pytest.raises(BadInput):
        Camera().look(pixels, width=width)


def film(pages: Pages, text: str, *, here: str = "/pay") -> dict[str, object]:
    """What the page is told in the end when its camera sees what another page shows."""
    told: dict[str, object] = {}
    for picture in pictures_of(from_text(text)):
        answer = pages.ask("POST", f"/camera?width={WIDTH}&here={here}", content=picture)
        assert answer.status_code == 200
        told = answer.json()
    return told


def test_a_whole_payment_by_camera(street: Street) -> None:
    ann, bob = street.wallet("ann", loaded="50"), street.wallet("bob")
    request = bob.request("49.90")
    read = ann.get(str(film(ann, shown(request))["go"]))
    payment = ann.agree(read)
    assert "codes, shown in turn" in payment.text
    assert film(ann, shown(request), here=payment.url.path) == {"read": 0, "count": 0}, "seen before"
    receipt = bob.get(str(film(bob, shown(payment), here=request.url.path)["go"]))
    assert film(ann, shown(receipt), here=payment.url.path) == {"go": payment.url.path}
    assert (ann.purse.balance_fen, bob.purse.balance_fen) == (10, 4_990)


def test_what_the_page_draws_is_the_message(street: Street) -> None:
    bob = street.wallet("bob")
    drawn = bob.get(bob.request("4").text.partition('class="code" src="')[2].partition('"')[0])
    assert drawn.headers["content-type"] == "image/svg+xml"
    assert drawn.text.startswith("<svg ")
    assert bob.get("/codes/00/0.svg").status_code == 404


def test_a_camera_that_sees_what_does_not_belong_says_so_and_goes_on(street: Street) -> None:
    bob = street.wallet("bob")
    bob.get("/?lang=zh")
    assert film(bob, shown(bob.request("4"))) == {"fault": "这是本钱包自己的请求"}
    assert "fault" in bob.ask("POST", "/camera?width=7", content=b"x").json()
    assert bob.ask("POST", "/camera?width=x", content=b"x").status_code == 404
    assert bob.ask("POST", f"/camera?width={WIDTH}", content=bytes(MOST_PIXELS + 1)).status_code == 400
