"""The pipeline settles whatever comes in batches as it is settled one by one, bad signatures and all."""

import multiprocessing
from collections.abc import Iterator, Sequence
from multiprocessing.process import BaseProcess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shuangli.errors import Malformed, StoreError
from shuangli.issuer.centre import Settled, Submission
from shuangli.issuer.pipeline import Pipeline
from shuangli.issuer.readers import Readers
from shuangli.issuer.reading import Reader
from shuangli.messages.bundle import Bundle
from shuangli.messages.hand_in import HandIn
from shuangli.messages.loads import Load
from shuangli.messages.notices import Outcome
from tests.database.places import Places
from tests.setting import NAMES, NOW
from tests.settlement.histories import EVERYTHING, Delivery, Step, deliveries, live, steps
from tests.settlement.kept import everything_kept
from tests.world import World

Answer = Settled | str


@pytest.fixture(scope="module")
def workers() -> Iterator[Readers]:
    with Readers(2, fewest_bytes=1) as pool:
        yield pool


def spoiled(upload: bytes, which: int) -> bytes:
    """The same upload with one bit of one transfer's signature flipped."""
    hand_in = HandIn.decode(upload)
    transfers = list(hand_in.bundle.transfers)
    at = which % len(transfers)
    transfers[at] = transfers[at][:-1] + bytes([transfers[at][-1] ^ 1])
    bundle = Bundle(loads=hand_in.bundle.loads, transfers=tuple(transfers))
    return HandIn(bundle=bundle, refusals=hand_in.refusals).encode()


def submit(upload: bytes, operator: str, *, received_s: int = NOW) -> Submission:
    return Submission(operator=operator, upload=upload, person=bytes(32), received_s=received_s)


def shown(answer: Settled | Malformed | StoreError) -> Answer:
    return answer if isinstance(answer, Settled) else answer.code


def one_by_one(world: World, submissions: Sequence[Submission]) -> list[Answer]:
    """Settle each submission in a transaction of its own."""
    answers: list[Answer] = []
    for submission in submissions:
        with world.issuer.transaction():
            (answer,) = world.issuer.settle_all([submission])
            answers.append(shown(answer))
    return answers


def in_batches(world: World, submissions: Sequence[Submission], size: int, pool: Readers) -> list[Answer]:
    """Settle them through the pipeline, so many at a time."""
    batches = [submissions[at : at + size] for at in range(0, len(submissions), size)]
    return [shown(answer) for answers in Pipeline(world.issuer, pool).run(batches) for answer in answers]


def compare(
    places: Places, template: World, submissions: list[Submission], size: int, pool: Readers
) -> list[Answer]:
    """Settle in both ways: the answers and everything that is kept are the same."""
    with places.new() as here, places.new() as there:
        slowly, quickly = template.copy(here), template.copy(there)
        answers = in_batches(quickly, submissions, size, pool)
        assert answers == one_by_one(slowly, submissions)
        kept, expected = (everything_kept(world.issuer.store) for world in (quickly, slowly))
        assert kept == expected
        quickly.issuer.centre.check_books()
        slowly.close()
        quickly.close()
    return answers


