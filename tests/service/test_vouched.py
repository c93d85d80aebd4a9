"""An upload that a reader of this very process has read is walked no more, and nothing else is different."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from shuangli import codec, cose
from shuangli.cose import Domain
from shuangli.database.database import Database
from shuangli.database.tables import Table
from shuangli.errors import StoreError, Unverified
from shuangli.issuer import own_reading, reading
from shuangli.issuer.centre import Submission
from shuangli.issuer.readers import Readers
from shuangli.issuer.reading import Reader, Vouched
from shuangli.issuer.service.messages import decode_submissions, encode_submissions
from shuangli.issuer.store import STEPS as ISSUER_STEPS
from shuangli.messages.bundle import Bundle
from shuangli.messages.hand_in import HandIn
from shuangli.messages.notices import Acknowledgement, Outcome
from shuangli.messages.transfers import CENTRE, NO_REQUEST, Spend, Transfer, load_coin_id
from shuangli.offline.trust import Trust
from shuangli.operator import shown
from shuangli.operator.shown import Shown, footing_here
from shuangli.operator.steps import STEPS as OPERATOR_STEPS
from shuangli.wallet.wallet import Wallet
from tests.paying import pay, signing_key
from tests.service.desks import Desks
from tests.setting import NAMES, NETWORK, NOW, TRANSFERABLE
from tests.settlement.histories import EVERYTHING, WALLETS, Step, live, steps
from tests.world import World


def kept(world: World) -> dict[str, list[str]]:
    """All rows of the issuer's and the operators' databases."""
    kinds: list[tuple[str, Database, Iterable[Iterable[object]]]] = [
        ("issuer", world.issuer.store.database, ISSUER_STEPS),
        *((name, bank.store.database, OPERATOR_STEPS) for name, bank in world.banks.items()),
    ]
    return {
        f"{name}.{part.name}": sorted(map(repr, database.rows(f"SELECT * FROM {part.name}")))  # noqa: S608
        for name, database, all_steps in kinds
        for step in all_steps
        for part in step
        if isinstance(part, Table) and database.has_table(part.name)
    }


def reconcile(world: World, uploads: list[tuple[bytes, str]], readers: Readers | None) -> list[Any]:
    """What each upload is answered at its operator, with readers or without."""
    desks, answers = Desks(world, readers=readers), list[Any]()
    for upload, name in uploads:
        try:
            answers.append(desks.at[name].reconcile(upload))
        except StoreError as error:
            answers.append(error.code)
    world.check_books()
    return answers


@pytest.fixture
def handed_in(hops: World) -> bytes:
    """What somebody hands in who was paid."""
    payer, payee = hops.wallet([100]), hops.wallet()
    pay(payer, payee, 100)
    return upload_of(payee)


def upload_of(wallet: Wallet) -> bytes:
    upload = wallet.hand_in(now_s=NOW)
    assert upload is not None
    return upload


def vouched_for(trust: Trust, upload: bytes) -> Vouched:
    """What a reader says that stands on what an operator trusts."""
    footing = footing_here(trust)
    return Vouched(footing, Reader(footing).read("OP01", upload))


def test_all_is_kept_and_answered_as_without_readers(tmp_path: Path) -> None:
    """Forks, repeats, refusals and change: at two operators, in any order."""
    (tmp_path / "template").mkdir()
    template = World(tmp_path / "template", terms=TRANSFERABLE)
    for _ in range(WALLETS):
        wallet = template.wallet([100, 50, 20])
        template.enrol(wallet, "OP02")
    numbers = iter(range(10_000))

    @settings(max_examples=8, deadline=None, phases=(Phase.generate,))
    @given(steps, st.lists(st.tuples(st.integers(0, 40), st.sampled_from(NAMES)), max_size=6))
    def holds(happenings: list[Step], again: list[tuple[int, str]]) -> None:
        made = live(template, [*happenings, *EVERYTHING]).uploads
        uploads = [(upload, NAMES[at % 2]) for at, upload in enumerate(made)]
        uploads += [(made[at % len(made)], name) for at, name in again]
        worlds = [template.copy(tmp_path / str(next(numbers))) for _ in range(2)]
        answers = [
            reconcile(world, uploads, pool) for world, pool in zip(worlds, (Readers(0), None), strict=True)
        ]
        assert answers[0] == answers[1]
        assert kept(worlds[0]) == kept(worlds[1])
        for world in worlds:
            world.close()

    holds()
    template.close()


def count_walks(monkeypatch: pytest.MonkeyPatch, module: Any) -> list[object]:
    """The bundles that a module walks over from now on."""
    walked: list[object] = []
    walk: Callable[..., Any] = module.walk

    def walking(bundle: Bundle, trust: Trust) -> Any:
        walked.append(bundle)
        return walk(bundle, trust)

    monkeypatch.setattr(module, "walk", walking)
    return walked


def test_what_is_new_is_walked_once_for_operator_and_centre(
    hops: World, handed_in: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_reader, by_operator, by_centre = (
        count_walks(monkeypatch, module) for module in (reading, shown, own_reading)
    )
    answer = Acknowledgement.parse(Desks(hops, readers=Readers(0)).at["OP01"].reconcile(handed_in))
    assert {*answer.outcomes} == {Outcome.SETTLED}
    assert (len(by_reader), by_operator, by_centre) == (1, [], [])


def test_f30_the_centre_reads_itself_what_was_read_on_another_footing(
    hops: World, handed_in: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An operator that has not heard yet of a revoked key lets a reader believe it; the centre does not."""
    desk = Desks(hops, readers=Readers(0)).at["OP01"]
    with hops.issuer.transaction():
        for operator in hops.issuer.trust.operators:
            hops.issuer.centre.operator_keys.revoke(operator.signed.data, now_s=NOW)
    by_operator = count_walks(monkeypatch, shown)
    answer = Acknowledgement.parse(desk.outbox.reconcile(handed_in))
    assert answer.credited_fen == 0
    assert Outcome.SETTLED not in answer.outcomes
    # It was not settled as its reader has assumed, so the operator looks for itself.
    assert len(by_operator) == 1


