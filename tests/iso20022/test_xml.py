"""What is written as XML can be read, whatever somebody has written into a note."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shuangli.operator.iso20022.xml import Reader, Writer, read_document

NAMESPACE = "urn:example"


def written(text: str) -> str | None:
    document = Writer.document(NAMESPACE)
    document.at("Ntry").put("AddtlNtryInf", text)
    return Reader(read_document(document.encode(), namespace=NAMESPACE, max_bytes=100_000)).text(
        "Ntry/AddtlNtryInf"
    )


@pytest.mark.parametrize("odd", ["\uffff", "\ufffe", "\x00", "\x1b", "\ud800"])
def test_what_xml_cannot_hold_is_replaced_and_nothing_else(odd: str) -> None:
    assert written(f"茶 <&> {odd}🍵") == "茶 <&> \ufffd🍵"


@given(text=st.text(st.characters(exclude_categories=())))
@example(text="\r\n\x85\u2028")
def test_any_note_is_written(text: str) -> None:
    read = written(text)
    assert read is not None
    assert len(read) <= len(text)
