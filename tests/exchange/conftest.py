"""Worlds on both kinds of databases."""

from tests.worlds import new_world, world

__all__ = ["new_world", "world"]
