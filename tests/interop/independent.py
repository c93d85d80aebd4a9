"""A payment and a double spend, verified by somebody who has only read tests/vectors/README.md.

Run by the interpreter of `.venv-interop`, which does not know shuangli: other libraries for CBOR (cbor2
before version 6, another program than ours) and COSE (`cwt`, on OpenSSL). Reads a root key and byte strings
from standard input, in hexadecimal, and writes what they prove; or why they prove nothing.
"""

import hashlib
import json
import sys
from collections.abc import Callable
from typing import Any, Final

import cbor2
from cwt import COSE, COSEKey  # type: ignore[import-not-found]

PAYEE, CHANGE = b"\0", b"\1"
COSE_SIGN1: Final = 18


def opened(data: bytes, key: bytes, kind: str) -> Any:
    """The content of a signed object, once its signature has been verified."""
    cose_key = COSEKey.new({1: 1, 3: -19, -1: 6, -2: key})
    return cbor2.loads(COSE.new().decode(data, cose_key, external_aad=f"shuangli/1/{kind}".encode()))


def content(data: bytes) -> Any:
    """The content of a signed object, before it can be verified: it says who has signed it."""
    return cbor2.loads(cbor2.loads(data).value[2])


def name_of(data: bytes, kind: str) -> bytes:
    """The id of a signed object."""
    aad = f"shuangli/1/{kind}".encode()
    tagged = cbor2.loads(data)
    assert tagged.tag == COSE_SIGN1
    protected, _, payload, _ = tagged.value
    return hashlib.sha256(aad + cbor2.dumps(["Signature1", protected, aad, payload])).digest()


def coin_name(parent: bytes, rest: bytes) -> bytes:
    """The id of a coin."""
    return hashlib.sha256(b"shuangli/1/coin" + parent + rest).digest()


def confirmed_key(claims: dict[int, Any]) -> bytes:
    """The key that a certificate is for."""
    return bytes(claims[8][1][-2])


def payer_of(transfer: bytes, operators: dict[str, bytes]) -> bytes:
    """The key that signed a transfer, once its certificate and its signature have been verified."""
    _, certificate, signed_at_s, _, payee, _ = content(transfer)
    claims = opened(certificate, operators[content(certificate)[1]], "certificate/wallet")
    redeems = payee == bytes(32)
    assert claims[5] <= signed_at_s, "signed before the certificate was valid"
    assert redeems or signed_at_s < claims[4], "signed when the certificate had expired"
    key = confirmed_key(claims)
    opened(transfer, key, "transfer")
    return key


def payment(root: bytes, operator: bytes, epoch: bytes, request: bytes, bundle: bytes) -> dict[str, Any]:
    """What a payment hands over in answer to a request: who pays whom, and coins with what they are worth."""
    operators = {(claims := opened(operator, root, "certificate/operator"))[2]: confirmed_key(claims)}
    minting = opened(epoch, root, "epoch")
    _, _, amount_fen, certificate, *_ = content(request)
    payee = confirmed_key(opened(certificate, operators[content(certificate)[1]], "certificate/wallet"))
    opened(request, payee, "request")
    coins: dict[bytes, tuple[bytes, int]] = {}
    loads, transfers = cbor2.loads(bundle)
    for load in loads:
        _, _, _, owner, values, number, *_ = opened(load, confirmed_key(minting), "load")
        assert number == minting[-65537][0], "minted in another epoch"
        for index, value_fen in enumerate(values):
            coins[coin_name(name_of(load, "load"), index.to_bytes(4, "big"))] = (owner, value_fen)
    paid: dict[bytes, int] = {}
    payer = b""
    for transfer in transfers:
        payer = payer_of(transfer, operators)
        bound_to, _, _, _, paid_to, spends = content(transfer)
        for coin, *parts in spends:
            owner, value_fen = coins.pop(coin)
            assert owner == payer, "somebody else's coin"
            assert sum(parts) == value_fen, "the outputs do not add up"
            outputs = [(PAYEE, paid_to), (CHANGE, payer)]
            for (output, owner), part_fen in zip(outputs, parts, strict=False):
                coins[coin_name(name_of(transfer, "transfer"), coin + output)] = (owner, part_fen)
            if bound_to == name_of(request, "request"):
                paid[coin_name(name_of(transfer, "transfer"), coin + PAYEE)] = parts[0]
    assert all(coins[coin][0] == payee for coin in paid), "not paid to who asked"
    assert sum(paid.values()) == amount_fen, "another amount"
    return {
        "payer": payer.hex(),
        "payee": payee.hex(),
        "paid_fen": {coin.hex(): value_fen for coin, value_fen in paid.items()},
    }


def culprit(root: bytes, evidence: bytes) -> str:
    """The key that has spent a coin twice."""
    _, coin, transfers, certificates, *refused = cbor2.loads(evidence)
    claimed = [opened(data, root, "certificate/operator") for data in certificates]
    operators = {claims[2]: confirmed_key(claims) for claims in claimed}
    (key,) = {payer_of(transfer, operators) for transfer in transfers}
    assert all(coin in [spend[0] for spend in content(transfer)[5]] for transfer in transfers)
    if refused:
        refusal, source = refused
        _, named, _, _ = opened(refusal, key, "refusal")
        assert coin in [coin_name(transfer, source + PAYEE) for transfer in named], "another coin is refused"
    else:
        assert len({name_of(transfer, "transfer") for transfer in transfers}) == 2, "one transfer"
    return key.hex()


def main() -> None:
    """Answer all questions."""
    asks: dict[str, Callable[..., Any]] = {"payment": payment, "culprit": culprit}
    answers = []
    for question in json.load(sys.stdin):
        parts = {name: bytes.fromhex(part) for name, part in question["of"].items()}
        try:
            answers.append({"proves": asks[question["what"]](**parts)})
        except Exception as error:  # whatever garbage does to a reader that trusts its input
            answers.append({"nothing": repr(error)})
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
