"""Packages that come with an extra: what they are needed for says which one to install."""

from collections.abc import Iterator
from contextlib import contextmanager

from shuangli.errors import BadInput


@contextmanager
def needs_extra(extra: str, what: str) -> Iterator[None]:
    """Around imports or, as a decorator, a whole command: say in one line which extra to install.

    Raises:
        BadInput: a library that comes with the extra is not installed (`bad-option`).
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "shuangli":
            raise
        raise BadInput("bad-option", f"{what} needs more: pip install 'shuangli[{extra}]'") from error
