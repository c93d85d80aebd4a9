"""What may be corrupted in a report, one fact at a time, and in what words each is found."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from shuangli.books import Posting
from shuangli.crypto import SigningKey, sha256
from shuangli.messages.event_kinds import EventKind
from shuangli.messages.events import Event
from shuangli.offline.periods.books import decode_entry, encode_entry
from tests.periods.making import Made

Change = Callable[[Made], Made]
FORGER: Final = SigningKey(sha256(b"forger"))


def number_of(made: Made, kind: EventKind) -> int:
    """The number of the first entry of this kind."""
    return next(number for number, data in enumerate(made.entries) if Event.decode(data).kind is kind)


def last_bit(data: bytes) -> bytes:
    """The bytes with their last bit changed: of a signed object, a bit of its signature."""
    return data[:-1] + bytes([data[-1] ^ 1])


def in_file(name: str, change: Callable[[bytes], bytes]) -> Change:
    """Change a part of report.cbor."""
    return lambda made: replace(made, file=replace(made.file, **{name: change(getattr(made.file, name))}))


def with_file(name: str, data: bytes | None) -> Change:
    """Give a file other bytes, or leave it out."""

    def changed(made: Made) -> Made:
        files = {key: value for key, value in made.files.items() if key != name}
        return replace(made, files=files if data is None else files | {name: data})

    return changed


def in_json(name: str, value: object) -> Change:
    """Let report.json show something else."""

    def changed(made: Made) -> Made:
        shown = json.loads(made.files["report.json"]) | {name: value}
        return with_file("report.json", json.dumps(shown, indent=2).encode() + b"\n")(made)

    return changed


def evidence(change: Callable[[bytes], bytes | None]) -> Change:
    """Change the first evidence file."""

    def changed(made: Made) -> Made:
        name = min(name for name in made.files if name.startswith("evidence/"))
        return with_file(name, change(made.files[name]))(made)

    return changed


def entries(change: Callable[[list[bytes]], Sequence[bytes]]) -> Change:
    """Change the log's entries."""
    return lambda made: replace(made, entries=change([*made.entries]))


def books(change: Callable[[list[bytes]], Sequence[bytes]]) -> Change:
    """Change the entries of the books."""
    return lambda made: replace(made, books=change([*made.books]))


def swap(one: int, other: int) -> Callable[[list[bytes]], list[bytes]]:
    """Let two change places."""

    def changed(parts: list[bytes]) -> list[bytes]:
        parts[one], parts[other] = parts[other], parts[one]
        return parts

    return changed


def telling(kind: EventKind, fact: str, value: int | bytes) -> Change:
    """Let the first entry of a kind tell another fact."""

    def changed(made: Made) -> Made:
        number = number_of(made, kind)
        event = Event.decode(made.entries[number])
        told = event.fact(fact)
        facts = tuple(value if known is told else known for known in event.facts)
        assert facts != event.facts
        other = replace(event, facts=facts).encode()
        return replace(made, entries=[*made.entries[:number], other, *made.entries[number + 1 :]])

    return changed


def moving(number: int, *, by_fen: int = 0, account: str = "", reference: bytes = b"") -> Change:
    """Let an entry of the books move another amount, or something else."""

    def changed(made: Made) -> Made:
        entry = decode_entry(made.books[number])
        first, second = entry.postings
        postings = (
            Posting(account or first.account, first.amount_fen + by_fen),
            Posting(second.account, second.amount_fen - by_fen),
        )
        other = replace(entry, postings=postings, reference=reference or entry.reference)
        return books(lambda parts: [*parts[:number], encode_entry(other), *parts[number + 1 :]])(made)

    return changed


def lying(what: str, name: str, by: int | None) -> Change:
    """Let the author sign another figure, or leave it out."""

    def changed(made: Made) -> Made:
        figures = dict(getattr(made.report, what))
        if by is None:
            del figures[name]
        else:
            figures[name] = figures.get(name, 0) + by
        return made.signed_anew(**{what: figures})

    return changed


def spanning(**changes: int) -> Change:
    """Let the author sign another period."""

    def changed(made: Made) -> Made:
        span = made.report.span
        moved = {name: getattr(span, name) + by for name, by in changes.items()}
        return made.signed_anew(span=replace(span, **moved))

    return changed


LOAD: Final = 3
"""The position in the centre's books of the first load, after the two vaults: no posting tells of it."""

