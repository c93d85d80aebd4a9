"""How often Python looks for garbage in circles, in processes that make much and keep little."""

import gc
from typing import Final

GARBAGE_AFTER: Final = 20_000
"""So many more objects made than gone before Python looks for garbage in circles."""


def collect_less_often() -> None:
    """Let Python look for garbage in circles less often, and pass over all that there is by now.

    What a request or an upload makes is gone when it is answered, for circles are rare here; looking for them
    at every 700 objects took a tenth of the time of an upload, and a look through all that was ever imported
    stops everything for its time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_AFTER)
