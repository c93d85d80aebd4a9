"""The sizes of docs/reference/wire-format.md are those of objects that are made here."""

import re
from typing import Final

from tests.docs.pages import ROOT
from tests.paying import pay
from tests.world import World

PAGE: Final = (ROOT / "docs/reference/wire-format.md").read_text(encoding="utf-8")


def test_sizes(world: World) -> None:
    payee = world.wallet([])

    def transfer_of(values_fen: list[int], amount_fen: int) -> int:
        return len(pay(world.wallet(values_fen), payee, amount_fen).transfer.signed.data)

    paid = pay(world.wallet([2_000]), payee, 700)
    measured = {
        "wallet certificate": len(payee.certificate.signed.data),
        "load of 1 coin": len(world.load(world.wallet([]), [2_000])),
        "load of 10 coins": len(world.load(world.wallet([]), [2_000] * 10)),
        "request": len(paid.request.body),
        "transfer of 1 coin without change": transfer_of([2_000], 2_000),
        "transfer of 1 coin with change": len(paid.transfer.signed.data),
        "transfer of 5 coins, one of them with change": transfer_of([300, 400, 500, 600, 700], 2_450),
        "receipt": len(paid.answer.body),
    }
    table = PAGE.split("\n## Sizes\n", 1)[1]
    said = {
        name: int(size) for name, size in re.findall(r"^\| ([a-z0-9 ,]+) \| (\d+) \|$", table, re.MULTILINE)
    }
    assert said == measured
    decision = (ROOT / "docs/adr/0009-sizes.md").read_text(encoding="utf-8")
    parts = [int(size) for size in re.findall(r"^\| [^|]+ \| (\d+) \|$", decision, re.MULTILINE)]
    assert sum(parts) == measured["transfer of 1 coin with change"]
