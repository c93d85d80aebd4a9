"""Two operators and one issuer as three processes: what they are told at once is settled once."""

from concurrent.futures import ThreadPoolExecutor

from shuangli.api.http_client import HttpOperator
from shuangli.messages.notices import Acknowledgement, Outcome
from shuangli.offline.evidence import verify_evidence
from tests.service.holders import Holder, paid
from tests.service.network import Network


def test_a_payment_between_customers_of_two_operators(net: Network) -> None:
    ann, bob = Holder(net.operators["OP01"], "ann"), Holder(net.operators["OP02"], "bob")
    ann.load((300, 200))
    paid(ann.wallet, bob, 300)
    answer = bob.hand_in()
    assert (answer.operator, answer.credited_fen) == ("OP02", 300)
    # The payment, and its redemption.
    assert answer.outcomes == (Outcome.SETTLED, Outcome.SETTLED)


def test_f14_both_branches_of_a_fork_at_the_same_moment_at_two_operators_are_one_case(net: Network) -> None:
    ann = Holder(net.operators["OP01"], "a culprit")
    payees = [Holder(net.operators[name], f"payee of {name}") for name in ("OP01", "OP02")]
    ann.load((500,))
    copy = ann.copy()
    for payer, payee in zip((ann.wallet, copy), payees, strict=True):
        paid(payer, payee, 500)
    uploads = [payee.upload() for payee in payees]
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(p.http.reconcile, u) for p, u in zip(payees, uploads, strict=True)]
        answers = [p.acknowledged(each.result()) for p, each in zip(payees, asked, strict=True)]
    assert [answer.operator for answer in answers] == ["OP01", "OP02"]
    # Both are honest and within the fund's cap, whichever came first.
    assert [answer.credited_fen for answer in answers] == [500, 500]
    assert Outcome.FORKED in {outcome for answer in answers for outcome in answer.outcomes}
    (case,) = [case for case in net.cases() if case.culprit == ann.wallet.key.public]
    assert case.paid_fen == 1_000
    root = bytes.fromhex(net.operators["OP01"].root)
    fork = verify_evidence(case.evidence, root=root)
    assert {each.payee for each in fork.transfers} == {payee.wallet.key.public for payee in payees}
    assert not {each.culprit for each in net.cases()} & {payee.wallet.key.public for payee in payees}


def test_f13_the_same_upload_many_times_at_once_is_paid_once(net: Network) -> None:
    ann, bob = Holder(net.operators["OP01"], "dora"), Holder(net.operators["OP01"], "emil")
    ann.load((700,))
    paid(ann.wallet, bob, 700)
    upload = bob.upload()

    def ask(_: int) -> bytes:
        with HttpOperator(net.operators["OP01"].address) as another:
            return another.reconcile(upload)

    with ThreadPoolExecutor(8) as pool:
        (answer,) = set(pool.map(ask, range(16)))
    assert bob.acknowledged(answer).credited_fen == 700


def test_f13_the_same_upload_at_two_operators_at_once_is_paid_once(net: Network) -> None:
    ann, bob = Holder(net.operators["OP01"], "fay"), Holder(net.operators["OP01"], "gus")
    # The same key is open at the other operator as well, so both would pay it.
    Holder(net.operators["OP02"], "gus")
    ann.load((700,))
    paid(ann.wallet, bob, 700)
    upload = bob.upload()

    def ask(name: str) -> int:
        with HttpOperator(net.operators[name].address) as another:
            return Acknowledgement.parse(another.reconcile(upload)).credited_fen

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(ask, ("OP01", "OP02"))) == [0, 700]


def test_many_customers_at_both_operators_at_once_get_their_own_answers(net: Network) -> None:
    holders = [Holder(net.operators[name], f"{name}/{n}") for n in range(6) for name in ("OP01", "OP02")]
    payer = Holder(net.operators["OP01"], "payer")
    payer.load(tuple(100 + n for n in range(len(holders))))
    for n, holder in enumerate(holders):
        paid(payer.wallet, holder, 100 + n)
    with ThreadPoolExecutor(len(holders)) as pool:
        answers = list(pool.map(Holder.hand_in, holders))
    assert [answer.credited_fen for answer in answers] == [100 + n for n in range(len(holders))]
    assert [answer.operator for answer in answers] == [holder.name for holder in holders]
