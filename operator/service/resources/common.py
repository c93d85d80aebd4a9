"""What the resources share: parameters as they are read, and answers as they are given."""

from typing import Annotated, Any, Final, get_args

from fastapi import Depends, Header, Path, Query, Request, Response
from pydantic import AfterValidator, BaseModel

from shuangli.api.bodies import EXAMPLE_KEY, KEY_PATTERN, MAX_NUMBER, MAX_PAGE, OTHER_KEY, Page
from shuangli.api.service.manners import PROBLEM_SHOWN, answer
from shuangli.operator.service.auth.gate import Caller

PREFIX: Final = "/v1"
"""What the paths of all resources begin with."""
JSON: Final = "application/json"
ONCE_PATTERN: Final = r'^"[ !#-~]{1,64}"$'
CURSOR_PATTERN: Final = r"^[0-9]{1,16}(\.[0-9]{1,16})?$"


def _wallet(
    wallet: Annotated[
        str, Path(pattern=KEY_PATTERN, description="the wallet's key in hex", examples=[EXAMPLE_KEY])
    ],
) -> bytes:
    return bytes.fromhex(wallet)


def _child(
    child: Annotated[
        str, Path(pattern=KEY_PATTERN, description="the sub-wallet's key in hex", examples=[OTHER_KEY])
    ],
) -> bytes:
    return bytes.fromhex(child)


WalletPath = Annotated[bytes, Depends(_wallet)]
"""The key of the wallet that a path names."""
ChildPath = Annotated[bytes, Depends(_child)]
NumberPath = Annotated[int, Path(ge=0, le=MAX_NUMBER, examples=[17])]
WITHOUT_QUOTES: Final = AfterValidator(lambda quoted: quoted[1:-1])
"""For a header that is read in quotation marks: what stands between them."""
OnceKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=ONCE_PATTERN,
        description="1 to 64 printable characters in quotation marks, new for each order",
        examples=['"8e03978e-40d5-43dd-bc93-6894a57f9324"'],
    ),
    WITHOUT_QUOTES,
]
CodeHeader = Annotated[
    str,
    Header(
        alias="Second-Factor",
        pattern=r"^([0-9]{6})?$",
        description="a code of the wallet's second factor, above an amount",
        examples=["755224"],
    ),
]
Cursor = Annotated[
    str, Query(pattern=r"^([0-9]{1,16}(\.[0-9]{1,16})?)?$", description="`next` of the page before")
]
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="how many items at most")]
After = Annotated[int, Query(ge=0, le=MAX_NUMBER, description="only what has a larger number")]


def number_of(cursor: str) -> int:
    """The number after which a page begins."""
    return min(int(cursor.partition(".")[0] or 0), MAX_NUMBER)


def _caller(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


CallerOf = Annotated[Caller, Depends(_caller)]


def told(model: BaseModel) -> Response:
    """A model as the answer."""
    return answer(model.model_dump_json().encode(), JSON)


def told_bytes(body: bytes) -> Response:
    """An answer that was kept."""
    return answer(body, JSON)


def _example_of(model: Any) -> Any:
    """What a model shows of itself; a page shows one item."""
    if issubclass(model, Page):
        (item,) = get_args(model.model_fields["items"].annotation)
        return {"items": [_example_of(item)], "next": "17"}
    return next(iter(model.model_json_schema()["examples"]))


def shows(model: Any) -> dict[str, Any]:
    """How the description of the API shows what an operation gives: this model as JSON, or a problem."""
    content: dict[str, Any] = {"example": _example_of(model)}
    return {
        "response_class": Response,
        "responses": {
            200: {"model": model, "content": {JSON: content}},
            "default": PROBLEM_SHOWN,
        },
    }
