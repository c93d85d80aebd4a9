"""The part of `make_vectors.py` that makes what every wallet must refuse."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import cbor2

from shuangli import codec, cose
from shuangli.cose import Domain
from shuangli.crypto import SigningKey
from shuangli.errors import Malformed
from shuangli.messages.certificates import WalletCertificate
from shuangli.messages.claims import CNF, EXP, NBF, ROLE, SUB
from shuangli.messages.loads import Load
from shuangli.messages.transfers import CENTRE, Transfer
from shuangli.money import MAX_FEN
from tests.core import edwards
from tests.core.edwards import BASE, TORSION, L

Fields = Any
"""A decoded payload, to be changed in place."""

TRANSFER_FAULTS: Final[Mapping[str, Callable[[Fields], None]]] = {
    "an amount of zero": lambda fields: fields[5][0].__setitem__(1, 0),
    "a negative amount": lambda fields: fields[5][0].__setitem__(1, -1),
    "an amount past 2^53 - 1": lambda fields: fields[5][0].__setitem__(1, MAX_FEN + 1),
    "amounts that add up to more than 2^53 - 1": lambda fields: fields[5][0].__setitem__(1, MAX_FEN),
    "a boolean in place of an amount": lambda fields: fields[5][0].__setitem__(1, True),
    "a float in place of an amount": lambda fields: fields[5][0].__setitem__(1, 256.0),
    "change of zero, written out": lambda fields: fields[5][0].append(0),
    "a coin spent twice": lambda fields: fields[5].append(fields[5][0]),
    "no coins": lambda fields: fields[5].clear(),
    "a coin id of 31 bytes": lambda fields: fields[5][0].__setitem__(0, bytes(31)),
    "a coin id as text": lambda fields: fields[5][0].__setitem__(0, "c" * 32),
    "a claim deadline before the signing": lambda fields: fields.__setitem__(3, fields[2] - 1),
    "a time past 2^33 - 1": lambda fields: fields.__setitem__(3, 2**33),
    "payment to the centre, bound to a request": lambda fields: fields.__setitem__(4, CENTRE),
    "payment to a wallet, bound to no request": lambda fields: fields.__setitem__(0, bytes(32)),
    "a field more": lambda fields: fields.append(0),
    "a field less": lambda fields: fields.pop(),
    "null in place of the certificate": lambda fields: fields.__setitem__(1, None),
    "the certificate not wrapped in a byte string": lambda fields: fields.__setitem__(
        1, cbor2.loads(fields[1])
    ),
}
CERTIFICATE_FAULTS: Final[Mapping[str, Callable[[Fields], None]]] = {
    "a wallet certificate with a subject": lambda claims: claims.__setitem__(SUB, "somebody"),
    "a claim more": lambda claims: claims.__setitem__(9, 0),
    "a claim less": lambda claims: claims.__delitem__(EXP),
    "validity that ends before it begins": lambda claims: claims.__setitem__(EXP, claims[NBF]),
    "a key of another curve": lambda claims: claims[CNF][1].__setitem__(-1, 4),
    "a key of another type": lambda claims: claims[CNF][1].__setitem__(1, 2),
    "a key with an algorithm": lambda claims: claims[CNF].__setitem__(1, claims[CNF][1] | {3: -19}),
    "an unknown kind of wallet": lambda claims: claims[ROLE].__setitem__(0, 2),
    "tier 5": lambda claims: claims[ROLE].__setitem__(1, 5),
    "a class of 0, written out": lambda claims: claims[ROLE].append(0),
    "a role of five fields": lambda claims: claims[ROLE].extend([1, 1]),
}
CONDITION_FAULTS: Final[Mapping[str, Callable[[Fields], None]]] = {
    "a condition without a purpose": lambda condition: condition.__setitem__(0, ""),
    "a condition without payees": lambda condition: condition[1].clear(),
    "classes of payees out of order": lambda condition: condition[1].reverse(),
    "a class of payees twice": lambda condition: condition[1].insert(0, condition[1][0]),
    "nine classes of payees": lambda condition: condition.__setitem__(1, [*range(1, 10)]),
    "payees without a class": lambda condition: condition[1].__setitem__(0, 0),
    "a class as text": lambda condition: condition[1].__setitem__(0, "5411"),
    "a load that outlives its condition": lambda condition: condition.__setitem__(2, condition[2] - 1),
    "a giver of 31 bytes": lambda condition: condition.__setitem__(3, bytes(31)),
    "a field more in a condition": lambda condition: condition.append(0),
}


class Case(NamedTuple):
    """What is refused: as which kind of object, and its bytes."""

    name: str
    kind: type[Any]
    data: bytes


def _other_payloads(payload: bytes, time_s: int) -> dict[str, bytes]:
    """The same content, otherwise encoded."""
    time = cbor2.dumps(time_s)
    return {
        "a time in eight bytes": payload.replace(time, b"\x1b" + bytes(4) + time[1:], 1),
        "a tagged time": payload.replace(time, b"\xc1" + time, 1),
        "an array of indefinite length": b"\x9f" + payload[1:] + b"\xff",
        "an array with a long head": b"\x98\x06" + payload[1:],
        "a byte after the payload": payload + b"\0",
        "a payload cut off": payload[:-1],
        "an empty payload": b"",
    }


def _other_forms(payment: Transfer) -> dict[str, bytes]:
    """The same content and signature in another COSE form."""
    signed = payment.signed
    protected = cbor2.dumps({1: -19})
    parts: list[Any] = [protected, {}, signed.payload, signed.signature]

    def tagged(*changed: Any, tag: int = 18) -> bytes:
        return cbor2.dumps(cbor2.CBORTag(tag, [*changed]))

    return {
        "no tag": cbor2.dumps(parts),
        "the tag of COSE_Sign": tagged(*parts, tag=98),
        "the tag of self-described CBOR in front": b"\xd9\xd9\xf7" + signed.data,
        "the tag of a CWT in front": b"\xd8\x3d" + signed.data,
        "a key id in the unprotected header": tagged(protected, {4: b"payer"}, *parts[2:]),
        "the algorithm in the unprotected header": tagged(b"", {1: -19}, *parts[2:]),
        "algorithm -8 in place of -19": tagged(cbor2.dumps({1: -8}), *parts[1:]),
        "more in the protected header": tagged(cbor2.dumps({1: -19, 3: 61}), *parts[1:]),
        "a detached payload": tagged(protected, {}, None, signed.signature),
        "a signature of 63 bytes": tagged(*parts[:3], signed.signature[:-1]),
        "a byte after the object": signed.data + b"\0",
        "an object cut off": signed.data[:-1],
    }


def _cases(
    keys: Mapping[str, SigningKey], payment: Transfer, certificate: WalletCertificate, given: Load
) -> Iterator[Case]:
    def transfer(payload: bytes) -> bytes:
        return cose.sign(keys["payer"], Domain.TRANSFER, payload).data

    for name, spoil in TRANSFER_FAULTS.items():
        fields = cbor2.loads(payment.signed.payload)
        spoil(fields)
        yield Case(name, Transfer, transfer(cbor2.dumps(fields)))
    fields = cbor2.loads(payment.signed.payload)
    fields[4] = payment.payer
    yield Case("payment to oneself", Transfer, transfer(cbor2.dumps(fields)))
    for name, payload in _other_payloads(payment.signed.payload, payment.signed_at_s).items():
        yield Case(name, Transfer, transfer(payload))
    for name, data in _other_forms(payment).items():
        yield Case(name, Transfer, data)
    claims = cbor2.loads(certificate.signed.payload)
    payloads = {"claims out of order": cbor2.dumps({NBF: claims.pop(NBF)} | claims)}
    for name, spoil in CERTIFICATE_FAULTS.items():
        claims = cbor2.loads(certificate.signed.payload)
        spoil(claims)
        payloads[name] = codec.encode(claims)
    for name, payload in payloads.items():
        signed = cose.sign(keys["operator"], Domain.WALLET_CERTIFICATE, payload)
        yield Case(name, WalletCertificate, signed.data)
    for name, spoil in CONDITION_FAULTS.items():
        fields = cbor2.loads(given.signed.payload)
        spoil(fields[-1])
        yield Case(name, Load, cose.sign(keys["mint"], Domain.LOAD, cbor2.dumps(fields)).data)


def refused_objects(
    keys: Mapping[str, SigningKey], payment: Transfer, certificate: WalletCertificate, given: Load
) -> dict[str, Any]:
    """Objects that are malformed, each rightly signed; and well-formed ones with a wrong signature."""
    malformed = []
    for name, kind, data in _cases(keys, payment, certificate, given):
        try:
            kind.parse(data)
        except Malformed as refusal:
            malformed.append({"name": name, "kind": kind.__name__, "code": refusal.code, "data": data.hex()})
        else:
            raise AssertionError(f"{name} is accepted")
    payload = payment.signed.payload
    wrong = {
        "signed as a load": cose.sign(keys["payer"], Domain.LOAD, payload).data,
        "signed as a receipt": cose.sign(keys["payer"], Domain.RECEIPT, payload).data,
        "signed by another key": cose.sign(keys["payee"], Domain.TRANSFER, payload).data,
        "one bit of the signature flipped": payment.signed.data[:-1] + bytes([payment.signed.data[-1] ^ 1]),
    }
    return {
        "malformed": malformed,
        "wrong_signature": [
            {"name": name, "kind": "Transfer", "key": payment.payer.hex(), "data": data.hex()}
            for name, data in wrong.items()
        ],
    }


def refused_signatures() -> list[dict[str, Any]]:
    """Odd Ed25519 signatures (FAULTS F37), after "Taming the many EdDSAs", and what to say of them."""
    seed, message = bytes(range(32)), b"pay 600 fen"
    key, scalar = SigningKey(seed), edwards.secret_scalar(seed)
    torsion, nonce = TORSION[1], 777
    plain_r = edwards.encode(edwards.multiply(nonce, BASE))
    odd_r = edwards.encode(edwards.add(edwards.multiply(nonce, BASE), torsion))
    odd_key = edwards.encode(edwards.add(edwards.multiply(scalar, BASE), torsion))
    valid = key.sign(message)
    made: list[tuple[str, bytes, bytes, bytes, bool]] = [
        ("as RFC 8032 makes it", key.public, message, valid, True),
        ("another nonce", key.public, message, edwards.sign_with_nonce(seed, message, nonce), True),
        (
            "s not reduced",
            key.public,
            message,
            edwards.signature(valid[:32], int.from_bytes(valid[32:], "little") + L),
            False,
        ),
    ]

    def add(name: str, public: bytes, r: bytes, remainder: int, *, accepted: bool) -> None:
        text = edwards.find_message(public, r, remainder={remainder})
        s = (nonce + edwards.challenge(r, public, text) * scalar) % L
        made.append((name, public, text, edwards.signature(r, s), accepted))

    add("key of mixed order, plain equation holds", odd_key, plain_r, 0, accepted=True)
    add("key of mixed order, only the cofactored equation holds", odd_key, plain_r, 1, accepted=False)
    add("R of mixed order", key.public, odd_r, 0, accepted=False)
    add("key and R of mixed order, plain equation holds", odd_key, odd_r, 7, accepted=True)
    for number, small in enumerate(edwards.small_order_encodings(), 1):
        text = edwards.find_message(small, plain_r, remainder={0})
        made.append((f"key of small order {number}", small, text, edwards.signature(plain_r, nonce), False))
        s = edwards.challenge(small, key.public, message) * scalar % L
        made.append((f"R of small order {number}", key.public, message, edwards.signature(small, s), False))
    return [
        {
            "name": name,
            "key": public.hex(),
            "message": text.hex(),
            "signature": signature.hex(),
            "accepted": accepted,
        }
        for name, public, text, signature, accepted in made
    ]
