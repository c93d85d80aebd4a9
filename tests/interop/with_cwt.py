"""What another implementation of COSE and CWT (the package `cwt`) makes of our objects, and makes itself.

Run by the interpreter of `.venv-interop`, which does not know shuangli. Reads questions,
{"verify": [...], "sign": [...]}, from standard input, and writes the answers in the same order. Byte strings
are in hexadecimal.
"""

import json
import sys
from typing import Any

import cbor2
from cwt import COSE, Claims, COSEKey, VerifyError  # type: ignore[import-not-found]


def verify(case: dict[str, str]) -> dict[str, Any]:
    """Verify `data` under `key`: the payload, and the claims if it is a certificate; or that it fails."""
    key = COSEKey.new({1: 1, 3: -19, -1: 6, -2: bytes.fromhex(case["key"])})
    try:
        payload = COSE.new().decode(
            bytes.fromhex(case["data"]), key, external_aad=case["external_aad"].encode()
        )
    except VerifyError:
        return {"verified": False}
    content = cbor2.loads(payload)
    claims = claims_of(content) if isinstance(content, dict) else None
    return {"verified": True, "payload": payload.hex(), "claims": claims}


def claims_of(content: dict[int, Any]) -> dict[str, Any]:
    """The claims of a CWT as the package reads them, with the key that it makes of `cnf`."""
    Claims.validate(content)
    claims = Claims.new(content)
    confirmed = COSEKey.new(claims.cnf)
    return {
        "issuer": claims.iss,
        "subject": claims.sub,
        "not_before_s": claims.nbf,
        "expires_at_s": claims.exp,
        "serial": claims.to_dict()[7].hex(),  # `claims.cti` wants text
        "key": confirmed.to_dict()[-2].hex(),
    }


def sign(case: dict[str, str]) -> str:
    """Sign `payload` with the private key of `seed` and `public`."""
    parts = {-2: bytes.fromhex(case["public"]), -4: bytes.fromhex(case["seed"])}
    key = COSEKey.new({1: 1, 3: -19, -1: 6} | parts)
    signer = COSE.new(alg_auto_inclusion=True)
    signed: bytes = signer.encode(
        bytes.fromhex(case["payload"]), key, external_aad=case["external_aad"].encode()
    )
    return signed.hex()


def main() -> None:
    """Answer all questions."""
    asked = json.load(sys.stdin)
    answers = {"verify": [*map(verify, asked["verify"])], "sign": [*map(sign, asked["sign"])]}
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
