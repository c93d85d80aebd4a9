"""Directories with files that are damaged, mixed up or of something else: what is wrong is named."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shuangli.api.tls import TlsFiles, issuer_context
from shuangli.errors import BadInput, StoreError
from shuangli.issuer.service.admission import admit
from shuangli.issuer.service.keys import issuer_keys_in, read_key_set, tls_files_in
from shuangli.operator.service.admitted import open_admitted
from tests.service.typed import failed, type_
from tests.setting import NOW

WHERE = "https://127.0.0.1:1"


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


def test_files_for_tls_that_do_not_belong_together(issuer: Path, tmp_path: Path) -> None:
    admit(issuer, "OP01", tmp_path / "OP01", random_bytes=os.urandom, now_s=NOW)
    mixed = TlsFiles(
        certificate=tls_files_in(issuer).certificate,
        key=tls_files_in(tmp_path / "OP01").key,
        authority=tls_files_in(issuer).authority,
    )
    with pytest.raises(BadInput):
        issuer_context(mixed)