def test_an_operator_believes_only_who_has_trusted_what_it_trusts(hops: World, handed_in: bytes) -> None:
    trust = hops.banks["OP01"].trust
    elsewhere = vouched_for(trust, handed_in)
    spans = {"not_before_s": NOW - 10, "expires_at_s": NOW + 10}
    trust.add_operator(hops.authority.certify_operator("OP03", hops.key("OP03").public, **spans).signed.data)
    named = elsewhere.reading.proven
    assert named is not None
    forged = elsewhere._replace(
        reading=elsewhere.reading._replace(proven=named._replace(creditors=(bytes(32),)))
    )
    assert Shown(handed_in, trust, forged).creditor == Shown(handed_in, trust).creditor != bytes(32)


def test_the_operator_checks_the_small_loads_that_readers_pass_over(hops: World) -> None:
    """Else a wallet could have it keep, and answer for, coins that nobody has minted."""
    owner, trust = hops.wallet(), hops.banks["OP01"].trust
    fields = [NETWORK, "CNY", "OP01", owner.key.public, [70], 1, NOW - 10, NOW + 10, bytes(16)]
    load = cose.sign(hops.key("a thief"), Domain.LOAD, codec.encode(fields))
    redemption = Transfer.sign(
        signing_key(owner),
        request_id=NO_REQUEST,
        certificate=owner.certificate,
        signed_at_s=NOW,
        claim_by_s=NOW,
        payee=CENTRE,
        spends=[Spend(load_coin_id(load.id, 0), 70)],
    )
    upload = HandIn(bundle=Bundle(loads=(load.data,), transfers=(redemption.signed.data,))).encode()
    vouched = vouched_for(trust, upload)
    assert vouched.reading.proven is not None
    with pytest.raises(Unverified):
        _ = Shown(upload, trust, vouched).creditor


def test_what_is_vouched_for_never_leaves_the_process(hops: World, handed_in: bytes) -> None:
    vouched = vouched_for(hops.banks["OP01"].trust, handed_in)
    sent = Submission(operator="OP01", upload=handed_in, person=bytes(32), received_s=NOW, vouched=vouched)
    (come,) = decode_submissions(encode_submissions([sent]))
    assert come == sent
    assert come.vouched is None


def test_uploads_are_taken_in_while_a_reader_cannot_be_had(
    hops: World, handed_in: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers = Readers(0)

    def ended(*_: object) -> None:
        raise StoreError("worker", "ended")

    desk = Desks(hops, readers=readers).at["OP01"]
    monkeypatch.setattr(readers, "start", ended)
    assert Acknowledgement.parse(desk.reconcile(handed_in)).credited_fen == 100
