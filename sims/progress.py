"""Edge: the progress bar on a terminal."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tqdm import tqdm

from shuangli.sims.engine import Progress


@contextmanager
def progress_bar(name: str) -> Iterator[Progress]:
    """A bar on standard error that counts windows and payments; none where that is not a terminal."""
    with tqdm(desc=name, unit="window", file=sys.stderr, disable=None, dynamic_ncols=True) as bar:

        def show(done: int, windows: int, payments: int) -> None:
            bar.total = windows
            bar.set_postfix(payments=payments, refresh=False)
            bar.update(done - bar.n)

        yield show
