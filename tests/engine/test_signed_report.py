"""The signed report, checked by somebody who has nothing but the files and the root key."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shuangli import codec
from shuangli.crypto import SigningKey, sha256
from shuangli.errors import Malformed, ProtocolError, Unverified
from shuangli.issuer.authority import Authority
from shuangli.messages.notices import Report
from shuangli.offline.report import read_figures, sign_report, verify_report
from tests.engine.checks import root_key
from tests.engine.conftest import Play

NOW = 1_760_000_000
ROOT, CENTRE = SigningKey(sha256(b"root")), SigningKey(sha256(b"centre"))
ROOT_OF_SEED_1 = SigningKey(sha256(b"shuangli-sim/1/root"))
Figures = dict[str, Any]


def certified(root: SigningKey = ROOT, *, network: str = "test", expires_at_s: int = NOW + 100) -> bytes:
    """The centre's certificate."""
    authority = Authority(root, network=network)
    return authority.certify_centre(
        "centre", CENTRE.public, not_before_s=NOW - 100, expires_at_s=expires_at_s
    ).signed.data


def good() -> Figures:
    """Figures that add up, of a period without forks."""
    supply = {
        "loaded_fen": 10,
        "redeemed_fen": 7,
        "returned_fen": 0,
        "outstanding_fen": 3,
        "difference_fen": 0,
    }
    forked = {"forked_fen": 4, "fund_paid_fen": 1, "void_fen": 1, "forked_open_fen": 2}
    return {
        "schema": "shuangli.result/1",
        "forks": {"found": 0},
        "books": {"difference_fen": 0},
        "supply": [{**supply, **forked, "difference_fen": 0, "forked_difference_fen": 0}],
        "hours": [{"hour": hour} for hour in range(24)],
    }


def signed(content: bytes, **changes: Any) -> bytes:
    """A report over this result.json."""
    known = {"network": "test", "made_at_s": NOW, "files": {"result.json": content}, "centre": certified()}
    return sign_report(CENTRE, **{**known, **changes})


def check(content: bytes, report: bytes) -> None:
    verify_report(report, {"result.json": content}, root=ROOT.public)


def test_a_good_report() -> None:
    content = json.dumps(good()).encode()
    verified = verify_report(signed(content), {"result.json": content}, root=ROOT.public)
    assert (verified.network, verified.forks) == ("test", 0)
    assert verified.figures["supply.0.loaded_fen"] == 10
    assert not any(name.startswith("hours") for name in verified.figures)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda f: f["forks"].update(found=1), "forks.found says 1, the evidence proves 0"),
        (lambda f: f["forks"].clear(), "forks.found is missing"),
        (lambda f: f["books"].update(difference_fen=-1), "books.difference_fen is -1, not 0"),
        (lambda f: f.pop("books"), "books.difference_fen is missing"),
        (lambda f: f["supply"][0].update(loaded_fen=11), "loaded_fen of supply.0 is off by 1 fen"),
        (lambda f: f["supply"][0].update(void_fen=2), "forked_fen of supply.0 is off by -1 fen"),
        (lambda f: f["supply"][0].update(difference_fen=1), "loaded_fen of supply.0 is off by 0 fen"),
        (lambda f: f["supply"][0].pop("redeemed_fen"), "supply.0.redeemed_fen is missing"),
        (lambda f: f["supply"].append({**f["supply"][0], "outstanding_fen": 4}), "supply.1 is off by -1"),
    ],
)
def test_a_centre_that_signs_what_does_not_hold(change: Callable[[Figures], Any], what: str) -> None:
    figures = good()
    change(figures)
    content = json.dumps(figures).encode()
    with pytest.raises(Unverified, match=what):
        check(content, signed(content))


@pytest.mark.parametrize(
    "content",
    [
        b"not JSON",
        b"\xff\xfe",
        b"",
        b'{"a": ' + b"[" * 100_000,
        b"[" * 5_000 + b"]" * 5_000,
        b'{"books": {"difference_fen": 1, "difference_fen": 0}}',
        b'{"books.difference_fen": 0, "books": {"difference_fen": 1}}',
        b'{"x": ' + b"9" * 5_000 + b"}",
    ],
)
def test_a_centre_that_signs_something_else_than_a_result(content: bytes) -> None:
    """Found: a result that is no JSON ended in a traceback."""
    with pytest.raises(Unverified, match="not JSON that gives each figure once"):
        read_figures(content)
    report = Report.sign(
        CENTRE, network="test", made_at_s=NOW, figures={}, files={"result.json": sha256(content)}
    )
    with pytest.raises(Unverified, match="not JSON that gives each figure once"):
        check(content, codec.encode([certified(), report.signed.data]))


