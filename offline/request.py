"""The request that opens a payment: the payee makes it, the payer verifies it. Pure.

payee: its own list is fresh -> the signed request, stored, then shown
payer: signature, network, time, its own list as fresh as the payee asks -> what the person is shown
"""

from functools import lru_cache

from shuangli.crypto import Signer
from shuangli.errors import Malformed, Refused, Unverified
from shuangli.messages.certificates import WalletCertificate
from shuangli.messages.session import PaymentRequest
from shuangli.offline.policy import PayeePolicy, check_list_age
from shuangli.offline.records import RequestMade, Turn
from shuangli.offline.states import Kind, Message
from shuangli.offline.trust import Trust

# A request is read for its session, to be shown, and to be paid; the same bytes are the same value.
read_request = lru_cache(maxsize=64)(PaymentRequest.parse)


def make_request(
    key: Signer,
    *,
    currency: str,
    amount_fen: int,
    certificate: WalletCertificate,
    nonce: bytes,
    trust: Trust,
    policy: PayeePolicy,
    now_s: int,
) -> Turn:
    """Open a session as payee: sign a request, to be stored before it is shown.

    `nonce` is 16 random bytes; a payer signs over it, so an old payment cannot be replayed.

    Raises:
        Refused: this device's revocation list is older than it accepts (`stale-list`).
    """
    check_list_age(trust.list_age_s(now_s), most_s=policy.accepts.list_age_s)
    request = PaymentRequest.sign(
        key,
        network=trust.network,
        currency=currency,
        amount_fen=amount_fen,
        certificate=certificate,
        nonce=nonce,
        made_at_s=now_s,
        expires_at_s=now_s + policy.request_life_s,
        accepts=policy.accepts,
    )
    return Turn((RequestMade(request),), (Message(Kind.REQUEST, request.signed.data),))


def verify_request(data: bytes, *, trust: Trust, clock_tolerance_s: int, now_s: int) -> PaymentRequest:
    """Verify a request before showing it to the person or paying it.

    1. Its payee is certified, not revoked, and its certificate is valid now.
    2. The payee signed it, for this network.
    3. It is open now, give or take the clock tolerance.
    4. This device's revocation list is no older than the payee accepts.

    Raises:
        Malformed, Unverified: it does not hold.
        Refused: it has expired or lies in the future (`request-expired`), its payee is `revoked`, or the
            list is too old (`stale-list`).
    """
    request = read_request(data)
    certificate = trust.wallet_certificate(request.certificate)
    if not certificate.claims.valid_at(now_s):
        raise Unverified("certificate-time", "the payee's certificate is not valid now")
    if trust.is_revoked(certificate):
        raise Refused("revoked", "the payee has been revoked")
    trust.verifier.check_once(request.signed, request.payee, "request")
    if request.network != trust.network:
        raise Unverified(
            "wrong-network", f"the request is for network {request.network}, not {trust.network}"
        )
    if not request.made_at_s - clock_tolerance_s <= now_s < request.expires_at_s + clock_tolerance_s:
        raise Refused(
            "request-expired",
            rule="past" if now_s >= request.expires_at_s else "future",
            figures={"made_at_s": request.made_at_s, "expires_at_s": request.expires_at_s},
        )
    check_list_age(trust.list_age_s(now_s), most_s=request.accepts.list_age_s)
    return request


def request_id_of(message: Message) -> bytes:
    """The id of the session that a request opens.

    Raises:
        Malformed: it is not a request.
    """
    if message.kind is not Kind.REQUEST:
        raise Malformed("shape", "a session starts with a request")
    return read_request(message.body).id
