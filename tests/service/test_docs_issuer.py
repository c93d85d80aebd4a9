"""docs/reference/issuer-api.md names every resource, bound and file that there is, and no other."""

import os
from pathlib import Path

from shuangli.api.models import MAX_MODEL_BYTES, MAX_SIGNED_BYTES
from shuangli.api.tls import ISSUER_NAME, Role
from shuangli.issuer.epochs.operator_keys import MOST_CERTIFICATES
from shuangli.issuer.service.admission import admit
from shuangli.issuer.service.app import make_app
from shuangli.issuer.service.auditors import admit_auditor
from shuangli.issuer.service.keys import issuer_keys_in
from shuangli.issuer.service.messages import (
    MAX_CERTIFICATES_BYTES,
    MAX_SUBMISSIONS_BYTES,
    MOST_RETURNS,
    MOST_SUBMISSIONS,
)
from tests.docs.pages import ROOT
from tests.service.desks import Desks
from tests.setting import NOW
from tests.world import World

PAGE = (ROOT / "docs/reference/issuer-api.md").read_text(encoding="utf-8")


def rows(heading: str, *, table: int = 0) -> list[tuple[str, str]]:
    """The first and the last cell of every row of a table that starts with this heading."""
    text = PAGE.split(f"| {heading} |")[table + 1].split("\n\n", 1)[0]
    lines = [line.strip("| ").split(" | ") for line in text.splitlines()[2:]]
    return [(cells[0], cells[-1]) for cells in lines]


def test_resources(world: World) -> None:
    described = make_app(Desks(world).issuer).openapi()["paths"]
    found = {f"{method.upper()} {path}" for path, methods in described.items() for method in methods}
    named = {cell.strip("`").removesuffix("?after=N") for cell, _ in rows("resource")}
    assert named == found | {"GET /v1/openapi.json"}


def test_bounds() -> None:
    assert dict(rows("body | at most")) == {
        "order, watermark, certificate, holder, answer": f"{MAX_SIGNED_BYTES:,} bytes",
        "claim, recovery": f"{MAX_MODEL_BYTES:,} bytes",
        "certificates": f"{MAX_CERTIFICATES_BYTES:,} bytes",
        "submissions": "{} MiB and {} KiB".format(*divmod(MAX_SUBMISSIONS_BYTES // 1024, 1024)),
    }
    assert f"1 to {MOST_SUBMISSIONS:,}" in dict(rows("message"))["submissions"]
    assert f"1 to {MOST_CERTIFICATES}" in dict(rows("message"))["certificates"]
    assert f"at most {MOST_RETURNS:,}" in dict(rows("resource"))["`GET /v1/returns?after=N`"]


def test_names_in_certificates() -> None:
    cells = PAGE.split("| certificate |", 1)[1].split("\n\n", 1)[0]
    assert f"`{ISSUER_NAME}`" in cells
    assert {f"`{role.value}`" in cells for role in Role} == {True}


def test_files(tmp_path: Path) -> None:
    issuer_keys_in(tmp_path / "issuer", random_bytes=os.urandom, now_s=NOW)
    admit(tmp_path / "issuer", "OP01", tmp_path / "OP01", random_bytes=os.urandom, now_s=NOW)
    admit_auditor(tmp_path / "issuer", "regulator", tmp_path / "auditor", random_bytes=os.urandom, now_s=NOW)
    made_later = ({"issuer.sqlite"}, {"NAME.sqlite", "revocation-list.cbor"})
    for table, directory in enumerate((tmp_path / "issuer", tmp_path / "OP01")):
        files = {path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()}
        named = {name for cell, _ in rows("file", table=table) for name in cell.replace("`", "").split(", ")}
        assert named == files | made_later[table]
