"""The error tree as its module draws it, and codes that are never used twice."""

import ast
import inspect
from typing import Final

import pytest

from shuangli import errors
from shuangli.errors import CODES, ShuangliError
from tests.layout.rules import ROOT, product_files

CLASSES: Final = {
    name: kind
    for name, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, ShuangliError)
}


def test_the_tree_is_the_one_drawn() -> None:
    def depth(line: str) -> int:
        return (len(line) - len(line.lstrip(" |-`"))) // 4

    drawn: dict[str, str] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        name = line.strip(" |-`").split(" ")[0]
        if name in CLASSES:
            path[depth(line) - 1 :] = [name]
            drawn[name] = path[-2] if len(path) > 1 else "Exception"
    assert drawn == {name: kind.__bases__[0].__name__ for name, kind in CLASSES.items()}


def test_no_code_is_written_twice() -> None:
    tree = ast.parse(inspect.getsource(errors))
    keys = [
        str(key.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Dict)
        for key in node.keys
        if isinstance(key, ast.Constant)
    ]
    assert sorted(keys) == sorted(CODES)
    assert all(meaning and "\n" not in meaning for meaning in CODES.values())
    assert len({*CODES.values()}) == len(CODES)


def test_every_code_in_use_is_known() -> None:
    unknown = []
    for path, text in product_files(ROOT):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in CLASSES and node.args:
                code = node.args[0]
                if isinstance(code, ast.Constant) and code.value not in CODES:
                    unknown.append(f"{path}:{node.lineno}: {code.value!r}")
    assert not unknown


@pytest.mark.parametrize("kind", CLASSES.values())
def test_an_error_has_a_known_code_and_words(kind: type[ShuangliError]) -> None:
    assert str(kind("shape")) == CODES["shape"]
    error = kind("shape", "the third field is missing")
    assert (error.code, str(error)) == ("shape", "the third field is missing")
    with pytest.raises(ValueError, match="unknown error code"):
        kind("no-such-code")
