"""What an operator had signed with a key that is its key no more, signed anew with the one of today (F30).

Acknowledgements, notices, watermarks and orders are asked for again at any time, and after its old key was
revoked nobody takes that key's word. What they say, and so their id, stays the same.
"""

from shuangli import cose
from shuangli.cose import Domain
from shuangli.crypto import Signer, verify


def signed_by(key: Signer, data: bytes, domain: Domain) -> bytes:
    """The same object under `key`: as it is if that has signed it.

    Raises:
        Malformed: it is no object of this kind.
    """
    signed = cose.parse(data, domain)
    if verify(key.public, signed.message, signed.signature):
        return data
    return cose.sign(key, domain, signed.payload).data
