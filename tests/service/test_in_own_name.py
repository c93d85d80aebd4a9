"""An operator speaks to the issuer in its own name only, and while it is admitted; else nothing changes."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from shuangli.api.models import CBOR, COSE_SIGN1
from shuangli.api.tls import ISSUER_NAME, Peer, operator_context
from shuangli.crypto import SigningKey, sha256
from shuangli.errors import Refused
from shuangli.issuer.remittances.messages import Remittance, RemittanceAnswer, Verdict
from shuangli.issuer.service.admission import admit, dismiss
from shuangli.issuer.service.desk import IssuerDesk
from shuangli.issuer.service.keys import tls_files_in
from shuangli.issuer.service.messages import CustomerOrder, encode_submissions
from shuangli.issuer.service.network import NETWORK
from shuangli.messages.key_set import KeySet
from shuangli.messages.loads import LoadOrder
from shuangli.messages.returns import Watermark
from tests.paying import COMPANY
from tests.service.holders import clock
from tests.service.line import HOST
from tests.service.network import Network, submission
from tests.service.peers import EMPTY, SEED, Made, ask_everything, reach
from tests.setting import NOW, YEAR_S
from tests.world import World


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"operator_key": sha256(b"another key")}, id="with a key of nobody"),
        pytest.param({"name": "OP02"}, id="with another operator's name"),
        pytest.param({"name": "OP03"}, id="with nobody's name"),
    ],
)
def test_403_for_a_name_and_key_that_the_root_does_not_certify(
    net: Network, certified: Made, changed: dict[str, Any]
) -> None:
    with reach(net, certified(**changed)) as issuer:
        for ask in ask_everything(issuer, net):
            with pytest.raises(Refused) as refused:
                ask()
            assert refused.value.code == "not-admitted"


def bodies_of_another(net: Network) -> list[tuple[str, str, bytes]]:
    """What OP02 would send, wholly or in part: path, media type, body."""
    now_s = clock()
    order = LoadOrder.sign(
        SigningKey(SEED), operator="OP02", values_fen=[5], nonce=bytes(16), ordered_at_s=now_s
    )
    key = net.operator_key("OP02")
    watermark = Watermark.sign(key, network=NETWORK, operator="OP02", up_to_s=now_s - 1).signed.data
    remittance = Remittance.sign(
        key,
        network=NETWORK,
        operator="OP02",
        payee_operator="OP01",
        payer=bytes(32),
        payee=bytes(32),
        amount_fen=5,
        note=b"",
        nonce=bytes(16),
        ordered_at_s=now_s,
        expires_at_s=now_s + 60,
    )
    answer = RemittanceAnswer.sign(
        key,
        network=NETWORK,
        operator="OP02",
        order_id=remittance.signed.id,
        verdict=Verdict.PAID,
        answered_at_s=now_s,
    )
    theirs = submission("OP02", EMPTY)
    return [
        ("/v1/loads", CBOR, CustomerOrder(order=order.signed.data, customer=COMPANY).encode()),
        ("/v1/submissions", CBOR, encode_submissions([theirs])),
        ("/v1/submissions", CBOR, encode_submissions([submission("OP01", EMPTY), theirs])),
        ("/v1/watermarks", COSE_SIGN1, watermark),
        ("/v1/remittances", COSE_SIGN1, remittance.signed.data),
        ("/v1/remittance-answers", COSE_SIGN1, answer.signed.data),
    ]


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("number", range(6))
def test_403_for_one_operator_in_another_ones_name(net: Network, number: int) -> None:
    path, media_type, body = bodies_of_another(net)[number]
    context = operator_context(tls_files_in(net.directory / "OP01"))
    with httpx.Client(verify=context, trust_env=False) as client:
        answer = client.post(
            f"https://{HOST}:{net.issuer.port}{path}",
            content=body,
            headers={"Content-Type": media_type},
            extensions={"sni_hostname": ISSUER_NAME},
        )
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong-operator")


def test_an_operator_is_admitted_and_dismissed_while_the_issuer_runs(net: Network, tmp_path: Path) -> None:
    directory = tmp_path / "OP03"
    admit(net.issuer_directory, "OP03", directory, random_bytes=os.urandom, now_s=clock())
    with reach(net, tls_files_in(directory)) as issuer:
        assert KeySet.parse(issuer.key_set()).operators[-1].claims.subject == "OP03"
        dismiss(net.issuer_directory, "OP03", now_s=clock())
        with net.link("OP01") as other:
            # Whoever asks first lets the issuer see the key set, and note who was dismissed.
            assert KeySet.parse(other.key_set()).operators[-1].claims.subject == "OP02"
        # Over the connection that is still open.
        before = net.dump()
        for ask in ask_everything(issuer, net):
            with pytest.raises(Refused) as refused:
                ask()
            assert refused.value.code == "not-admitted"
        assert net.dump() == before


def test_a_certificate_that_expires_while_its_connection_is_open(world: World) -> None:
    now_s = [NOW]
    key_set = world.authority.sign_key_set(
        1, issued_at_s=NOW, operators=world.operators, centres=[world.centre], epochs=world.epochs
    ).signed.data
    desk = IssuerDesk(world.issuer, read_key_set=lambda: key_set, now_s=lambda: now_s[0])
    peer = Peer(name="OP01", key=world.keys["OP01"].public, expires_at_s=NOW + 10)
    desk.check_admitted(peer)
    now_s[0] += 10
    with pytest.raises(Refused) as refused:
        desk.check_admitted(peer)
    assert refused.value.code == "not-admitted"
    # The root's word ends as well.
    lasting = replace(peer, expires_at_s=NOW + 100 * YEAR_S)
    desk.check_admitted(lasting)
    now_s[0] = world.operators[0].claims.expires_at_s
    with pytest.raises(Refused):
        desk.check_admitted(lasting)
