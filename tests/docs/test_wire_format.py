"""What docs/reference/wire-format.md says of domains, payloads, ids and outcomes is so."""

import re
from enum import IntEnum
from typing import Final

from shuangli import codec
from shuangli.cose import Domain, Signed, parse
from shuangli.crypto import SigningKey, sha256
from shuangli.issuer.archive.manifest import ArchiveManifest
from shuangli.issuer.remittances.messages import CENTRE_ONLY, Remittance, RemittanceAnswer, Verdict
from shuangli.issuer.vaults.netting import Cover, Payment
from shuangli.issuer.vaults.orders import Side, VaultOrder
from shuangli.issuer.vaults.statements import NettingStatement
from shuangli.messages.audit import Checkpoint
from shuangli.messages.bundle import Bundle
from shuangli.messages.certificates import Mode, WalletKind
from shuangli.messages.fields import NONCE_BYTES
from shuangli.messages.key_set import KeySet
from shuangli.messages.loads import Load
from shuangli.messages.notices import Outcome, Report, RevocationList
from shuangli.messages.returns import Returned, Watermark
from shuangli.messages.session import PaymentRequest, Refusal, RefusalReason
from shuangli.messages.transfers import CENTRE, NO_REQUEST, Transfer, load_coin_id, output_coin_id
from shuangli.offline.states import Kind
from tests.docs.pages import ROOT
from tests.paying import pay, read_bundle
from tests.setting import NOW
from tests.world import World

PAGE: Final = (ROOT / "docs/reference/wire-format.md").read_text(encoding="utf-8")
ID: Final = bytes(range(32))


def fields_of(heading: str) -> list[str]:
    """The names of the fields in the first array of a section."""
    section = PAGE.split(f"\n### {heading}\n", 1)[1].split("\n### ", 1)[0]
    found = re.search(r"`\[([a-z_, ]+)\]`", section)
    assert found, f"{heading}: no array of fields"
    return found[1].split(", ")


def test_every_domain_is_listed_and_no_other() -> None:
    listed = re.findall(r"\| `(shuangli/1/[a-z/-]+)` \|", PAGE)
    assert sorted(listed) == sorted(domain.value.decode() for domain in Domain)


def test_numbers_of_outcomes_reasons_and_kinds() -> None:
    for outcome in Outcome:
        assert f"| {int(outcome)} | {outcome.name.lower().replace('_', ' ')} |" in PAGE

    def said(choices: type[IntEnum]) -> list[str]:
        return [f"{int(choice)} {choice.name.lower().replace('_', ' ')}" for choice in choices]

    flat = PAGE.replace("\n", " ")
    assert ", ".join(said(RefusalReason)) in flat
    for verdict in Verdict:
        assert f"{int(verdict)} {verdict.name.lower().replace('_', ' ')}" in flat
    assert f"The centre alone finds {', '.join(word for word in said(Verdict) if word[0] in '456')}" in flat
    assert {int(verdict) for verdict in CENTRE_ONLY} == {4, 5, 6}
    assert ", ".join(said(WalletKind)) in flat
    assert ", ".join(said(Mode)) in flat
    for kind in said(Kind):
        assert kind in flat


def signed_alone(key: SigningKey) -> dict[str, Signed]:
    """One object of each kind that needs no payment to be signed, by its heading on the page."""
    return signed_to_wallets(key) | signed_among_banks(key)


def signed_to_wallets(key: SigningKey) -> dict[str, Signed]:
    """What devices, wallets and whoever checks are told."""
    return {
        "Refusal": Refusal.sign(
            key, request_id=ID, transfer_ids=[ID], refused_at_s=NOW, reason=RefusalReason.INVALID
        ).signed,
        "Watermark": Watermark.sign(key, network="test", operator="OP01", up_to_s=NOW).signed,
        "Returned": Returned.sign(
            key,
            operator="OP01",
            number=1,
            owner=ID,
            parent_id=ID,
            coin_id=ID,
            value_fen=1,
            returned_at_s=NOW,
        ).signed,
        "Revocation list": RevocationList.sign(
            key, number=1, issued_at_s=NOW, wallets=[ID], operators=[], epochs=[]
        ).signed,
        "Report": Report.sign(
            key, network="test", made_at_s=NOW, figures={"forks.found": 0}, files={"result.json": ID}
        ).signed,
        "Checkpoint": Checkpoint.sign(
            key, network="test", origin="OP01", size=1, root=ID, made_at_s=NOW
        ).signed,
        "Archive manifest": ArchiveManifest.sign(
            key,
            network="test",
            archived_at_s=NOW,
            epoch=b"",
            centre=b"",
            operators=[],
            counts={},
            totals={},
            files={"objects-00000.parquet": ID},
        ).signed,
    }


