"""Evidence of an omission: it convicts who has acknowledged and not logged, and nobody else."""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli.errors import Malformed, ShuangliError, Unverified
from shuangli.merkle import leaf_hash
from shuangli.messages.audit import LogEntry
from shuangli.messages.notices import Acknowledgement
from shuangli.offline.omission import Omission, verify_omission_file
from tests.audit.drawn import HIDING, HONEST, NOW, YEAR_S, Parties, Shown
from tests.byte_strategies import mutated

PARTIES: Final = Parties()
CERTIFICATE: Final = PARTIES.certificates["OP01"].signed.data


def acknowledged(*, origin: str = "OP01", key: str = "OP01", at_s: int = NOW) -> bytes:
    """What names entry 8 of the honest log."""
    entry = LogEntry(origin=origin, number=8, logged_at_s=at_s, leaf_hash=leaf_hash(HONEST.entries[8]))
    return Acknowledgement.sign(
        PARTIES.keys[key],
        upload_id=bytes(32),
        received_at_s=NOW,
        credited_fen=0,
        outcomes=(),
        entry=entry,
    ).signed.data


def evidence(
    checkpoint: bytes,
    *,
    acknowledgement: bytes = b"",
    certificates: tuple[str, str] = ("OP01", "OP01"),
    shown: Shown | None = None,
    size: int = 20,
) -> Omission:
    """The file; `shown` is the log of whose first `size` entries the leaf at number 8 is proven."""
    one, other = (PARTIES.certificates[name].signed.data for name in certificates)
    return Omission(
        certificates=(one, other),
        acknowledgement=acknowledgement or acknowledged(),
        checkpoint=checkpoint,
        leaf_hash=leaf_hash(shown.entries[8]) if shown else b"",
        proof=tuple(shown.inclusion(8, size)) if shown else (),
    )


def omissions() -> dict[str, Omission]:
    return {
        "another leaf": evidence(PARTIES.sign(HIDING, 20), shown=HIDING),
        "too small": evidence(PARTIES.sign(HIDING, 8, at_s=NOW + 1)),
    }


@pytest.mark.parametrize("name", omissions())
def test_f32_an_omission_is_proven_to_anybody_with_the_root_key(name: str) -> None:
    omission = omissions()[name]
    proven = verify_omission_file(omission.encode(), root=PARTIES.root)
    assert (proven.acknowledgement.operator, proven.acknowledgement.entry.number) == ("OP01", 8)
    assert "OP01" in proven.why
    assert Omission.decode(omission.encode()) == omission
    with pytest.raises(Unverified):
        verify_omission_file(omission.encode(), root=PARTIES.keys["OP02"].public)


def test_what_proves_no_omission_is_refused() -> None:
    hiding = PARTIES.sign(HIDING, 20)
    for omission, code in (
        (evidence(PARTIES.sign(HONEST, 20), shown=HONEST), "audit-log"),
        (evidence(hiding, shown=HONEST), "audit-log"),
        (evidence(hiding), "audit-log"),
        (evidence(PARTIES.sign(HIDING, 8)), "audit-log"),
        (evidence(hiding, acknowledgement=acknowledged(key="OP02"), shown=HIDING), "signature"),
        (
            evidence(
                hiding,
                acknowledgement=acknowledged(key="OP02"),
                certificates=("OP02", "OP01"),
                shown=HIDING,
            ),
            "audit-log",
        ),
        (
            evidence(
                hiding,
                acknowledgement=acknowledged(origin="OP02", key="OP02"),
                certificates=("OP02", "OP01"),
                shown=HIDING,
            ),
            "audit-log",
        ),
        (
            evidence(hiding, acknowledgement=acknowledged(at_s=NOW - YEAR_S - 1), shown=HIDING),
            "certificate-time",
        ),
    ):
        with pytest.raises(Unverified) as caught:
            verify_omission_file(omission.encode(), root=PARTIES.root)
        assert caught.value.code == code


def test_the_centre_has_acknowledged_nothing() -> None:
    """Its log is another one, also if an operator had its name."""
    omission = evidence(
        PARTIES.sign(HIDING, 20, origin="centre"),
        acknowledgement=acknowledged(origin="centre", key="centre"),
        certificates=("centre", "centre"),
        shown=HIDING,
    )
    with pytest.raises(Unverified):
        verify_omission_file(omission.encode(), root=PARTIES.root)


@given(st.sampled_from(sorted(omissions())), st.data())
def test_f33_altered_evidence_of_an_omission_proves_nothing_else(name: str, data: st.DataObject) -> None:
    original = omissions()[name].encode()
    altered = data.draw(mutated(original))
    try:
        verify_omission_file(altered, root=PARTIES.root)
    except (Malformed, Unverified):
        return
    assert altered == original


@given(st.binary(max_size=200))
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(ShuangliError):
        verify_omission_file(data, root=PARTIES.root)
