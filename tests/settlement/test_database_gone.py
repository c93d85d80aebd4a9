"""The database is full, or its server vanishes, while uploads are settled; then all is well (FAULTS F42).

Nothing that was acknowledged is lost, nothing is done twice, and nobody has to restart anything.
"""

import asyncio
import itertools
import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest
from fastapi import FastAPI

from shuangli.api.models import CBOR, NetworkDescription
from shuangli.database.database import only
from shuangli.errors import StoreError
from shuangli.issuer.centre import Settled, Submission
from shuangli.issuer.service.desk import IssuerDesk
from shuangli.messages.notices import Acknowledgement, Outcome
from shuangli.operator.service.app import Edges, make_app
from shuangli.operator.service.desk import Desk
from shuangli.wallet.wallet import Wallet
from tests.database.places import ServerDatabases
from tests.database.servers import PASSWORD, Server
from tests.paying import pay, person_of
from tests.setting import NAMES, NOW, STAGED
from tests.world import World

SHOPS: Final = 12
DEATHS: Final = 6

endings = pytest.mark.parametrize("end", [Server.stop, Server.kill], ids=["stop", "kill"])


@pytest.fixture
def world(server_databases: ServerDatabases) -> Iterator[World]:
    """A world whose databases are on the server."""
    with server_databases.new() as place:
        world = World(place, terms=STAGED)
        yield world
        world.close()


def shops_with_uploads(world: World, count: int = SHOPS) -> tuple[list[Wallet], list[bytes]]:
    """Shops of two operators, paid 10 fen each; the last two by a wallet and its copy."""
    shops = [world.wallet(tier=0, operator=NAMES[number % 2]) for number in range(count)]
    rider = world.wallet([10] * (count - 1))
    copy = world.clone(rider)
    for shop in shops[:-1]:
        pay(rider, shop, 10)
    pay(copy, shops[-1], 10)
    return shops, [shop.hand_in(now_s=NOW) or b"" for shop in shops]


def check_the_end(world: World, shops: list[Wallet]) -> None:
    """All are paid once, the fork is one case, and the books balance."""
    deposits = [world.deposit_fen(shop, NAMES[number % 2]) for number, shop in enumerate(shops)]
    assert deposits == [10] * len(shops)
    assert len(world.cases()) == 1
    supply = world.supply()
    assert (supply.redeemed_fen + supply.fund_paid_fen, supply.forked_fen) == (10 * len(shops), 10)
    world.check_books()


@endings
@pytest.mark.parametrize("committed", ["none", "issuer"])
def test_f42_a_server_that_vanishes_between_settling_and_the_answer(
    world: World, server: Server, end: Callable[[Server], None], committed: str
) -> None:
    shops, uploads = shops_with_uploads(world, 2)

    def settle(upload: bytes, name: str) -> None:
        bank = world.banks[name]
        with bank.store.transaction():
            with world.issuer.transaction():
                bank.reconcile(upload, now_s=NOW)
                if committed == "none":
                    end(server)
            end(server)

    for number, upload in enumerate(uploads):
        with pytest.raises(StoreError) as caught:
            settle(upload, NAMES[number])
        assert caught.value.code == "unavailable"
        with pytest.raises(StoreError):
            world.submit(upload, NAMES[number])
        server.start()
        assert world.deposit_fen(shops[number], NAMES[number]) == 0
        assert world.supply().redeemed_fen == (10 if number or committed == "issuer" else 0)
        acknowledgement = world.submit(upload, NAMES[number], now_s=NOW + 60)
        assert acknowledgement.credited_fen == 10
    check_the_end(world, shops)


def batch_of(shops: list[Wallet], uploads: list[bytes]) -> list[Submission]:
    """All uploads, as their operators pass them on."""
    return [
        Submission(operator=NAMES[number % 2], upload=upload, person=person_of(shop), received_s=NOW)
        for number, (shop, upload) in enumerate(zip(shops, uploads, strict=True))
    ]


def test_f42_a_full_disk_while_a_batch_is_settled(tmp_path: Path) -> None:
    world = World(tmp_path, terms=STAGED)
    shops, uploads = shops_with_uploads(world)
    database = world.issuer.store.database
    pages = only(database.row("PRAGMA page_count"))

    def settle() -> None:
        with world.issuer.transaction():
            world.issuer.settle_all(batch_of(shops, uploads))

    for room in range(3):
        database.execute(f"PRAGMA max_page_count = {pages + room}")
        with pytest.raises(StoreError) as caught:
            settle()
        assert caught.value.code == "unavailable"
        assert (world.supply().redeemed_fen, world.cases()) == (0, [])
    database.execute("PRAGMA max_page_count = 1000000")
    settle()
    for number, upload in enumerate(uploads):
        world.submit(upload, NAMES[number % 2])
    check_the_end(world, shops)
    world.close()


