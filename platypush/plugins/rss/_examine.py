"""A look at a document before it is read: what is made to use up memory or time is refused."""

from __future__ import annotations

import io
from typing import Any
from xml.sax import SAXException
from xml.sax.handler import ContentHandler, feature_namespaces

import defusedxml.sax
from defusedxml.common import DefusedXmlException

from platypush.errors import ActionFailed

__all__ = ["examine"]

_DEEPEST = 200
_MOST_ELEMENTS = 300_000
"""Counted as opening brackets, those in embedded HTML among them: reading takes seconds for so many."""


class _TooDeep(SAXException):
    pass


class _Depth(ContentHandler):
    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802, ARG002 - SAX's signature
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _TooDeep("too deep")

    def endElement(self, name: str) -> None:  # noqa: N802, ARG002 - SAX's signature
        self._depth -= 1


def examine(body: bytes) -> None:
    """Raises ActionFailed for a document with entities of its own, or with too many or too deeply nested elements.

    One that is not well-formed is examined as far as it is.
    """
    if body.count(b"<") > _MOST_ELEMENTS:
        raise ActionFailed(f"The document has more than {_MOST_ELEMENTS} elements: that is refused.")
    parser = defusedxml.sax.make_parser()
    # A document type that names a DTD elsewhere is old, and harmless: nothing fetches it.
    parser.forbid_external = False
    parser.setFeature(feature_namespaces, 0)
    parser.setContentHandler(_Depth())
    try:
        parser.parse(io.BytesIO(body))
    except _TooDeep as error:
        raise ActionFailed(f"The document's elements are nested deeper than {_DEEPEST}: that is refused.") from error
    except DefusedXmlException as error:
        raise ActionFailed("The document declares entities, which can grow to any size: that is refused.") from error
    except (SAXException, ValueError, LookupError):
        # Broken, as feeds are: feedparser reads those too, and expands no entities of theirs.
        return
