"""The checks of `rules`: here each must find nothing, and in small trees what breaks its rule."""

from pathlib import Path
from typing import Final

import pytest

from tests.layout.rules import (
    CHECKS,
    FOLDERS,
    LONGEST_FILE_LINES,
    LONGEST_FUNCTION_LINES,
    ROOT,
    Check,
    apart,
    downward,
    edges,
    finished,
    links,
    packages,
    sizes,
)


@pytest.mark.parametrize("check", CHECKS)
def test_this_repository(check: Check) -> None:
    problems = list(check(ROOT))
    assert not problems, "\n".join(problems)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small tree in which all is as it should be."""
    (tmp_path / "shuangli").mkdir()
    for folder in FOLDERS:
        (tmp_path / folder).mkdir()
        (tmp_path / "shuangli" / folder).symlink_to(Path("..", folder))
    good = {
        "shuangli/__init__.py": '"""The protocol."""\n',
        "shuangli/codec.py": "import datetime\nimport cbor2\nfrom shuangli.errors import Malformed\n",
        "shuangli/messages/load.py": "from shuangli import codec\n",
        "shuangli/api/client.py": "from shuangli.codec import decode\n",
        "shuangli/cli.py": "import time\nimport click\n\ndef main():\n    from shuangli.sims import run\n",
        "issuer/mint.py": "from shuangli.offline.chain import verify\nfrom shuangli.issuer import store\n",
        "shuangli/database/sqlite.py": "import sqlite3\n",
        "shuangli/database/postgresql.py": "import psycopg\nfrom psycopg import sql\n",
        "issuer/service/app.py": "import fastapi\nfrom shuangli.api import client\n",
        "operator/books.py": "from operator import attrgetter\nfrom shuangli.issuer.mint import Mint\n",
        "wallet/purse.py": "import datetime\n\ntime = datetime.datetime.fromtimestamp(0)\nmet = time.year\n",
        "sims/engine.py": "import numpy as np\nfrom shuangli import operator, wallet\n",
        "tests/core/test_codec.py": "from tests.core.keys import KEY\n",
        "sims/populations.py": "import numpy as np\n\nRIDERS = np.random.default_rng(7)\n",
    }
    for path, text in good.items():
        put(tmp_path, path, text)
    return tmp_path


def put(root: Path, path: str, text: str) -> None:
    """Write a file and the folders it stands in."""
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("check", CHECKS)
def test_a_good_tree(check: Check, tree: Path) -> None:
    assert list(check(tree)) == []


LONG_FUNCTION: Final = "def f():\n" + "    pass\n" * LONGEST_FUNCTION_LINES


@pytest.mark.parametrize(
    ("check", "path", "text"),
    [
        (packages, "operator/__init__.py", ""),
        (packages, "docs/__init__.py", ""),
        (downward, "shuangli/codec.py", "from shuangli.offline import chain"),
        (downward, "shuangli/codec.py", "from shuangli import offline"),
        (downward, "shuangli/codec.py", "import numpy"),
        (downward, "shuangli/codec.py", "from . import errors"),
        (downward, "shuangli/messages/load.py", "import shuangli.api.client"),
        (downward, "shuangli/messages/load.py", "def f():\n    from shuangli.cli import main"),
        (downward, "shuangli/api/client.py", "from shuangli.offline import chain"),
        (downward, "offline/chain.py", "import nacl.signing"),
        (downward, "offline/chain.py", "from shuangli.wallet.purse import Purse"),
        (downward, "issuer/mint.py", "from shuangli.operator import books"),
        (downward, "issuer/mint.py", "from shuangli.api import client"),
        (downward, "issuer/mint.py", "from shuangli.issuer.service import app"),
        (downward, "issuer/mint.py", "import fastapi"),
        (downward, "issuer/service/app.py", "from shuangli.operator import books"),
        (downward, "sims/engine.py", "from shuangli.issuer.service import app"),
        (downward, "shuangli/cli.py", "from shuangli.issuer.service import app"),
        (downward, "wallet/purse.py", "from shuangli.issuer.mint import Mint"),
        (downward, "wallet/purse.py", "from shuangli.operator.books import Books"),
        (downward, "operator/books.py", "from shuangli.wallet.purse import Purse"),
        (downward, "operator/books.py", "from operator.accounts import Account"),
        (downward, "operator/books.py", "from issuer.mint import Mint"),
        (downward, "operator/books.py", "from shuangli.sims import clock"),
        (downward, "operator/books.py", "import importlib\nimportlib.import_module('shuangli.sims')"),
        (downward, "operator/books.py", "from importlib import import_module"),
        (downward, "operator/books.py", "__import__('shuangli.sims')"),
        (downward, "sims/engine.py", "import psycopg"),
        (downward, "issuer/store.py", "from psycopg import sql"),
        (downward, "operator/books.py", "import sqlalchemy"),
        (downward, "sims/engine.py", "from shuangli.cli import main"),
        (downward, "shuangli/cli.py", "from shuangli.sims import run"),
        (downward, "shuangli/cli_sim.py", "import polars"),
        (edges, "operator/books.py", "import sqlite3"),
        (edges, "operator/store.py", "def f():\n    from sqlite3 import connect"),
        (edges, "operator/store.py", "import time"),
        (edges, "shuangli/codec.py", "import psycopg"),
        (edges, "shuangli/database/opening.py", "import psycopg"),
        (edges, "shuangli/database/sqlite.py", "from psycopg import sql\nimport time"),
        (edges, "shuangli/cli_operator.py", "import sqlite3"),
        (edges, "wallet/purse.py", "def f():\n    from time import monotonic"),
        (edges, "wallet/purse.py", "import datetime\ndatetime.datetime.now(datetime.UTC)"),
        (edges, "wallet/purse.py", "from datetime import date\ndate.today()"),
        (edges, "wallet/purse.py", "import os\nos.urandom(16)"),
        (edges, "wallet/purse.py", "from os import urandom"),
        (edges, "shuangli/crypto.py", "from nacl.utils import random"),
        (edges, "shuangli/crypto.py", "from nacl.signing import SigningKey\nSigningKey.generate()"),
        (edges, "sims/engine.py", "import random"),
        (edges, "offline/link.py", "import socket"),
        (edges, "offline/link.py", "from urllib import request"),
        (edges, "shuangli/api/client.py", "import httpx"),
        (sizes, "issuer/mint.py", "#\n" * (LONGEST_FILE_LINES + 1)),
        (sizes, "bench/run.py", LONG_FUNCTION),
        (sizes, "sims/engine.py", "class A:\n" + "".join(f"  {x}\n" for x in LONG_FUNCTION.splitlines())),
        (apart, "tests/core/test_codec.py", "from tests.core.test_crypto import KEY"),
        (apart, "tests/core/test_codec.py", "from tests.core import test_crypto"),
        (apart, "tests/core/keys.py", "import tests.core.test_crypto"),
        (finished, "shuangli/codec.py", "x = 1  # TODO: later"),
        (finished, "scripts/fit.py", "raise NotImplementedError"),
        (finished, "sims/report/report.html", "<!-- FIXME -->"),
    ],
)
def test_a_broken_rule_is_found(check: Check, path: str, text: str, tree: Path) -> None:
    put(tree, path, text)
    problems = list(check(tree))
    assert problems
    assert all(problem.startswith(path) for problem in problems)


def test_a_missing_package_file_is_found(tree: Path) -> None:
    (tree / "shuangli/__init__.py").unlink()
    assert list(packages(tree)) == ["shuangli/__init__.py is missing"]


@pytest.mark.parametrize("target", [None, "sims", "../wallet", "{root}/sims"])
def test_a_wrong_link_is_found(target: str | None, tree: Path) -> None:
    (tree / "shuangli/sims").unlink()
    if target is not None:
        (tree / "shuangli/sims").symlink_to(target.format(root=tree))
    assert list(links(tree)) == ["shuangli/sims is not a symbolic link to ../sims"]


def test_a_link_too_many_is_found(tree: Path) -> None:
    (tree / "shuangli/messages/load").symlink_to("load.py")
    assert list(links(tree)) == ["shuangli/messages/load is a link that the layout does not know"]
