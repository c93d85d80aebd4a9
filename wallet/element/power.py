"""The supply of an element: it may end at any byte that comes in or goes out, and in the middle of a page.

A *step* is a byte over the interface, or half of a page write. So a test that ends the power after each
number of steps in turn has torn every command at every place.
"""

from shuangli.errors import LinkError


class Power:
    """Power for a number of steps, or for ever.

    Attributes:
        used: steps so far
    """

    __slots__ = ("_steps", "used")

    def __init__(self, steps: int | None = None) -> None:
        """Last for `steps`, or for ever."""
        self._steps = steps
        self.used = 0

    def use(self, steps: int = 1) -> None:
        """Go on for `steps`, or until the power is gone.

        Raises:
            LinkError: it is gone, now or before (`link-cut`).
        """
        self.used += steps
        if self._steps is not None and self.used > self._steps:
            self.used = self._steps
            raise LinkError("link-cut", "the secure element has no power")
