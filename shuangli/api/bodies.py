"""What the JSON bodies of an operator's API are made of: pydantic models (needs the extra `api`).

`asked` has what is sent, `told` what is answered, `told_service` answers about access and the service itself.

What is sent must have exactly these fields, in these types; of an answer, a reader passes over what it does
not know. Keys of wallets are 64 hex digits, amounts whole fen, times seconds since 1970.
"""

from typing import Annotated, Any, ClassVar, Final, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shuangli.money import MAX_FEN

KEY_PATTERN: Final = r"^[0-9a-f]{64}$"
NAME_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
TEXT_PATTERN: Final = r"^[^\x00-\x1f\x7f]*$"
MAX_PAGE: Final = 500
MAX_NUMBER: Final = 2**53 - 1
MAX_NOTE: Final = 140
EXAMPLE_KEY: Final = "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29"
OTHER_KEY: Final = "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c"

WalletKey = Annotated[str, StringConstraints(pattern=KEY_PATTERN)]
Amount = Annotated[int, Field(ge=1, le=MAX_FEN)]
Note = Annotated[str, StringConstraints(max_length=MAX_NOTE, pattern=TEXT_PATTERN)]
Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
Number = Annotated[int, Field(ge=0, le=MAX_NUMBER)]

Item = TypeVar("Item")


class Asked(BaseModel):
    """What is sent to an operator."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True, frozen=True)


class Told(BaseModel):
    """What an operator answers."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True)


def example(**fields: Any) -> ConfigDict:
    """The settings of a model that shows an example of itself in the description of the API."""
    return ConfigDict(json_schema_extra={"examples": [fields]})


class Page(Told, Generic[Item]):
    """Some of what there is; `next` asks for the rest, and is null where there is none now."""

    items: list[Item]
    next: str | None
