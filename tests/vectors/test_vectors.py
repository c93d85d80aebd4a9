"""The vectors: the code makes and accepts exactly these, and the README names all that is in them."""

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import pytest

from scripts.make_vectors import all_vectors, fields_of, plain
from shuangli.cose import Domain, Verifier
from shuangli.crypto import SigningKey, sha256, verify
from shuangli.errors import Malformed, Unverified
from shuangli.messages.bundle import Bundle
from shuangli.messages.certificates import Mode, WalletKind
from shuangli.messages.hand_in import HandIn
from shuangli.messages.notices import Outcome
from shuangli.messages.session import RefusalReason
from shuangli.messages.transfers import CHANGE_OUTPUT, PAYEE_OUTPUT, load_coin_id, output_coin_id
from shuangli.offline.evidence import Evidence, verify_evidence
from shuangli.offline.states import Kind, Message
from tests.core.encoding_again import encode_again
from tests.office_strategies import MESSAGES

HERE: Final = Path(__file__).parent
VECTORS: Final[dict[str, Any]] = {
    path.name: json.loads(path.read_text(encoding="utf-8")) for path in HERE.glob("*.json")
}
KINDS: Final[dict[str, Any]] = {kind.__name__: kind for kind in MESSAGES}
OBJECTS: Final = VECTORS["objects.json"]
REFUSED: Final = VECTORS["refused_objects.json"]
README: Final = (HERE / "README.md").read_text(encoding="utf-8")


def each(cases: list[dict[str, Any]]) -> pytest.MarkDecorator:
    """Run a test for each case, under its name."""
    return pytest.mark.parametrize("case", cases, ids=[case["name"] for case in cases])


def test_the_code_makes_these() -> None:
    made = all_vectors()
    assert made.keys() == VECTORS.keys()
    for name, content in made.items():
        assert content == VECTORS[name], f"{name} differs: if that is meant, run scripts/make_vectors.py"


def test_every_kind_is_there() -> None:
    assert {case["kind"] for case in OBJECTS} == KINDS.keys()
    assert {case["external_aad"] for case in OBJECTS} == {domain.value.decode() for domain in Domain}


@each(OBJECTS)
def test_the_code_accepts_these(case: dict[str, Any]) -> None:
    value = KINDS[case["kind"]].parse(bytes.fromhex(case["data"]))
    signed = value.signed
    assert fields_of(value) == case["fields"]
    assert signed.payload.hex() == case["payload"]
    assert signed.message.hex() == case["sig_structure"]
    assert signed.id.hex() == case["id"]
    assert sha256(case["external_aad"].encode() + bytes.fromhex(case["sig_structure"])).hex() == case["id"]
    public = bytes.fromhex(VECTORS["keys.json"][case["signer"]]["public"])
    assert verify(public, signed.message, signed.signature)
    assert encode_again(value) == signed.data


def test_keys() -> None:
    for key in VECTORS["keys.json"].values():
        assert SigningKey(bytes.fromhex(key["seed"])).public.hex() == key["public"]


def test_coins() -> None:
    load = VECTORS["coins.json"]["load"]
    for index, coin_id in enumerate(load["coin_ids"]):
        assert load_coin_id(bytes.fromhex(load["load_id"]), index).hex() == coin_id
    for output in VECTORS["coins.json"]["outputs"]:
        parents = bytes.fromhex(output["transfer_id"]), bytes.fromhex(output["spent_coin_id"])
        assert output_coin_id(*parents, PAYEE_OUTPUT).hex() == output["payee_output"]
        assert output["change"] in (None, output_coin_id(*parents, CHANGE_OUTPUT).hex())


def test_bundle() -> None:
    vector = VECTORS["bundle.json"]
    bundle = Bundle.decode(bytes.fromhex(vector["data"]))
    assert plain(bundle.loads) == vector["loads"]
    assert plain(bundle.transfers) == vector["transfers"]
    assert bundle.encode().hex() == vector["data"]


def test_hand_in() -> None:
    vector = VECTORS["hand_in.json"]
    hand_in = HandIn.decode(bytes.fromhex(vector["data"]))
    assert plain(hand_in.bundle.loads) == vector["loads"]
    assert plain(hand_in.bundle.transfers) == vector["transfers"]
    assert plain(hand_in.refusals) == vector["refusals"]
    assert hand_in.encode().hex() == vector["data"]


@each(VECTORS["messages.json"])
def test_messages(case: dict[str, Any]) -> None:
    message = Message.decode(bytes.fromhex(case["data"]))
    assert (int(message.kind), message.body.hex()) == (case["kind"], case["body"])
    assert message.encode().hex() == case["data"]


def test_every_kind_of_message_is_there() -> None:
    assert [case["kind"] for case in VECTORS["messages.json"]] == [*map(int, Kind)]


@each(VECTORS["evidence.json"])
def test_evidence(case: dict[str, Any]) -> None:
    keys = VECTORS["keys.json"]
    root = bytes.fromhex(keys["root"]["public"])
    proven = verify_evidence(bytes.fromhex(case["data"]), root=root)
    assert proven.culprit.hex() == keys[case["culprit"]]["public"]
    assert proven.coin_id.hex() == case["coin_id"]
    assert Evidence.decode(bytes.fromhex(case["data"])).encode().hex() == case["data"]


@each(REFUSED["malformed"])
def test_the_code_refuses_these(case: dict[str, Any]) -> None:
    with pytest.raises(Malformed) as caught:
        KINDS[case["kind"]].parse(bytes.fromhex(case["data"]))
    assert caught.value.code == case["code"]


@each(REFUSED["wrong_signature"])
def test_these_do_not_verify(case: dict[str, Any]) -> None:
    value = KINDS[case["kind"]].parse(bytes.fromhex(case["data"]))
    with pytest.raises(Unverified):
        Verifier(capacity=1).check(value.signed, bytes.fromhex(case["key"]), "object")


@each(VECTORS["signatures.json"])
def test_f37_signatures(case: dict[str, Any]) -> None:
    key, message, signature = (bytes.fromhex(case[name]) for name in ("key", "message", "signature"))
    assert verify(key, message, signature) is case["accepted"]


def test_the_readme_names_everything() -> None:
    for name in VECTORS:
        assert f"`{name}`" in README
    for domain in Domain:
        assert f"`{domain.value.decode()}`" in README
    for kind in KINDS.values():
        assert re.search(rf"(### |\*\*).*{kind.__name__}", README)
        for field in fields(kind):
            assert field.name == "signed" or re.search(rf"\b{field.name}\b", README), field.name
    for numbered in (RefusalReason, Outcome, WalletKind, Mode, Kind):
        for member in numbered:
            words = member.name.lower().replace("_", " ")
            assert re.search(rf"\b{int(member)} {words}\b|\b{words}\b", README), words