def test_figures_that_differ_from_the_result() -> None:
    content = json.dumps(good()).encode()
    report = Report.sign(
        CENTRE,
        network="test",
        made_at_s=NOW,
        figures={"forks.found": 0},
        files={"result.json": sha256(content)},
    )
    with pytest.raises(Unverified, match=r"figures signed are not those of result\.json"):
        check(content, codec.encode([certified(), report.signed.data]))


def test_a_report_that_does_not_cover_the_result() -> None:
    report = Report.sign(CENTRE, network="test", made_at_s=NOW, figures={}, files={})
    with pytest.raises(Unverified, match=r"does not cover result\.json"):
        check(b"{}", codec.encode([certified(), report.signed.data]))


@pytest.mark.parametrize(
    ("centre", "changes"),
    [
        (certified(SigningKey(sha256(b"other root"))), {}),
        (certified(network="other"), {}),
        (certified(), {"network": "other"}),
        (certified(expires_at_s=NOW), {}),
    ],
)
def test_a_centre_that_the_root_did_not_certify_for_this(centre: bytes, changes: dict[str, str]) -> None:
    content = json.dumps(good()).encode()
    with pytest.raises(Unverified):
        check(content, signed(content, centre=centre, **changes))


def test_another_key_than_the_centres() -> None:
    content = json.dumps(good()).encode()
    other = SigningKey(sha256(b"other"))
    report = sign_report(
        other, network="test", made_at_s=NOW, files={"result.json": content}, centre=certified()
    )
    with pytest.raises(Unverified, match="signature"):
        check(content, report)


def test_no_fork_counts_twice_and_none_of_another_network(metro: Play) -> None:
    """Found: one fork's evidence could be filed under two names."""
    run = metro(seed=1, clone__share=0.2)
    piece = (run.directory / run.cases["evidence"][0]).read_bytes()
    root = root_key(run.directory)
    assert root == ROOT_OF_SEED_1.public
    figures = good()
    for network, names, what in (
        ("sim", ("evidence/a", "evidence/b"), "evidence/b proves a fork again"),
        ("test", ("evidence/a",), "one of another network"),
    ):
        figures["forks"]["found"] = len(names)
        files = {"result.json": json.dumps(figures).encode(), **dict.fromkeys(names, piece)}
        centre = certified(ROOT_OF_SEED_1, network=network)
        report = sign_report(CENTRE, network=network, made_at_s=NOW, files=files, centre=centre)
        with pytest.raises(Unverified, match=what):
            verify_report(report, files, root=root)


def test_a_report_over_very_many_files() -> None:
    """Found: a run with 30,000 forks ended in a traceback, because its report was over a bound."""
    content = json.dumps(good()).encode()
    names = [f"evidence/case-{number:05d}-01234567.cbor" for number in range(40_000)]
    files = {"result.json": content, **dict.fromkeys(names, b"")}
    report = sign_report(CENTRE, network="test", made_at_s=NOW, files=files, centre=certified())
    assert len(report) > 2 * 1024 * 1024
    with pytest.raises(Unverified, match=r"case-00000-01234567\.cbor proves nothing"):
        verify_report(report, files, root=ROOT.public)


REPORT = signed(json.dumps(good()).encode())


@settings(max_examples=300)
@given(
    data=st.one_of(st.binary(max_size=400), st.just(REPORT)),
    files=st.dictionaries(st.text(max_size=12), st.binary(max_size=40), max_size=3),
)
def test_arbitrary_bytes(data: bytes, files: dict[str, bytes]) -> None:
    with pytest.raises((Malformed, Unverified)):
        verify_report(data, files, root=ROOT.public)


@settings(max_examples=300)
@given(place=st.integers(0, len(REPORT) - 1), bit=st.integers(0, 7), cut=st.booleans())
def test_a_report_with_one_flipped_bit_or_cut_off(place: int, bit: int, cut: bool) -> None:
    damaged = bytearray(REPORT)
    damaged[place] ^= 1 << bit
    with pytest.raises(ProtocolError):
        check(json.dumps(good()).encode(), REPORT[:place] if cut else bytes(damaged))
