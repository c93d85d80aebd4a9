"""Wallets as pages, and a browser without scripts that looks at them, all in one process."""

import asyncio
import html
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from shuangli.wallet.commands.opened import OpenWallet, opened
from shuangli.wallet.purse import Purse
from shuangli.wallet.web.app import make_web_wallet
from shuangli.wallet.web.door import Door
from tests.devices.people import Town
from tests.wallet_file.files import PASSPHRASE

FIRST_PORT = 8101


class Pages:
    """One served wallet, and a browser that has its cookies and says where it comes from, as browsers do."""

    def __init__(self, app: FastAPI, door: Door, found: OpenWallet, links: list[str]) -> None:
        self.app = app
        self.door = door
        self.found = found
        self.links = links
        self.language = "en"
        self.cookies = httpx.Cookies()

    @property
    def purse(self) -> Purse:
        return self.found.wallet.purse

    def ask(
        self,
        method: str,
        path: str,
        *,
        headers: dict[str, str] | None = None,
        fields: dict[str, str] | None = None,
        content: bytes | None = None,
    ) -> httpx.Response:
        """A request as it is; `headers` replace those of a browser, and an empty one is left out."""
        said = {"Accept-Language": self.language, "Sec-Fetch-Site": "same-origin"}
        said |= {"Origin": self.door.origin} if method == "POST" else {}
        said = {name: value for name, value in (said | (headers or {})).items() if value}

        async def send() -> httpx.Response:
            async with httpx.AsyncClient(
                transport=httpx.ASGITransport(app=self.app),
                base_url=self.door.origin,
                cookies=self.cookies,
                follow_redirects=True,
            ) as client:
                told = await client.request(method, path, headers=said, data=fields, content=content)
                self.cookies = client.cookies
                return told

        return asyncio.run(send())

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.ask("GET", path, **more)

    def post(self, path: str, **fields: str) -> httpx.Response:
        return self.ask("POST", path, fields=fields)

    def enter(self) -> None:
        """Open the link that the terminal shows, in a browser that knows nothing."""
        self.cookies.clear()
        told = self.get(self.door.link.removeprefix(self.door.origin))
        assert told.status_code == 200, told.text

    def request(self, yuan: str) -> httpx.Response:
        """Ask for an amount."""
        told = self.post("/receive", amount=yuan, once=hidden(self.get("/receive"), "once"))
        assert told.status_code == 200, told.text
        return told

    def paste(self, text: str) -> httpx.Response:
        """Paste what another page shows."""
        return self.post("/message", text=text, back="/pay")

    def agree(self, read: httpx.Response, **fields: str) -> httpx.Response:
        """Say yes on the page of a request that was read."""
        return self.post(read.url.path, word="yes", **fields)


def hidden(page: httpx.Response, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, page.text
    return html.unescape(found[1])


def shown(page: httpx.Response, number: int = 1) -> str:
    """The text of what a page shows to the other device."""
    found = re.search(rf'id="shown-{number}"[^>]*>([^<]*)<', page.text)
    assert found, page.text
    return found[1]


def said(page: httpx.Response) -> str:
    """The words of a page."""
    body = page.text.partition("<main")[2].partition("</main>")[0]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


@contextmanager
def serving(town: Town, file: Path, *, port: int) -> Iterator[Pages]:
    """A wallet file that is served, with the browser let in."""
    edges = town.edges
    with opened(file, passphrase=PASSPHRASE, edges=edges) as found:
        door = Door(f"http://127.0.0.1:{port}", edges.device.random_bytes)
        links: list[str] = []
        app = make_web_wallet(
            found, edges, door=door, passphrase=PASSPHRASE, new_link=lambda: links.append(door.link)
        )
        pages = Pages(app, door, found, links)
        pages.enter()
        yield pages


class Street:
    """A town whose wallets are served as pages; they can be killed and started again."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self._served: dict[str, tuple[ExitStack, Pages]] = {}

    def wallet(self, name: str, *, loaded: str = "") -> Pages:
        """Open a wallet, load so many yuan, and serve it."""
        self.town.wallet(name, loaded=loaded)
        return self.serve(name)

    def serve(self, name: str) -> Pages:
        stack = ExitStack()
        port = FIRST_PORT + len(self._served)
        pages = stack.enter_context(serving(self.town, self.town.file(name), port=port))
        self._served[name] = (stack, pages)
        return pages

    def restart(self, name: str) -> Pages:
        """Kill the process that serves a wallet, and start another: only the file is left of it."""
        self._served[name][0].close()
        return self.serve(name)

    def close(self) -> None:
        for stack, _ in self._served.values():
            stack.close()


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    with Town(tmp_path).open() as town:
        street = Street(town)
        yield street
        street.close()
