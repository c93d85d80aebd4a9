"""The curve of Ed25519 (RFC 8032 section 5.1) in plain Python: slow, for making odd signatures in tests.

Points are pairs (x, y). Everything here can be made to break the rules that `shuangli.crypto` keeps.
"""

import hashlib
from typing import Final

Point = tuple[int, int]

P: Final = 2**255 - 19
L: Final = 2**252 + 27742317777372353535851937790883648493
"""The order of the base point; the curve has 8 L points."""
_D: Final = -121665 * pow(121666, -1, P) % P
_ROOT_OF_MINUS_ONE: Final = pow(2, (P - 1) // 4, P)
IDENTITY: Final[Point] = (0, 1)


def add(one: Point, other: Point) -> Point:
    """The sum of two points: the complete addition law of a twisted Edwards curve."""
    (x1, y1), (x2, y2) = one, other
    product = _D * x1 * x2 * y1 * y2
    x = (x1 * y2 + x2 * y1) * pow(1 + product, -1, P)
    y = (y1 * y2 + x1 * x2) * pow(1 - product, -1, P)
    return x % P, y % P


def multiply(scalar: int, point: Point) -> Point:
    """`point` added to itself `scalar` times."""
    total = IDENTITY
    while scalar:
        if scalar & 1:
            total = add(total, point)
        point = add(point, point)
        scalar >>= 1
    return total


def x_of(y: int, sign: int) -> int | None:
    """The x of this parity that belongs to `y`, or None if there is no such point."""
    square = (y * y - 1) * pow(_D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * _ROOT_OF_MINUS_ONE % P
    if x * x % P != square:
        return None
    return P - x if x & 1 != sign and x else x


def encode(point: Point) -> bytes:
    """The one legal encoding of a point: y, and the parity of x in the highest bit."""
    x, y = point
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _base() -> Point:
    y = 4 * pow(5, -1, P) % P
    x = x_of(y, 0)
    assert x is not None
    return x, y


def _torsion() -> tuple[Point, ...]:
    """The eight points of small order: multiples of one of order 8, found as L times any point."""
    for y in range(2, 100):
        x = x_of(y, 0)
        point = multiply(L, (x, y)) if x is not None else IDENTITY
        if multiply(4, point) != IDENTITY:
            return tuple(multiply(factor, point) for factor in range(8))
    raise AssertionError("half of all points would do")


BASE: Final = _base()
TORSION: Final = _torsion()
"""`TORSION[i]` is i times a point of order 8; the first is the identity."""


def small_order_encodings() -> list[bytes]:
    """All encodings of points of small order, legal or not: y or y + P if it fits, both signs if x is 0."""
    numbers = set()
    for x, y in TORSION:
        for written in {y, y + P} if y + P < 2**255 else {y}:
            numbers |= {written | sign << 255 for sign in ({0, 1} if x == 0 else {x & 1})}
    return sorted(number.to_bytes(32, "little") for number in numbers)


def secret_scalar(seed: bytes) -> int:
    """The private scalar of a seed (RFC 8032 section 5.1.5)."""
    digest = int.from_bytes(hashlib.sha512(seed).digest()[:32], "little")
    return digest & (2**254 - 8) | 2**254


def challenge(r: bytes, key: bytes, message: bytes) -> int:
    """What R, the key and the message are hashed to."""
    return int.from_bytes(hashlib.sha512(r + key + message).digest(), "little") % L


def find_message(key: bytes, r: bytes, *, remainder: set[int]) -> bytes:
    """A message whose challenge modulo 8 is one of `remainder`."""
    texts = (b"message %d" % number for number in range(1000))
    return next(text for text in texts if challenge(r, key, text) % 8 in remainder)


def signature(r: bytes, s: int) -> bytes:
    """R and s as the 64 bytes of a signature."""
    return r + s.to_bytes(32, "little")


def sign_with_nonce(seed: bytes, message: bytes, nonce: int) -> bytes:
    """A valid signature that is not the deterministic one of RFC 8032."""
    scalar = secret_scalar(seed)
    r = encode(multiply(nonce, BASE))
    key = encode(multiply(scalar, BASE))
    return signature(r, (nonce + challenge(r, key, message) * scalar) % L)


def _decode(data: bytes) -> Point | None:
    number = int.from_bytes(data, "little")
    y = number & (2**255 - 1)
    x = x_of(y % P, number >> 255)
    return None if x is None else (x, y % P)


def lenient_verify(key: bytes, message: bytes, signed: bytes, *, cofactored: bool) -> bool:
    """What a verifier says that checks the equation and nothing else: not s, not the encodings, not orders.

    8 s B = 8 R + 8 h A if `cofactored`, as batch verifiers do; s B = R + h A otherwise.
    """
    a, r, s = _decode(key), _decode(signed[:32]), int.from_bytes(signed[32:], "little")
    if a is None or r is None:
        return False
    factor = 8 if cofactored else 1
    right = add(r, multiply(challenge(signed[:32], key, message), a))
    return multiply(factor * s, BASE) == multiply(factor, right)
