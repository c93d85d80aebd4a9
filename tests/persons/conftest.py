"""Worlds on both kinds of databases, as for the tests of settlement."""

from tests.settlement.conftest import hops, new_world, world

__all__ = ["hops", "new_world", "world"]
