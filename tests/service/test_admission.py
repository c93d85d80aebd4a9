"""An issuer and the operators that it admits: what is certified, and what lies in whose directory."""

import os
from pathlib import Path

import pytest

from shuangli.crypto import SigningKey
from shuangli.errors import BadInput, Malformed
from shuangli.issuer.authority import Authority
from shuangli.issuer.service.admission import OperatorKeys, admit, dismiss, operator_keys_in
from shuangli.issuer.service.keys import IssuerKeys, RootSecrets, issuer_keys_in, read_key_set
from shuangli.messages.key_set import KeySet
from shuangli.offline.trust import Trust
from tests.devices.processes import SHUANGLI, running
from tests.service.typed import failed, type_
from tests.setting import NOW


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


def test_an_issuer_serves_without_the_roots_key(issuer: Path, tmp_path: Path) -> None:
    (issuer / "offline").rename(tmp_path / "safe")
    with running(*SHUANGLI, "issuer", "serve", issuer, "--port", "0", "--json") as process:
        facts = process.next_facts()
        assert facts["root"] == (issuer / "root-key.txt").read_text().strip()
        process.process.terminate()
        told = process.end()
    assert (told.code, told.out, told.err) == (0, "", "")


def test_admit_and_dismiss_as_a_person_types_them(tmp_path: Path) -> None:
    issuer, out = tmp_path / "issuer", tmp_path / "OP01"
    told = type_("issuer", "admit", issuer, "OP01", out, "--json")
    assert (told.code, told.facts) == (0, {"operator": "OP01", "directory": str(out), "key_set": 2})
    assert "key set 3" in type_("issuer", "admit", issuer, "OP02", tmp_path / "OP02").out
    told = type_("issuer", "dismiss", issuer, "OP01", "--json")
    assert (told.code, told.facts) == (0, {"operator": "OP01", "key_set": 4})
    (left,) = KeySet.parse(read_key_set(issuer)).operators
    assert left.claims.subject == "OP02"


def test_f30_a_new_key_as_a_person_types_it(issuer: Path, tmp_path: Path) -> None:
    out = tmp_path / "OP01"
    assert type_("issuer", "admit", issuer, "OP01", out).code == 0
    told = type_("issuer", "renew-operator", issuer, out, "--json")
    assert (told.code, told.facts) == (0, {"directory": str(out), "key_set": 3})
    assert "key set 4" in type_("issuer", "renew-operator", issuer, out).out
    failed(type_("issuer", "renew-operator", issuer, tmp_path / "nowhere"), "nowhere")
    failed(type_("issuer", "renew-operator", tmp_path / "nowhere", out), "nowhere")
    other = tmp_path / "another issuer"
    issuer_keys_in(other, random_bytes=os.urandom, now_s=NOW)
    failed(type_("issuer", "renew-operator", other, out), "no operator of this network")
    assert type_("issuer", "dismiss", issuer, "OP01").code == 0
    failed(type_("issuer", "renew-operator", issuer, out), "no operator of this network")


@pytest.mark.parametrize("name", ["", "OP 1", "../OP01", "-x", "x" * 17, "银行"])
def test_no_name_of_an_operator(issuer: Path, tmp_path: Path, name: str) -> None:
    failed(type_("issuer", "admit", issuer, "--", name, tmp_path / "out"), "letters or digits")
    assert not (tmp_path / "out").exists()


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
