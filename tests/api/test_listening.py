"""Connections on which nobody asks for anything are closed; those on which somebody does are not."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from shuangli.api.service import listening
from shuangli.api.service.listening import _Protocol, listening_at
from shuangli.errors import BadInput

AT_LAST_S = 30
HEAD = b"GET / HTTP/1.1\r\nHost: here\r\n"
POST = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 200\r\n\r\n"
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter, list[_Protocol]], Awaitable[None]]


async def _hello(_scope: Any, receive: Any, send: Any) -> None:
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


def over_a_connection(talk: Talk) -> None:
    """Talk with a service over one connection."""

    async def run() -> None:
        config = uvicorn.Config(_hello, http=_Protocol, ws="none", lifespan="off", log_config=None)
        config.load()
        made: list[_Protocol] = []

        def protocol() -> _Protocol:
            made.append(_Protocol(config=config, server_state=ServerState(), app_state={}))
            return made[-1]

        server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        async with server, asyncio.timeout(AT_LAST_S):
            await talk(reader, writer, made)
            writer.close()

    asyncio.run(run())


async def _answered(reader: asyncio.StreamReader) -> None:
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 204")


@pytest.mark.parametrize(
    "said", [b"", HEAD, HEAD + b"\r\n" + HEAD], ids=["nothing", "a part", "a second part"]
)
def test_f40_who_begins_no_request_is_cut_off(monkeypatch: pytest.MonkeyPatch, said: bytes) -> None:
    monkeypatch.setattr(listening, "REQUEST_WITHIN_S", 0.05)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _: list[_Protocol]) -> None:
        writer.write(said)
        if said.endswith(b"\r\n\r\n" + HEAD):
            await _answered(reader)
        assert await reader.read() == b""

    over_a_connection(talk)


def test_who_asks_is_answered_however_long_it_takes() -> None:
    """No time runs while a request is answered; after it, only uvicorn's own for the next one."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, made: list[_Protocol]) -> None:
        for _ in range(2):
            writer.write(HEAD + b"\r\n")
            await _answered(reader)
            assert made[0]._until is None

    over_a_connection(talk)


def test_f40_a_body_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a few who announce a body and send no more of it keep everybody out for ever."""
    monkeypatch.setattr(listening, "REQUEST_WITHIN_S", 0.2)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _: list[_Protocol]) -> None:
        writer.write(POST)
        for _number in range(3):
            writer.write(b"a")
            await asyncio.sleep(0.05)
        assert await reader.read() == b""

    over_a_connection(talk)


def test_a_body_may_take_long_if_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "REQUEST_WITHIN_S", 0.2)
    monkeypatch.setattr(listening, "BODY_BYTES_PER_S", 100)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, made: list[_Protocol]) -> None:
        writer.write(POST)
        for _ in range(20):
            await asyncio.sleep(0.05)
            writer.write(b"a" * 10)
        await _answered(reader)
        assert made[0]._until is None

    over_a_connection(talk)


def test_no_time_runs_while_this_side_does_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "REQUEST_WITHIN_S", 0.1)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, made: list[_Protocol]) -> None:
        writer.write(POST + b"a" * 100)
        await asyncio.sleep(0.05)
        made[0].flow.pause_reading()
        await asyncio.sleep(0.3)
        made[0].flow.resume_reading()
        writer.write(b"a" * 100)
        await _answered(reader)

    over_a_connection(talk)


@pytest.mark.parametrize("host", ["", "a..b", "h" * 64, "h\udcff", "127.0.0.1\n"])
def test_nobody_listens_at_what_names_no_host_nor_everywhere_for_want_of_one(host: str) -> None:
    with pytest.raises(BadInput, match="names no host") as bad, listening_at(host, 0):
        pass
    assert bad.value.code == "bad-option"