CORRUPTED: Final[dict[str, tuple[Change, str]]] = {
    # What is signed.
    "a bit of the report": (in_file("report", last_bit), "report.*signature|signature.*report"),
    "the report by another key": (lambda made: replace(made, key=FORGER).signed_anew(), "signature"),
    "a bit of the certificate": (in_file("certificate", last_bit), "certificate"),
    "a bit of the checkpoint": (in_file("checkpoint", last_bit), "checkpoint"),
    "another root key": (lambda made: replace(made, root=FORGER.public), "certificate"),
    "a report of a shorter log": (
        lambda made: made.signed_anew(size=1, span=replace(made.report.span, first=0, end=1)),
        "not of the log that the checkpoint is of",
    ),
    "a report of another log": (lambda made: made.signed_anew(root=bytes(32)), "not of the log"),
    "a report of another network": (lambda made: made.signed_anew(network="real"), "report of centre"),
    "a report of somebody else": (lambda made: made.signed_anew(origin="OP09"), "a report of OP09"),
    # Files.
    "a figure in report.json": (in_json("period", {}), "report.json does not show"),
    "a date in report.json": (in_json("from", "2020-01-01T00:00:00Z"), "report.json does not show"),
    "no report.json": (with_file("report.json", None), "report.json does not show"),
    "a table": (with_file("cases.csv", b"none\n"), "cases.csv was altered"),
    "a table left out": (with_file("cases.csv", None), "cases.csv is missing"),
    "a table more": (with_file("more.csv", b""), "more.csv is not part"),
    "the index": (with_file("log.index", bytes(32)), "log.index was altered"),
    "evidence": (evidence(last_bit), "evidence of case 1 is missing, or was altered"),
    "evidence left out": (evidence(lambda _: None), "evidence of case 1 is missing"),
    "evidence of nothing": (
        with_file("evidence/more.cbor", b"\x80"),
        "evidence/more.cbor belongs to no case",
    ),
    # Entries of the log.
    "what was loaded": (
        telling(EventKind.LOAD, "value_fen", 299),
        "a load of 300 fen where entry {load} of the log tells of a load of 299",
    ),
    "what was acknowledged": (
        telling(EventKind.SETTLEMENT, "outcomes", b"\0\1"),
        "not the {size} entries that were signed: the first that differs is number 0 or later",
    ),
    "what an upload was credited": (
        telling(EventKind.SETTLEMENT, "credited_fen", 61),
        "redemption of 61 fen",
    ),
    "a case's face": (telling(EventKind.CASE, "face_fen", 99), "not the {size} entries"),
    "a case's evidence": (
        telling(EventKind.CASE, "evidence", bytes(32)),
        "not the {size} entries|evidence of case",
    ),
    "a posting's digest": (
        telling(EventKind.POSTING, "digest", bytes(32)),
        "another posting than entry {posting} of",
    ),
    "an entry left out": (
        entries(lambda parts: parts[:12] + parts[13:]),
        "ends after {short} entries, of {size}",
    ),
    "the last entry left out": (entries(lambda parts: parts[:-1]), "ends after {short} entries, of {size}"),
    "an entry twice": (
        entries(lambda parts: parts[:1] + parts),
        "goes on after the {size} entries|counted inside",
    ),
    "an entry more": (entries(lambda parts: [*parts, parts[-2]]), "goes on after the {size}"),
    "entries that changed places": (entries(swap(7, 8)), "not the {size} entries"),
    "a later entry first": (entries(swap(0, -4)), "entry 0, of .*, is counted outside|dated before"),
    "no entry": (entries(lambda parts: [*parts[:5], b"\x80", *parts[6:]]), "entry 5 is no event"),
    # The books.
    "a deposit": (moving(0, by_fen=1), "another posting than entry {posting} of"),
    "a deposit's account": (moving(0, account="cash"), "another posting than entry {posting} of"),
    "a deposit left out": (books(lambda parts: parts[1:]), "another posting than entry {posting} of"),
    "a load's amount": (moving(LOAD, by_fen=1), "a load of 151 fen where entry {next_load}"),
    "a load's reference": (moving(LOAD, reference=bytes(32)), "a load of 150 fen where entry {next_load}"),
    "an account of a load": (
        moving(LOAD, account="vault:OP01"),
        "period.books.vault.OP01 is .*, the entries add up",
    ),
    "the end of the books": (books(lambda parts: parts[:-1]), "the books end before entry 17"),
    "more in the books": (books(lambda parts: [*parts, parts[0]]), "the books go on"),
    "books that changed places": (books(swap(2, 3)), "a load of 150 fen where entry {load}"),
    "no entry of the books": (books(lambda parts: [b"\x80", *parts[1:]]), "the books: .*entry of the books"),
    # Figures.
    "a flow": (
        lying("flows", "loads.OP01.value_fen", 1),
        "period.loads.OP01.value_fen is 451, .* add up to 450",
    ),
    "a flow left out": (
        lying("flows", "cases.OP01.count", None),
        "period.cases.OP01.count is missing, .* to 2",
    ),
    "a flow invented": (lying("flows", "cases.OP02.count", 1), "period.cases.OP02.count is 1, .* to nothing"),
    "supply": (lying("stocks", "supply.1.outstanding_fen", -1), "end.supply.1.outstanding_fen is"),
    "a vault": (lying("stocks", "books.vault.OP01", 1), "end.books.vault.OP01 is"),
    "what the fund has paid": (
        lying("stocks", "supply.1.fund_paid_fen", -60),
        "end.supply.1.fund_paid_fen is 0",
    ),
    # The period.
    "a period that ends early": (spanning(end=-3), "counted outside the period"),
    "a period that begins late": (spanning(first=3), "entry {posting}, of .*, is counted outside the period"),
    "a period of other times": (spanning(from_s=11), "entry {posting}, of .*, is counted inside the period"),
}


def numbers_of(made: Made) -> dict[str, int]:
    """The numbers that stand in the words of `CORRUPTED`."""
    return {
        "size": len(made.entries),
        "short": len(made.entries) - 1,
        "load": number_of(made, EventKind.LOAD),
        "next_load": number_of(made, EventKind.LOAD) + 1,
        "posting": number_of(made, EventKind.POSTING),
    }
