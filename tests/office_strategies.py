"""Hypothesis strategies for what offices sign: certificates, reports, logs, what banks tell each other.

What wallets sign and are answered is drawn in `tests.strategies`. `MESSAGES` maps every kind of signed object
to its strategy: `kind.parse(data)` reads what the strategy's values hold as `signed.data`.
"""

import string
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from shuangli.issuer.archive.manifest import ArchiveManifest
from shuangli.issuer.remittances.messages import CENTRE_ONLY, Remittance, RemittanceAnswer, Verdict
from shuangli.issuer.vaults.netting import Cover, Payment
from shuangli.issuer.vaults.orders import Side, VaultOrder
from shuangli.issuer.vaults.statements import MOST_DAYS, NettingStatement
from shuangli.merkle import EMPTY_ROOT, MAX_SIZE
from shuangli.messages.audit import Checkpoint
from shuangli.messages.certificates import (
    CentreCertificate,
    Epoch,
    Mode,
    OperatorCertificate,
    Terms,
    WalletCertificate,
)
from shuangli.messages.cosignature import Cosignature
from shuangli.messages.enrolment import Enrolment
from shuangli.messages.fields import MAX_TIME_S
from shuangli.messages.key_set import KeySet
from shuangli.messages.loads import Load, LoadOrder
from shuangli.messages.notices import Acknowledgement, Report, RevocationList
from shuangli.messages.period_report import PeriodReport, Span
from shuangli.messages.returns import Returned, Watermark
from shuangli.messages.session import PaymentRequest, Receipt, Refusal
from shuangli.messages.transfers import Transfer
from shuangli.money import MAX_FEN
from tests.strategies import (
    acknowledgements,
    amounts_fen,
    claims,
    currencies,
    enrolments,
    ids,
    keys,
    load_orders,
    loads,
    names,
    receipts,
    refusals,
    requests,
    returned,
    revocation_lists,
    spans_s,
    times_in_order_s,
    times_s,
    transfers,
    wallet_certificates,
)

# --- certificates ------------------------------------------------------------------------------

terms: Final = st.builds(
    Terms,
    currency=currencies,
    mode=st.sampled_from(Mode),
    hop_cap=st.integers(0, 64),
    coin_life_s=spans_s,
    claim_window_s=spans_s,
    grace_s=spans_s,
)
operator_certificates: Final = st.builds(OperatorCertificate.sign, keys, claims(named=True))
centre_certificates: Final = st.builds(CentreCertificate.sign, keys, claims(named=True))
epochs: Final = st.builds(Epoch.sign, keys, claims(named=True), number=st.integers(0, 2**16), terms=terms)


@st.composite
def key_sets(draw: DrawFn) -> KeySet:
    """A key set with certificates of its network."""
    network, root = draw(names), draw(keys)
    of_network = claims(named=True).map(lambda drawn: replace(drawn, issuer=network))
    certificates = st.builds(OperatorCertificate.sign, st.just(root), of_network)
    return KeySet.sign(
        root,
        network=network,
        number=draw(st.integers(0, MAX_FEN)),
        issued_at_s=draw(times_s),
        operators=draw(st.lists(certificates, max_size=2)),
        centres=[CentreCertificate.sign(root, draw(of_network))],
        epochs=[Epoch.sign(root, draw(of_network), number=1, terms=draw(terms))],
    )


# --- reports and logs --------------------------------------------------------------------------

watermarks: Final = st.builds(Watermark.sign, keys, network=names, operator=names, up_to_s=times_s)
_words: Final = st.text(string.ascii_lowercase + "._", min_size=1, max_size=40)
reports: Final = st.builds(
    Report.sign,
    keys,
    network=names,
    made_at_s=times_s,
    figures=st.dictionaries(_words, st.integers(-MAX_FEN, MAX_FEN), max_size=5),
    files=st.dictionaries(_words, ids, max_size=3),
)
checkpoints: Final = st.builds(
    lambda key, tree, **fields: Checkpoint.sign(key, size=tree[0], root=tree[1], **fields),
    keys,
    st.one_of(st.just((0, EMPTY_ROOT)), st.tuples(st.integers(1, MAX_SIZE), ids)),
    network=names,
    origin=names,
    made_at_s=times_s,
)
cosignatures: Final = st.builds(
    Cosignature.sign,
    keys,
    network=names,
    origin=names,
    size=st.integers(0, MAX_SIZE),
    root=ids,
    seen_at_s=times_s,
)
_figures: Final = st.dictionaries(_words, st.integers(0, MAX_FEN), max_size=3)


