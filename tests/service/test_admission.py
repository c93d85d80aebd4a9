"""The directories of an issuer and its operators: what lies in them, who may read it, and what goes wrong."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from shuangli.api.tls import KEY_URN, Peer, TlsFiles, issuer_context, read_peer
from shuangli.cli import main
from shuangli.crypto import SigningKey
from shuangli.errors import BadInput, Malformed, StoreError
from shuangli.issuer.authority import Authority
from shuangli.issuer.service.admission import OperatorKeys, admit, dismiss, operator_keys_in
from shuangli.issuer.service.keys import IssuerKeys, RootSecrets, issuer_keys_in, read_key_set, tls_files_in
from shuangli.messages.key_set import KeySet
from shuangli.offline.trust import Trust
from shuangli.operator.service.admitted import open_admitted
from tests.devices.people import Told
from tests.devices.processes import SHUANGLI, running
from tests.world import NOW

WHERE = "https://127.0.0.1:1"


def type_(*words: object) -> Told:
    """Run `shuangli ...`."""
    ran = CliRunner().invoke(main, [*map(str, words)])
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
    return Told(ran.exit_code, ran.stdout, ran.stderr)


@pytest.fixture
def issuer(tmp_path: Path) -> Path:
    """An issuer's directory."""
    directory = tmp_path / "issuer"
    issuer_keys_in(directory, random_bytes=os.urandom, now_s=NOW)
    return directory


def test_all_that_is_certified_holds_under_the_root(issuer: Path, tmp_path: Path) -> None:
    keys = issuer_keys_in(issuer, random_bytes=os.urandom, now_s=NOW + 5)
    for name in ("OP01", "OP02"):
        admit(issuer, name, tmp_path / name, random_bytes=os.urandom, now_s=NOW)
    trust = Trust(root=keys.root, network="sandbox", objects_kept=16)
    key_set = trust.add_key_set(read_key_set(issuer))
    assert key_set.number == 3
    assert [certificate.claims.subject for certificate in key_set.operators] == ["OP01", "OP02"]
    for certificate in key_set.operators:
        name = certificate.claims.subject or ""
        own = operator_keys_in(tmp_path / name)
        assert certificate.claims.key == SigningKey(own.operator).public
        assert own.root == keys.root
        trust.add_operator(certificate.signed.data)
    serials = [each.claims.serial for each in (*key_set.operators, *key_set.centres)]
    serials += [epoch.claims.serial for epoch in key_set.epochs]
    assert len({*serials}) == len(serials) == 4


def test_serials_are_never_used_twice(issuer: Path, tmp_path: Path) -> None:
    serials = []
    for n in range(3):
        key_set = admit(issuer, "OP01", tmp_path / f"{n}", random_bytes=os.urandom, now_s=NOW)
        serials.append(key_set.operators[-1].claims.serial)
        dismiss(issuer, "OP01", now_s=NOW)
    assert len({*serials}) == 3


def test_every_file_is_for_its_owner_only(issuer: Path, tmp_path: Path) -> None:
    admit(issuer, "OP01", tmp_path / "OP01", random_bytes=os.urandom, now_s=NOW)
    for directory in (issuer, tmp_path / "OP01"):
        assert directory.stat().st_mode & 0o777 == 0o700
        for path in directory.rglob("*"):
            assert path.stat().st_mode & 0o077 == 0, path


def test_no_key_of_the_issuer_lies_in_an_operators_directory(issuer: Path, tmp_path: Path) -> None:
    admit(issuer, "OP01", tmp_path / "OP01", random_bytes=os.urandom, now_s=NOW)
    root = RootSecrets.decode((issuer / "offline/root.cbor").read_bytes())
    keys = IssuerKeys.decode((issuer / "issuer.cbor").read_bytes())
    theirs = b"".join(path.read_bytes() for path in (tmp_path / "OP01").rglob("*") if path.is_file())
    of_issuer = b"".join(path.read_bytes() for path in issuer.glob("*") if path.is_file())
    for secret in (root.root, root.tls, keys.centre, keys.minting):
        assert secret not in theirs
    for secret in (root.root, root.tls):
        assert secret not in of_issuer
    own = operator_keys_in(tmp_path / "OP01")
    assert own.operator not in of_issuer
    assert own.operator.hex() not in repr(own)