def test_batches_settle_what_single_uploads_do(places: Places, template: World) -> None:
    @settings(max_examples=40 // places.share, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        steps,
        deliveries,
        st.lists(st.tuples(st.integers(0, 40), st.integers(0, 9)), max_size=3),
        st.integers(1, 7),
    )
    def holds(happenings: list[Step], plan: list[Delivery], spoil: list[tuple[int, int]], size: int) -> None:
        uploads = live(template, happenings).uploads
        if not uploads:
            return
        submissions = [submit(upload, NAMES[at % 2]) for at, upload in enumerate(uploads)]
        submissions += [submit(uploads[upload % len(uploads)], operator) for upload, operator in plan]
        for at, which in spoil:
            upload = uploads[at % len(uploads)]
            submissions.insert(at % len(submissions), submit(spoiled(upload, which), "OP02"))
        submissions.insert(len(submissions) // 2, submit(b"no hand-in", "OP01"))
        compare(places, template, submissions, size, Readers(0))

    holds()


def test_signatures_that_fail_in_worker_processes(places: Places, template: World, workers: Readers) -> None:
    """The bad signature's own batch, and the next, which rests on it, are judged signature by signature."""
    uploads = live(template, EVERYTHING).uploads
    submissions = [submit(spoiled(upload, at), "OP01") for at, upload in enumerate(uploads)]
    submissions += [submit(upload, "OP02") for upload in uploads]
    answers = compare(places, template, submissions, 2, workers)
    bad, good = answers[: len(uploads)], answers[len(uploads) :]
    assert all(isinstance(answer, Settled) and Outcome.INVALID in answer.outcomes for answer in bad)
    assert all(isinstance(answer, Settled) and Outcome.INVALID not in answer.outcomes for answer in good)


def test_f22_what_is_late_is_not_settled_as_its_reader_has_assumed(places: Places, template: World) -> None:
    uploads = live(template, EVERYTHING).uploads
    late = [submit(upload, "OP01", received_s=NOW + 400 * 86_400) for upload in uploads]
    in_time = [submit(upload, "OP02") for upload in uploads]
    answers = compare(places, template, [*late, *in_time], 3, Readers(0))
    assert isinstance(answers[0], Settled)
    assert Outcome.LATE in answers[0].outcomes


def test_f30_what_was_read_on_another_footing_does_not_count(places: Places, template: World) -> None:
    """Operators' keys are revoked while a batch is being read: what they have certified is not believed."""
    uploads = live(template, EVERYTHING).uploads
    with places.new() as place:
        world = template.copy(place)
        centre = world.issuer.centre
        read_on = centre.footing()
        readings = [Reader(read_on).read("OP01", upload) for upload in uploads]
        assert any(reading.proven is not None for reading in readings)
        taken = [centre.take(submit(upload, "OP01")) for upload in uploads]
        read = [one._replace(reading=reading) for one, reading in zip(taken, readings, strict=True)]
        for operator in world.issuer.trust.operators:
            with world.issuer.transaction():
                centre.operator_keys.revoke(operator.signed.data, now_s=NOW)
        with world.issuer.transaction():
            answers = centre.settle(read, read_on=read_on)
        assert all(isinstance(answer, Settled) and not answer.credited_fen for answer in answers)
        assert Reader(centre.footing()).read("OP01", uploads[0]).proven is None
        world.close()


def test_a_forged_load_is_found_by_whoever_settles(places: Places, template: World) -> None:
    """Readers know no mint log, and take loads for minted."""
    upload = live(template, [Step("pay", 0, 1, 30)]).uploads[0]
    bundle = HandIn.decode(upload).bundle
    nonce = Load.parse(bundle.loads[0]).nonce
    forged = tuple(load.replace(nonce, nonce[::-1]) for load in bundle.loads)
    of_forged = HandIn(bundle=Bundle(loads=forged, transfers=bundle.transfers)).encode()
    submissions = [submit(of_forged, "OP01"), submit(upload, "OP02")]
    (answer, _) = compare(places, template, submissions, 2, Readers(0))
    assert isinstance(answer, Settled)
    assert set(answer.outcomes) == {Outcome.UNKNOWN_COIN}


def test_f36_what_is_no_hand_in_leaves_its_batch_alone(places: Places, template: World) -> None:
    upload = live(template, [Step("pay", 0, 1, 30)]).uploads[0]
    submissions = [submit(b"", "OP01"), submit(upload, "OP01"), submit(upload[:-1], "OP01")]
    answers = compare(places, template, submissions, 3, Readers(0))
    assert [answer if isinstance(answer, str) else "settled" for answer in answers] == [
        "cbor",
        "settled",
        "cbor",
    ]


def test_f13_f16_the_same_upload_twice_in_one_batch(places: Places, template: World) -> None:
    upload = live(template, [Step("pay", 0, 1, 30)]).uploads[-1]
    part = HandIn.decode(upload)
    prefix = HandIn(bundle=Bundle(loads=part.bundle.loads, transfers=part.bundle.transfers[:1])).encode()
    submissions = [submit(upload, "OP01"), submit(upload, "OP01"), submit(prefix, "OP02")]
    first, again, of_prefix = compare(places, template, submissions, 3, Readers(0))
    assert first == again
    assert isinstance(of_prefix, Settled)
    assert set(of_prefix.outcomes) == {Outcome.REPEAT}


def test_a_worker_that_ends_is_an_error_and_nothing_is_settled_or_believed(
    template: World, places: Places
) -> None:
    uploads = [spoiled(upload, at) for at, upload in enumerate(live(template, EVERYTHING).uploads)]
    submissions = [submit(upload, "OP01") for upload in uploads]
    with places.new() as place, Readers(1, fewest_bytes=1) as pool:
        world = template.copy(place)
        before = everything_kept(world.issuer.store)
        begun = Pipeline(world.issuer, pool).run([submissions[:2], submissions[2:]])
        for worker in children_of_pool(pool, world, uploads[0]):
            worker.kill()
        with pytest.raises(StoreError, match="has ended") as caught:
            next(begun)
        assert caught.value.code == "worker"
        assert everything_kept(world.issuer.store) == before
        # What was being checked then is not taken for checked now, and other workers do it.
        answers = in_batches(world, submissions, 3, pool)
        assert all(isinstance(answer, Settled) and Outcome.INVALID in answer.outcomes for answer in answers)
        world.close()


def children_of_pool(pool: Readers, world: World, upload: bytes) -> list[BaseProcess]:
    """The pool's workers, started and at work; not those of another pool."""
    others = multiprocessing.active_children()
    pool.start(world.issuer.centre.footing(), [("OP01", upload)] * 500)
    return [child for child in multiprocessing.active_children() if child not in others]
