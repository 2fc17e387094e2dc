"""XML into a tree that knows its lines. No document type, no entities, nothing outside of the text. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

__all__ = ["BadXml", "Element", "read_tree"]

_DEEPEST = 32
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Element:
    """An element with its place; lines and columns count from 1."""

    tag: str
    attributes: dict[str, str]
    line: int
    column: int
    children: list[Element] = field(default_factory=list)
    text: list[str] = field(default_factory=list)

    @property
    def content(self) -> str:
        """The text directly inside, without blanks around it."""
        return "".join(self.text).strip()


class BadXml(Exception):
    """The text is no XML that a dashboard may be. ``line`` and ``column`` count from 1."""

    def __init__(self, reason: str, line: int, column: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line
        self.column = column


def read_tree(text: str) -> Element:
    """The root element. Raises BadXml with the first place that is wrong."""
    reader = _Reader()
    reader.read(text)
    return reader.root()


class _Reader:
    """Expat with every way to anything outside of the text refused (a document type declares entities)."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate(encoding="utf-8")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._refuse_doctype
        self._parser.ProcessingInstructionHandler = self._refuse_instruction
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._open: list[Element] = []
        self._root: Element | None = None
        self._count = 0

    def read(self, text: str) -> None:
        try:
            self._parser.Parse(text.encode("utf-8", "replace"), True)
        except expat.ExpatError as error:
            raise BadXml(f"{expat.ErrorString(error.code)}.", error.lineno, error.offset + 1) from None

    def root(self) -> Element:
        if self._root is None:
            raise BadXml("there is no element.", 1, 1)
        return self._root

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        parser = self._parser
        element = Element(tag, attributes, parser.CurrentLineNumber, parser.CurrentColumnNumber + 1)
        self._count += 1
        if len(self._open) >= _DEEPEST or self._count > _MOST:
            raise self._wrong(f"a dashboard has {_MOST} elements and {_DEEPEST} levels at most.")
        if self._open:
            self._open[-1].children.append(element)
        else:
            self._root = element
        self._open.append(element)

    def _end(self, _tag: str) -> None:
        self._open.pop()

    def _text(self, text: str) -> None:
        self._open[-1].text.append(text)

    def _refuse_doctype(self, *_: object) -> None:
        raise self._wrong("a dashboard has no DOCTYPE and no entities of its own.")

    def _refuse_instruction(self, target: str, _data: str) -> None:
        raise self._wrong(f"<?{target} …?> has no place in a dashboard.")

    def _wrong(self, reason: str) -> BadXml:
        return BadXml(reason, self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1)
