"""A recovery secret as words that a person writes down (BIP-39), by the library mnemonic (extra `recovery`).

Twelve words stand for 16 random bytes and a checksum of 4 bits, so one wrong word is found 15 times out of
16. What is made of the bytes is our own (`wallet.recovery`), and no key of any other system.
"""

import unicodedata
from typing import Final

from mnemonic import Mnemonic

from shuangli.errors import BadInput

LANGUAGES: Final = {"en": "english", "zh": "chinese_simplified"}
WORDS: Final = 12


def words_of(secret: bytes, language: str = "en") -> str:
    """The words that stand for a recovery secret, in a language of `LANGUAGES`."""
    words: str = Mnemonic(LANGUAGES[language]).to_mnemonic(secret)
    return words


def secret_of(words: str) -> bytes:
    """The recovery secret that words stand for, in either language; Chinese ones also without spaces.

    Raises:
        BadInput: they are not twelve words of one list, or one of them is wrong (`bad-value`).
    """
    given = unicodedata.normalize("NFKD", words).lower().split()
    if len(given) == 1 and len(given[0]) == WORDS:
        given = list(given[0])
    if len(given) != WORDS:
        raise BadInput("bad-value", f"a recovery phrase has {WORDS} words, these are {len(given)}")
    for name in LANGUAGES.values():
        known = Mnemonic(name)
        if all(word in known.wordlist for word in given):
            if not known.check(" ".join(given)):
                raise BadInput("bad-value", "one of the words is wrong, or two have changed places")
            return bytes(known.to_entropy(given))
    unknown = [number for number, word in enumerate(given, 1) if not _known(word)]
    which = f"word {unknown[0]} is in no list" if unknown else "the words are of different lists"
    raise BadInput("bad-value", f"this is no recovery phrase: {which}")


def _known(word: str) -> bool:
    return any(word in Mnemonic(name).wordlist for name in LANGUAGES.values())
