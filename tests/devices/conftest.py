"""A town with an operator in this process; an operator that is a process, and what speaks to it."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from shuangli.api.http_client import HttpOperator
from tests.devices.bodies import SIGNER
from tests.devices.people import Town
from tests.devices.processes import Operator, serving


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with Town(tmp_path).open() as town:
        yield town


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("operator") / "files"


@pytest.fixture(scope="module")
def served(directory: Path) -> Iterator[Operator]:
    with serving(directory) as operator:
        yield operator


@pytest.fixture(scope="module")
def http(served: Operator) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.address, trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture
def operator(served: Operator) -> Iterator[HttpOperator]:
    with HttpOperator(served.address, signer=SIGNER) as operator:
        yield operator
