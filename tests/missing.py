"""A package that is not installed: for what says which extra to ask for."""

import sys

import pytest


def without(monkeypatch: pytest.MonkeyPatch, package: str, needed_by: str) -> None:
    """Let a package be missing, and the module that imports it not be imported yet.

    The parts of the package that were imported before are missing too: Python takes those without asking
    for the package.
    """
    loaded = [name for name in sys.modules if name.startswith(f"{package}.")]
    for name in (package, *loaded):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, needed_by, raising=False)
