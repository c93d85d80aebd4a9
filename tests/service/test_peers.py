"""Whom a certificate for TLS names."""

from typing import Any

import pytest

from shuangli.api.tls import KEY_URN, Peer, read_peer
from shuangli.errors import Malformed

CERTIFICATE: dict[str, Any] = {
    "subject": ((("commonName", "OP01"),),),
    "subjectAltName": (("URI", f"{KEY_URN}{'ab' * 32}"),),
    "notAfter": "Sep  9 01:46:40 2001 GMT",
}


def test_who_a_certificate_names() -> None:
    assert read_peer(CERTIFICATE) == Peer(name="OP01", key=b"\xab" * 32, expires_at_s=1_000_000_000)


@pytest.mark.parametrize(
    "changed",
    [
        {"subject": ()},
        {"subject": ((("commonName", "OP01"),), (("commonName", "OP02"),))},
        {"subject": ((("organizationName", "OP01"),),)},
        {"subject": ((("commonName", "x" * 17),),)},
        {"subject": ((("commonName", ""),),)},
        {"subjectAltName": ()},
        {"subjectAltName": (("DNS", f"{KEY_URN}{'ab' * 32}"),)},
        {"subjectAltName": (("URI", f"{KEY_URN}{'ab' * 31}"),)},
        {"subjectAltName": (("URI", f"{KEY_URN}{'xy' * 32}"),)},
        {"subjectAltName": CERTIFICATE["subjectAltName"] * 2},
        {"notAfter": "later"},
    ],
)
def test_a_certificate_that_names_nobody(changed: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        read_peer(CERTIFICATE | changed)
    with pytest.raises(Malformed):
        read_peer({})
