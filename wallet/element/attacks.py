"""What the simulator may do to an element: copy a soft one, put it back, open a chip.

A soft wallet is a file: its holder copies it (F01), or keeps an old copy and puts it back (F02), by
`PlainMemory.pages`. A chip resists; that somebody opens one nevertheless (F25) is an assumption of a
scenario, with a stated probability.
"""

from shuangli.crypto import SigningKey
from shuangli.wallet.element.chip import Element
from shuangli.wallet.element.memory import PlainMemory, SecureMemory
from shuangli.wallet.element.pages import read_state
from shuangli.wallet.element.power import Power


def copy_of(element: Element) -> Element:
    """A second element with the same key and the same coins.

    Raises:
        TypeError: it is a chip, which is not copied.
    """
    if not isinstance(element.memory, PlainMemory):
        raise TypeError("a chip is not copied")
    return Element(PlainMemory(element.memory.pages))


def break_open(element: Element) -> Element:
    """The same program on what was read out of a chip: from now on, it can be copied and put back."""
    return Element(PlainMemory(element.memory.read(Power())))


def key_in(element: Element) -> SigningKey:
    """The private key of an element that can be read: whoever has it signs without any rule.

    Raises:
        TypeError: it is a chip that was not broken open.
    """
    if isinstance(element.memory, SecureMemory):
        raise TypeError("the memory of a secure element is not read")
    return SigningKey(read_state(element.memory.read(Power())).issued.seed)
