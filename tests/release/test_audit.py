"""The audit says clean only of what was looked up, in a database that knows what it should know."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from scripts.audit import KNOWN_BAD
from tests.docs.pages import ROOT

Know = Callable[[str, str], list[str]]
"""The names of the holes of a package in a version, in a database."""


def run(url: str) -> tuple[int, str]:
    """Run the audit against a database; exit code, and what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "scripts.audit", f"--osv-url={url}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.fixture
def serve() -> Iterator[Callable[[Know, int], str]]:
    """Start a database that knows something; its address."""
    servers = []

    def start(know: Know, status: int = 200) -> str:
        class Database(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                holes = know(asked["package"]["name"], asked["version"])
                told: dict[str, Any] = {"vulns": [{"id": hole, "affected": []} for hole in holes]}
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(told if holes else {}).encode())

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        server = HTTPServer(("127.0.0.1", 0), Database)
        Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/v1/query"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def honest(name: str, version: str) -> list[str]:
    return ["PYSEC-1"] if (name, version) == KNOWN_BAD else []


def test_clean(serve: Callable[..., str]) -> None:
    code, printed = run(serve(honest))
    assert code == 0
    assert re.fullmatch(r"audit: clean: nothing is known of \d{2,} packages\n", printed)


def test_something_is_known(serve: Callable[..., str]) -> None:
    code, printed = run(
        serve(lambda name, version: ["PYSEC-2"] if name == "click" else honest(name, version))
    )
    assert code == 1
    assert printed.startswith("audit: known: click ")
    assert printed.endswith(": PYSEC-2\n")


def test_no_database_is_not_clean() -> None:
    code, printed = run("http://127.0.0.1:9/v1/query")
    assert code == 2
    assert printed.startswith("audit: not run: ")
    assert "Connection refused" in printed


@pytest.mark.parametrize(
    ("status", "says"), [(200, "does not know of the holes of"), (404, "not run"), (503, "not run")]
)
def test_a_database_that_knows_nothing_is_not_clean(
    serve: Callable[..., str], status: int, says: str
) -> None:
    code, printed = run(serve(lambda *_: [], status))
    assert (code, printed[:16]) == (2, "audit: not run: ")
    assert says in printed
    assert "clean" not in printed
