"""Power is lost while keys are made or renewed: nobody is half admitted, and what is begun again is whole."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509

from shuangli.api.tls import KEY_URN, issuer_context
from shuangli.crypto import SigningKey
from shuangli.issuer.service.admission import admit, operator_keys_in, renew
from shuangli.issuer.service.keys import issuer_keys_in, read_key_set, tls_files_in
from shuangli.messages.key_set import KeySet
from shuangli.offline.trust import Trust
from tests.setting import NOW, YEAR_S


@contextmanager
def power_lost_at(left: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Path]]:
    """Power is lost before the file of this number gets its name; gives the names that files should get."""
    rename, renamed = Path.rename, []

    def cut_off(path: Path, target: Path) -> Path:
        renamed.append(target)
        if len(renamed) == left:
            raise KeyboardInterrupt
        return rename(path, target)

    with monkeypatch.context() as cutting:
        cutting.setattr(Path, "rename", cut_off)
        yield renamed


@pytest.mark.parametrize("left", range(1, 9))
def test_a_founding_that_was_cut_off_is_begun_again(
    tmp_path: Path, left: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There are 7 files."""
    with power_lost_at(left, monkeypatch) as renamed:
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


def check_keys(issuer: Path, out: Path, *, certificates: int) -> bytes:
    """An operator's files belong together, and to the newest key set; gives its public key."""
    own, key_set = operator_keys_in(out), KeySet.parse(read_key_set(issuer))
    named = [each for each in key_set.operators if each.claims.subject == own.name]
    public = SigningKey(own.operator).public
    assert (len(named), named[-1].claims.key) == (certificates, public)
    tls = x509.load_pem_x509_certificate(tls_files_in(out).certificate.read_bytes())
    names = tls.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == [f"{KEY_URN}{public.hex()}"]
    issuer_context(tls_files_in(out))
    return public


@pytest.mark.parametrize("left", range(1, 7))
def test_f30_a_new_key_that_was_cut_off_is_given_again(
    issuer: Path, tmp_path: Path, left: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There are 5 files."""
    out, later_s = tmp_path / "OP01", NOW + YEAR_S
    admit(issuer, "OP01", out, random_bytes=os.urandom, now_s=NOW)
    admit(issuer, "OP02", tmp_path / "OP02", random_bytes=os.urandom, now_s=NOW)
    before, old = operator_keys_in(out), check_keys(issuer, out, certificates=1)
    with power_lost_at(left, monkeypatch) as renamed:
        try:
            renew(issuer, out, random_bytes=os.urandom, now_s=later_s)
        except KeyboardInterrupt:
            assert left <= 5
        else:
            assert (left > 5, len(renamed)) == (True, 5)
            assert check_keys(issuer, out, certificates=2) != old
    key_set = renew(issuer, out, random_bytes=os.urandom, now_s=later_s + 1)
    fresh = check_keys(issuer, out, certificates=2 if left == 1 else 3)
    assert fresh != old
    assert operator_keys_in(out) == replace(before, operator=operator_keys_in(out).operator)
    Trust(root=before.root, network="sandbox", objects_kept=16).add_key_set(key_set.signed.data)
    serials = [each.claims.serial for each in (*key_set.operators, *key_set.centres)]
    serials += [epoch.claims.serial for epoch in key_set.epochs]
    assert len({*serials}) == len(serials)
    first, *_, last = (each.claims for each in key_set.operators if each.claims.subject == "OP01")
    assert last.not_before_s == first.not_before_s, "what waits is signed anew, with the times that it has"
    assert last.expires_at_s > first.expires_at_s