def signed_among_banks(key: SigningKey) -> dict[str, Signed]:
    """What issuer and operators tell each other about money."""
    return {
        "Vault order": VaultOrder.sign(
            key,
            network="test",
            operator="OP01",
            side=Side.BUY,
            amount_fen=1,
            nonce=bytes(16),
            ordered_at_s=NOW,
        ).signed,
        "Netting statement": NettingStatement.sign(
            key,
            network="test",
            operator="OP01",
            number=1,
            previous_id=ID,
            made_at_s=NOW,
            day=1,
            counted_day=1,
            outcome_no=1,
            claims=[("OP02", 5)],
            debts=[],
            sent=[],
            received=[],
            own_fen=0,
            fund_fen=0,
            payments=[Payment("OP02", "OP01", 5)],
            covered=Cover(0, 0, 0),
        ).signed,
        "Remittance": Remittance.sign(
            key,
            network="test",
            operator="OP01",
            payee_operator="OP02",
            payer=ID,
            payee=ID,
            amount_fen=1,
            note=b"",
            nonce=bytes(16),
            ordered_at_s=NOW,
            expires_at_s=NOW + 1,
        ).signed,
        "Remittance answer": RemittanceAnswer.sign(
            key, network="test", operator="OP02", order_id=ID, verdict=Verdict.PAID, answered_at_s=NOW
        ).signed,
    }


def test_payloads_have_the_fields_in_the_order_of_the_page(world: World) -> None:
    key, payer, payee = world.keys["centre"], world.wallet([2_000]), world.wallet([])
    paid = pay(payer, payee, 700)
    upload = payee.hand_in(now_s=NOW)
    assert upload is not None
    acknowledgement = world.submit(upload)
    order = payer.order_load([100], now_s=NOW)
    enrolment = payer.enrol(kind=WalletKind.SOFT, tier=2, person=bytes(32), now_s=NOW)
    objects = {
        "Key set": KeySet.sign(
            key,
            network="test",
            number=1,
            issued_at_s=NOW,
            operators=world.operators,
            centres=[world.centre],
            epochs=[world.epoch],
        ).signed,
        "Enrolment": parse(enrolment, Domain.ENROLMENT),
        "Load order": parse(order, Domain.LOAD_ORDER),
        "Load": parse(Bundle.decode(paid.payment.body).loads[0], Domain.LOAD),
        "Request": parse(paid.request.body, Domain.REQUEST),
        "Transfer": paid.transfer.signed,
        "Receipt": parse(paid.answer.body, Domain.RECEIPT),
        "Acknowledgement": acknowledgement.signed,
        **signed_alone(key),
    }
    for heading, signed in objects.items():
        payload = codec.decode(signed.payload)
        names = fields_of(heading)
        assert isinstance(payload, list)
        assert len(payload) == len(names), heading
        for name, value in zip(names, payload, strict=True):
            assert fits(name, value), f"{heading}: {name} is {value!r}"
    transfer = paid.transfer
    fields = dict(zip(fields_of("Transfer"), _list(transfer.signed), strict=True))
    assert fields["request_id"] == transfer.request_id
    assert fields["signed_at_s"] == transfer.signed_at_s
    assert fields["claim_by_s"] == transfer.claim_by_s
    request = PaymentRequest.parse(paid.request.body)
    fields = dict(zip(fields_of("Request"), _list(request.signed), strict=True))
    assert (fields["made_at_s"], fields["expires_at_s"]) == (request.made_at_s, request.expires_at_s)
    accepts = request.accepts
    terms = "hops, bundle_bytes, coins, claim_time_s, list_age_s"
    assert f"[{terms}]" in PAGE
    assert fields["accepts"] == [getattr(accepts, name) for name in terms.split(", ")]


def _list(signed: Signed) -> list[object]:
    payload = codec.decode(signed.payload)
    assert isinstance(payload, list)
    return [*payload]


def fits(name: str, value: object) -> bool:
    """Say whether a value is of the kind that a field's name promises."""
    if name in ("network", "operator", "payee_operator", "origin", "currency"):
        return isinstance(value, str)
    if name == "nonce":
        return isinstance(value, bytes) and len(value) == NONCE_BYTES
    if name in ("key", "owner", "payer", "payee", "person", "root") or name.endswith("_id"):
        return isinstance(value, bytes) and len(value) == 32
    if name in ("certificate", "outcomes", "centre", "note"):
        return isinstance(value, bytes)
    if name in (
        "entry",
        "values_fen",
        "accepts",
        "spends",
        "transfer_ids",
        "wallets",
        "operators",
        "centres",
        "epochs",
        "claims",
        "debts",
        "sent",
        "received",
        "payments",
        "covered",
    ):
        return isinstance(value, list)
    if name in ("figures", "files", "counts", "totals"):
        return isinstance(value, dict)
    return type(value) is int


def test_ids_and_coin_ids_are_hashes_as_described(world: World) -> None:
    payer, payee = world.wallet([2_000]), world.wallet([])
    paid = pay(payer, payee, 700)
    transfer = paid.transfer
    domain = Domain.TRANSFER.value
    structure = codec.encode(["Signature1", bytes.fromhex("a10132"), domain, transfer.signed.payload])
    assert transfer.signed.id == sha256(domain + structure)
    load = Load.parse(Bundle.decode(paid.payment.body).loads[0])
    coin_id = sha256(b"shuangli/1/coin" + load.signed.id + bytes(4))
    assert coin_id == load_coin_id(load.signed.id, 0) == transfer.spends[0].coin_id
    for output in (b"\0", b"\1"):
        expected = sha256(b"shuangli/1/coin" + transfer.signed.id + coin_id + output)
        assert output_coin_id(transfer.signed.id, coin_id, output) == expected
    upload = payee.hand_in(now_s=NOW)
    assert upload is not None
    redemption = Transfer.parse(read_bundle(upload).transfers[-1])
    assert (redemption.payee, redemption.request_id) == (CENTRE, NO_REQUEST) == (bytes(32), bytes(32))