@endings
def test_f42_a_server_that_vanishes_while_a_batch_is_settled(
    world: World, server: Server, end: Callable[[Server], None]
) -> None:
    shops, uploads = shops_with_uploads(world)
    batch = batch_of(shops, uploads)

    def settle() -> None:
        with world.issuer.transaction():
            world.issuer.settle_all(batch)
            end(server)

    with pytest.raises(StoreError) as caught:
        settle()
    assert caught.value.code == "unavailable"
    server.start()
    assert (world.supply().redeemed_fen, world.cases()) == (0, [])
    with world.issuer.transaction():
        answers = world.issuer.settle_all(batch)
    outcomes = [answer.outcomes for answer in answers if isinstance(answer, Settled)]
    assert len(outcomes) == SHOPS
    assert outcomes[-1] == (Outcome.FORKED, Outcome.SETTLED)
    with world.issuer.transaction():
        assert world.issuer.settle_all(batch) == answers
    for number, upload in enumerate(uploads):
        world.submit(upload, NAMES[number % 2])
    check_the_end(world, shops)


@pytest.mark.parametrize("seed", range(3))
def test_f42_a_server_that_dies_again_and_again_at_any_moment(
    world: World, server: Server, seed: int
) -> None:
    """Meanwhile the uploads are handed in over and over, by somebody who notes what was acknowledged."""
    draw = random.Random(seed)
    shops, uploads = shops_with_uploads(world)
    acknowledged: list[set[bytes]] = [set() for _ in uploads]
    surprises: list[Exception] = []
    refusals = 0
    enough = threading.Event()

    def hand_in() -> None:
        nonlocal refusals
        for now_s in itertools.count(NOW):
            for number, upload in enumerate(uploads):
                if enough.is_set():
                    return
                try:
                    answer = world.submit(upload, NAMES[number % 2], now_s=now_s)
                except StoreError as error:
                    refusals += 1
                    if error.code != "unavailable":
                        surprises.append(error)
                except Exception as error:
                    surprises.append(error)
                else:
                    acknowledged[number].add(answer.signed.data)

    customer = threading.Thread(target=hand_in)
    customer.start()
    for _ in range(DEATHS):
        # How far the work has come by then is left to chance.
        enough.wait(draw.random() / 5)
        server.kill()
        server.start()
    enough.set()
    customer.join()
    assert surprises == []
    assert refusals > 0
    for number, upload in enumerate(uploads):
        acknowledged[number].add(world.submit(upload, NAMES[number % 2], now_s=NOW + 1_000).signed.data)
    assert [len(answers) for answers in acknowledged] == [1] * SHOPS, "each is answered one way"
    check_the_end(world, shops)


@endings
def test_f42_the_http_service_says_503_and_recovers(
    world: World, server: Server, end: Callable[[Server], None]
) -> None:
    shops, uploads = shops_with_uploads(world, 3)
    parts = {"operators": world.operators, "centres": [world.centre], "epochs": world.epochs}
    key_set = world.authority.sign_key_set(1, issued_at_s=NOW, **parts).signed.data  # type: ignore[arg-type]
    desk = Desk(
        bank=world.banks["OP01"],
        issuer=IssuerDesk(world.issuer, read_key_set=lambda: key_set, now_s=lambda: NOW),
        description=NetworkDescription(network="test", operator="OP01", currency="CNY", sandbox=True),
        key_set=key_set,
        now_s=lambda: NOW,
    )
    app = make_app(desk, Edges(random_bytes=random.Random(1).randbytes, monotonic_s=lambda: 0.0))
    settled = hand_in(app, uploads[0])
    assert settled.status_code == 200
    end(server)
    for upload in (uploads[2], uploads[2], uploads[0]):
        refused = hand_in(app, upload)
        assert refused.status_code == 503
        assert int(refused.headers["Retry-After"]) > 0
        assert refused.json()["code"] == "unavailable"
        for secret in (PASSWORD, str(server.directory), "postgres:"):
            assert secret not in refused.text
    server.start()
    for upload in (uploads[0], uploads[2], uploads[2]):
        answer = hand_in(app, upload)
        assert answer.status_code == 200
        assert Acknowledgement.parse(answer.content).credited_fen == 10
    assert hand_in(app, uploads[0]).content == settled.content
    world.submit(uploads[1], "OP02")
    check_the_end(world, shops)


def hand_in(app: FastAPI, upload: bytes) -> httpx.Response:
    """What the service answers to an upload."""

    async def post() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://operator.test") as client:
            headers = {"Content-Type": CBOR}
            return await client.post("/v1/reconciliations", content=upload, headers=headers)

    return asyncio.run(post())
