"""XML of ISO 20022 messages: nothing is read but the bytes; written element by element. Pure.

`read_document` hardens lxml: no DTD, no entity, no network, bounded size and depth (libxml2 refuses more
than 256 levels without `huge_tree`). `Writer` builds one namespace's elements in the order that they are
given; that the order is the schema's is tested against the official schemas.
"""

import re
from collections.abc import Iterator
from typing import Final

from lxml import etree

from shuangli.days import local_time
from shuangli.errors import Malformed

_DECIMALS: Final = 100
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no document of XML 1.0 may hold (its production 2), not even escaped; a note may."""
_REPLACED: Final = "\ufffd"


def read_document(data: bytes, *, namespace: str, max_bytes: int) -> etree._Element:
    """The root of a message in a namespace.

    Raises:
        Malformed: too many bytes (`too-large`), no XML, a DTD in it, or another message (`shape`).
    """
    if len(data) > max_bytes:
        raise Malformed("too-large", f"a file of more than {max_bytes} bytes")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Malformed("shape", f"not XML: {' '.join(str(error).split())}") from error
    if root.getroottree().docinfo.doctype:
        raise Malformed("shape", "a document type is declared: leave <!DOCTYPE ...> out")
    if root.tag != f"{{{namespace}}}Document":
        raise Malformed("shape", f"not a message of {namespace}: its root must be Document in that namespace")
    return root


class Reader:
    """One element and what is below it, by path: `GrpHdr/MsgId`."""

    def __init__(self, element: etree._Element) -> None:
        """Read from `element`, in its namespace."""
        self._element = element
        self._namespace = {"m": etree.QName(element).namespace or ""}

    def each(self, path: str) -> Iterator["Reader"]:
        """What lies at a path, in the order of the document."""
        steps = "/".join(f"m:{name}" for name in path.split("/"))
        for element in self._element.iterfind(steps, self._namespace):
            yield Reader(element)

    def texts(self, path: str) -> list[str]:
        """The texts of the elements at a path, without the space around them."""
        return [(found._element.text or "").strip() for found in self.each(path)]

    def text(self, path: str) -> str | None:
        """The text of the one element at a path; None if there is none.

        Raises:
            ValueError: there are several, or more elements in it.
        """
        found = [*self.each(path)]
        if len(found) > 1:
            raise ValueError(f"given {len(found)} times: give it once")
        if any(len(one._element) for one in found):
            raise ValueError("there are elements in it: give text")
        return next(iter(self.texts(path)), None)

    def attribute(self, path: str, name: str) -> str | None:
        """An attribute of the first element at a path; None if there is none."""
        return next((found._element.get(name) for found in self.each(path)), None)


class Writer:
    """An element that is being written: `at("Acct", "Id")` goes down, `put("Nm", "...")` adds a leaf."""

    def __init__(self, element: etree._Element) -> None:
        """Write below `element`, in its namespace."""
        self._element = element
        self._namespace = etree.QName(element).namespace

    @classmethod
    def document(cls, namespace: str) -> "Writer":
        """A new message."""
        return cls(etree.Element(f"{{{namespace}}}Document", nsmap={None: namespace}))

    def at(self, *names: str) -> "Writer":
        """A new element inside this one, and in that another, and so on; gives the innermost."""
        here = self
        for name in names:
            here = Writer(etree.SubElement(here._element, f"{{{self._namespace}}}{name}"))
        return here

    def put(self, name: str, text: str, **attributes: str) -> "Writer":
        """Add a leaf; gives this element again. In the text, U+FFFD stands for what XML cannot hold."""
        leaf = etree.SubElement(self._element, f"{{{self._namespace}}}{name}", attributes)
        leaf.text = _NO_XML.sub(_REPLACED, text)
        return self

    def encode(self) -> bytes:
        """The document in UTF-8."""
        return etree.tostring(
            self._element.getroottree(), xml_declaration=True, encoding="UTF-8", pretty_print=True
        )


def decimal_yuan(amount_fen: int) -> str:
    """Fen as an amount in yuan: 123456 -> "1234.56"; not negative, which a message says beside it."""
    return f"{amount_fen // _DECIMALS}.{amount_fen % _DECIMALS:02d}"


def iso_time(at_s: int) -> str:
    """A time as ISODateTime with its offset, in Beijing time."""
    return local_time(at_s).isoformat()


def iso_day(at_s: int) -> str:
    """The day of a time as ISODate, in Beijing time."""
    return local_time(at_s).date().isoformat()