@st.composite
def period_reports(draw: DrawFn) -> PeriodReport:
    """A report of any period of any log."""
    first, end, size = sorted(draw(st.tuples(*[st.integers(0, MAX_SIZE)] * 3)))
    from_s, until_s = draw(times_in_order_s())
    return PeriodReport.sign(
        draw(keys),
        network=draw(names),
        origin=draw(names),
        span=Span(from_s=from_s, until_s=until_s, first=first, end=end),
        size=size,
        root=draw(ids),
        made_at_s=draw(st.integers(until_s, MAX_TIME_S - 1)),
        flows=draw(_figures),
        stocks=draw(_figures),
        files=draw(st.dictionaries(_words, ids, max_size=3)),
        replaces=draw(st.one_of(st.just(b""), ids)),
    )


manifests: Final = st.builds(
    ArchiveManifest.sign,
    keys,
    network=names,
    archived_at_s=times_s,
    epoch=st.binary(max_size=40),
    centre=st.binary(max_size=40),
    operators=st.lists(st.binary(max_size=40), max_size=3),
    counts=_figures,
    totals=_figures,
    files=st.dictionaries(_words.filter(lambda name: not name.startswith(".")), ids, max_size=3),
)
vault_orders: Final = st.builds(
    VaultOrder.sign,
    keys,
    network=names,
    operator=names,
    side=st.sampled_from(Side),
    amount_fen=amounts_fen,
    nonce=st.binary(min_size=16, max_size=16),
    ordered_at_s=times_s,
)


@st.composite
def remittances(draw: DrawFn) -> Remittance:
    """An order from a customer of one operator to one of another."""
    operator, payee_operator = draw(st.lists(names, min_size=2, max_size=2, unique=True))
    ordered_at_s = draw(st.integers(0, MAX_TIME_S - 2))
    return Remittance.sign(
        draw(keys),
        network=draw(names),
        operator=operator,
        payee_operator=payee_operator,
        payer=draw(ids),
        payee=draw(ids),
        amount_fen=draw(amounts_fen),
        note=draw(st.text(max_size=140)).encode(),
        nonce=draw(st.binary(min_size=16, max_size=16)),
        ordered_at_s=ordered_at_s,
        expires_at_s=draw(st.integers(ordered_at_s + 1, MAX_TIME_S - 1)),
    )


remittance_answers: Final = st.builds(
    RemittanceAnswer.sign,
    keys,
    network=names,
    operator=names,
    order_id=ids,
    verdict=st.sampled_from(sorted({*Verdict} - CENTRE_ONLY)),
    answered_at_s=times_s,
)


@st.composite
def netting_statements(draw: DrawFn) -> NettingStatement:
    """A statement that settles: one payment each way at most."""
    own, *others = draw(st.lists(names, min_size=1, max_size=5, unique=True))
    shares = st.dictionaries(st.sampled_from(others), st.integers(1, 10**6)) if others else st.just({})
    claims, debts, sent, received = (draw(shares) for _ in range(4))
    gets_fen, gives_fen = (
        sum(one.values()) + sum(other.values()) for one, other in ((claims, received), (debts, sent))
    )
    position_fen = gets_fen - gives_fen
    payer, payee = (others[0], own) if position_fen > 0 else (own, others[0] if others else own)
    day = draw(st.integers(0, MOST_DAYS))
    return NettingStatement.sign(
        draw(keys),
        network=draw(names),
        operator=own,
        number=draw(st.integers(1, 10**6)),
        previous_id=draw(ids),
        made_at_s=draw(times_s),
        day=day,
        counted_day=draw(st.integers(0, day)),
        outcome_no=draw(st.integers(0, MAX_FEN)),
        claims=claims.items(),
        debts=debts.items(),
        sent=sent.items(),
        received=received.items(),
        own_fen=draw(st.integers(0, MAX_FEN)),
        fund_fen=draw(st.integers(0, MAX_FEN)),
        payments=[Payment(payer, payee, abs(position_fen))] if position_fen else [],
        covered=draw(st.sampled_from([Cover(0, 0, 0), Cover(7, 0, 90), Cover(0, 12, 0)])),
    )


MESSAGES: Final[Mapping[type[Any], SearchStrategy[Any]]] = {
    WalletCertificate: wallet_certificates(),
    OperatorCertificate: operator_certificates,
    CentreCertificate: centre_certificates,
    Epoch: epochs,
    KeySet: key_sets(),
    Enrolment: enrolments,
    LoadOrder: load_orders,
    Load: loads(),
    PaymentRequest: requests(),
    Transfer: transfers(),
    Receipt: receipts,
    Refusal: refusals,
    RevocationList: revocation_lists,
    PeriodReport: period_reports(),
    Cosignature: cosignatures,
    Acknowledgement: acknowledgements,
    Watermark: watermarks,
    Returned: returned,
    Report: reports,
    Checkpoint: checkpoints,
    ArchiveManifest: manifests,
    VaultOrder: vault_orders,
    NettingStatement: netting_statements(),
    Remittance: remittances(),
    RemittanceAnswer: remittance_answers,
}
"""Every kind of signed object."""
