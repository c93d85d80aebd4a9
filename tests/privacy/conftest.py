"""Worlds on both kinds of databases."""

from tests.worlds import hops, new_world

__all__ = ["hops", "new_world"]