def test_files_of_keys_are_read_as_they_were_written() -> None:
    seeds = [bytes([n]) * 32 for n in range(4)]
    for keys in (
        RootSecrets(root=seeds[0], tls=seeds[1]),
        IssuerKeys(root=seeds[0], centre=seeds[1], minting=seeds[2]),
        OperatorKeys(name="OP01", operator=seeds[0], pseudonyms=seeds[2], root=seeds[1]),
    ):
        assert type(keys).decode(keys.encode()) == keys
        with pytest.raises(Malformed):
            type(keys).decode(keys.encode() + b"\0")
        with pytest.raises(Malformed, match="version"):
            type(keys).decode(keys.encode().replace(b"\x01", b"\x02", 1))


@pytest.mark.parametrize("left", range(1, 9))
def test_a_founding_that_was_cut_off_is_begun_again(
    tmp_path: Path, left: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Power is lost before the file of this number gets its name; there are 7."""
    rename, renamed = Path.rename, []

    def cut_off(path: Path, target: Path) -> Path:
        renamed.append(target)
        if len(renamed) == left:
            raise KeyboardInterrupt
        return rename(path, target)

    with monkeypatch.context() as cutting:
        cutting.setattr(Path, "rename", cut_off)
        try:
            issuer_keys_in(tmp_path / "issuer", random_bytes=os.urandom, now_s=NOW)
        except KeyboardInterrupt:
            assert left <= 7
        else:
            assert (left > 7, len(renamed)) == (True, 7)
    keys = issuer_keys_in(tmp_path / "issuer", random_bytes=os.urandom, now_s=NOW)
    trust = Trust(root=keys.root, network="sandbox", objects_kept=16)
    trust.add_key_set(read_key_set(tmp_path / "issuer"))
    admit(tmp_path / "issuer", "OP01", tmp_path / "OP01", random_bytes=os.urandom, now_s=NOW)
    issuer_context(tls_files_in(tmp_path / "issuer"))


def test_an_admission_that_was_cut_off_has_admitted_nobody(
    issuer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = read_key_set(issuer)
    with monkeypatch.context() as cutting:
        cutting.setattr(Path, "rename", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            admit(issuer, "OP01", tmp_path / "OP01", random_bytes=os.urandom, now_s=NOW)
    assert read_key_set(issuer) == before


def test_admit_and_dismiss_as_a_person_types_them(tmp_path: Path) -> None:
    issuer, out = tmp_path / "issuer", tmp_path / "OP01"
    told = type_("issuer", "admit", issuer, "OP01", out, "--json")
    assert (told.code, told.facts) == (0, {"operator": "OP01", "directory": str(out), "key_set": 2})
    assert "key set 3" in type_("issuer", "admit", issuer, "OP02", tmp_path / "OP02").out
    told = type_("issuer", "dismiss", issuer, "OP01", "--json")
    assert (told.code, told.facts) == (0, {"operator": "OP01", "key_set": 4})
    (left,) = KeySet.parse(read_key_set(issuer)).operators
    assert left.claims.subject == "OP02"


def failed(told: Told, part: object) -> None:
    assert (told.code, told.out) == (2, ""), told
    assert re.fullmatch(rf"shuangli: [^\n]*{part}[^\n]*\n", told.err), told


@pytest.mark.parametrize("name", ["", "OP 1", "../OP01", "-x", "x" * 17, "银行"])
def test_no_name_of_an_operator(issuer: Path, tmp_path: Path, name: str) -> None:
    failed(type_("issuer", "admit", issuer, "--", name, tmp_path / "out"), "letters or digits")
    assert not (tmp_path / "out").exists()


def test_what_is_wrong_with_an_admission_is_said(issuer: Path, tmp_path: Path) -> None:
    assert type_("issuer", "admit", issuer, "OP01", tmp_path / "OP01").code == 0
    before = read_key_set(issuer)
    failed(type_("issuer", "admit", issuer, "OP01", tmp_path / "again"), "admitted already")
    failed(type_("issuer", "admit", issuer, "OP02", tmp_path / "OP01"), "holds other files")
    failed(type_("issuer", "dismiss", issuer, "OP09"), "no operator of this network")
    failed(type_("issuer", "dismiss", tmp_path / "nowhere", "OP01"), "nowhere")
    (issuer / "offline").rename(tmp_path / "safe")
    failed(type_("issuer", "admit", issuer, "OP02", tmp_path / "OP02"), "offline/root.cbor")
    assert read_key_set(issuer) == before
    assert not (tmp_path / "OP02").exists()


def test_an_issuer_serves_without_the_roots_key(issuer: Path, tmp_path: Path) -> None:
    (issuer / "offline").rename(tmp_path / "safe")
    with running(*SHUANGLI, "issuer", "serve", issuer, "--port", "0", "--json") as process:
        facts = process.next_facts()
        assert facts["root"] == (issuer / "root-key.txt").read_text().strip()
        process.process.terminate()
        told = process.end()
    assert (told.code, told.out, told.err) == (0, "", "")


@pytest.mark.parametrize(
    ("damage", "error"),
    [
        (lambda path: (path / "operator.cbor").write_bytes(b"\x80"), StoreError),
        (lambda path: (path / "operator.cbor").unlink(), BadInput),
        (lambda path: (path / "key-set.cbor").write_bytes(b"\x80"), StoreError),
        (lambda path: (path / "tls/key.pem").write_bytes(b"hello"), BadInput),
        (lambda path: (path / "tls/authority.pem").unlink(), BadInput),
        (lambda path: (path / "revocation-list.cbor").write_bytes(b"\x80"), StoreError),
        (lambda path: (path / "OP01.sqlite").write_bytes(b"years of work" * 1_000), StoreError),
    ],
)
def test_f38_a_damaged_file_of_an_operator_is_named(
    issuer: Path, tmp_path: Path, damage: Callable[[Path], Any], error: type[Exception]
) -> None:
    admit(issuer, "OP01", tmp_path / "OP01", random_bytes=os.urandom, now_s=NOW)
    with open_admitted(tmp_path / "OP01", WHERE, now_s=lambda: NOW) as admitted:
        assert admitted.name == "OP01"
    for left in ("OP01.sqlite-wal", "OP01.sqlite-shm"):
        (tmp_path / "OP01" / left).unlink(missing_ok=True)
    damage(tmp_path / "OP01")
    with (
        pytest.raises(error, match="OP01"),
        open_admitted(tmp_path / "OP01", WHERE, now_s=lambda: NOW),
    ):
        pass


def test_a_key_set_of_another_root_is_a_damaged_file(issuer: Path, tmp_path: Path) -> None:
    admit(issuer, "OP01", tmp_path / "OP01", random_bytes=os.urandom, now_s=NOW)
    issuer_keys_in(tmp_path / "other", random_bytes=os.urandom, now_s=NOW)
    (tmp_path / "OP01/key-set.cbor").write_bytes(read_key_set(tmp_path / "other"))
    with (
        pytest.raises(StoreError) as corrupt,
        open_admitted(tmp_path / "OP01", WHERE, now_s=lambda: NOW),
    ):
        pass
    assert corrupt.value.code == "corrupt"


@pytest.mark.parametrize("words", [("issuer", "serve"), ("operator", "serve")])
def test_a_directory_of_something_else(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    more = ("--issuer", WHERE) if words[0] == "operator" else ()
    failed(type_(*words, tmp_path, "--port", "0", *more), tmp_path.name)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


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


def test_files_for_tls_that_do_not_belong_together(issuer: Path, tmp_path: Path) -> None:
    admit(issuer, "OP01", tmp_path / "OP01", random_bytes=os.urandom, now_s=NOW)
    mixed = TlsFiles(
        certificate=tls_files_in(issuer).certificate,
        key=tls_files_in(tmp_path / "OP01").key,
        authority=tls_files_in(issuer).authority,
    )
    with pytest.raises(BadInput):
        issuer_context(mixed)


@pytest.mark.parametrize("name", ["centre", "Centre", "issuer", "ROOT", "sandbox", "op01"])
def test_no_operator_has_the_name_of_a_role_or_of_another_one(
    issuer: Path, tmp_path: Path, name: str
) -> None:
    admit(issuer, "OP01", tmp_path / "OP01", random_bytes=os.urandom, now_s=NOW)
    before = read_key_set(issuer)
    with pytest.raises(BadInput) as refused:
        admit(issuer, name, tmp_path / "out", random_bytes=os.urandom, now_s=NOW)
    assert refused.value.code == "bad-value"
    assert read_key_set(issuer) == before


def test_the_root_certifies_no_operator_as_the_centre() -> None:
    authority = Authority(SigningKey(bytes(32)), network="sandbox")
    with pytest.raises(BadInput):
        authority.certify_operator("Centre", bytes(32), not_before_s=0, expires_at_s=1)
