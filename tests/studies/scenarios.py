"""Scenario files, as somebody writes them."""

from pathlib import Path


def written(directory: Path, text: str) -> Path:
    """A file with this text."""
    path = directory / "day.toml"
    path.write_text(text, encoding="utf-8")
    return path
