"""The console over reports of a small world in which everything has happened."""

import asyncio
import random
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from shuangli.operator.console.app import make_console
from shuangli.operator.console.pages import BASE
from shuangli.operator.console.reports import Shelf
from shuangli.operator.service.auth.clients import Clients
from tests.api.service import Service, serving_here
from tests.audit.happenings import let_all_happen
from tests.periods.making import Made, make, written
from tests.periods.tabling import as_tables
from tests.setting import TRANSFERABLE
from tests.world import World


class Browser:
    """A browser without scripts: it keeps cookies and goes where it is sent."""

    def __init__(self, app: FastAPI, language: str) -> None:
        self.cookies = httpx.Cookies()
        self._app = app
        self._language = language

    def get(self, path: str, *, follow: bool = True) -> httpx.Response:
        return self._ask("GET", path, follow=follow)

    def post(self, path: str, *, follow: bool = True, **fields: str) -> httpx.Response:
        return self._ask("POST", path, follow=follow, data=fields)

    def _ask(
        self, method: str, path: str, *, follow: bool, data: dict[str, str] | None = None
    ) -> httpx.Response:
        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(
                transport=httpx.ASGITransport(app=self._app, raise_app_exceptions=False),
                base_url="http://operator.test",
                cookies=self.cookies,
                headers={"Accept-Language": self._language},
                follow_redirects=follow,
            ) as client:
                told = await client.request(method, path, data=data)
                self.cookies = client.cookies
                return told

        return asyncio.run(ask())


@dataclass(frozen=True)
class Console:
    """A console that is served here, the directory of its reports, and who may sign in."""

    service: Service
    reports: Path
    made: Made
    name: str
    secret: str

    def browser(self, *, language: str = "en") -> Browser:
        """One in which nobody has signed in."""
        return Browser(self.service.app, language)

    def signed_in(self, *, language: str = "en") -> Browser:
        """One in which a regulator has signed in."""
        browser = self.browser(language=language)
        told = browser.post(f"{BASE}/sign-in", name=self.name, secret=self.secret)
        assert told.status_code == 200, told.text
        return browser


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """A console with the centre's report, the same one again as tables alone, and an operator's."""
    directory = tmp_path_factory.mktemp("console")
    world = World(directory, terms=TRANSFERABLE)
    with closing(world), serving_here(directory / "operator") as service:
        let_all_happen(world)
        reports = directory / "reports"
        of_centre = make(world, "centre")
        written(of_centre, reports / "system")
        as_tables(of_centre, reports / "tables")
        written(make(world, "OP01"), reports / "OP01")
        clients = Clients(service.desk.bank.store, random.Random(7).randbytes)
        root = world.keys["root"].public
        service.app.mount(BASE, make_console(service.desk, clients, Shelf(reports, root), root=root))
        name, secret = service.program("audit:read")
        yield Console(service=service, reports=reports, made=of_centre, name=name, secret=secret)
