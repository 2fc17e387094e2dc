"""Addresses that try to leave a directory ``/resources/photos/``, as bytes of a request line."""

from __future__ import annotations

import itertools

__all__ = ["ADDRESSES", "INSIDE"]

_DOTS = (
    "..",
    "%2e%2e",
    ".%2e",
    "%2E.",
    "%252e%252e",
    "%25252e%25252e",
    "..%00",
    "..%0d%0a",
    "..;",
    "..;x=y",
    "%c0%ae%c0%ae",
    "%e0%80%ae%e0%80%ae",
    "%f0%80%80%ae%f0%80%80%ae",
    "%uff0e%uff0e",
    "..%20",
    "...",
    "....",
    "%ff..",
    "\uff0e\uff0e",
)
_SLASHES = ("/", "%2f", "%252f", "\\", "%5c", "%255c", "//", "/./", "%c0%af", "%e0%80%af", "/%2e/", "%2f%2f", "\\/")
_GOALS = ("outside.txt", "photos-private{}x.txt", "photos{}..{}outside.txt")

_CLIMBS = [
    f"/resources/photos/{start}{dots}{slash}{goal.format(slash, slash)}"
    for start, dots, slash, goal in itertools.product(("", "sub%20folder/../"), _DOTS, _SLASHES, _GOALS)
]
_OTHERS = [
    "/resources/photos-private/x.txt",
    "/resources/photos../outside.txt",
    "/resources/photos..%2foutside.txt",
    "/resources/photos%2f..%2foutside.txt",
    "/resources/photos%2f%2e%2e%2f%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "/resources/photos;/../outside.txt",
    "/resources/photos/;/../outside.txt",
    "/resources//photos/..//outside.txt",
    "/resources/./photos/../outside.txt",
    "//resources/photos/../outside.txt",
    "/resources/photos/link.txt",
    "/resources/photos/up/outside.txt",
    "/resources/photos/up/photos-private/x.txt",
    "/resources/photos/up/up/up/../outside.txt",
    "/resources/photos/loop",
    "/resources/photos/loop/a",
    "/resources/photos//etc/passwd",
    "/resources/photos/%2fetc%2fpasswd",
    "/resources/photos/etc/passwd",
    "/resources/photos/a.bin%00/../../outside.txt",
    "/resources/photos/outside.txt%00.bin",
    "/resources/photos/%00",
    "/resources/photos/file:///etc/passwd",
    "/resources/photos/" + "../" * 40 + "etc/passwd",
    "/resources/photos/" + "..%2f" * 40 + "etc%2fpasswd",
    "/resources/photos/" + "a/" * 300 + "../" * 300 + "../outside.txt",
    "/resources/photos/" + "a" * 5000,
    "/resources/photos/%",
    "/resources/photos/%zz",
    "/resources/photos/..%u2215outside.txt",
    "http://hub.test/resources/photos/../outside.txt",
    "/_resources/photos/../outside.txt",
    "/assets/../../../../../../../../../etc/passwd",
    "/assets/..%2f..%2ftemplates/login.html",
    "/assets../templates/login.html",
    "/img/..%2f..%2fheaders.py",
    "/icons%2f..%2f..%2fheaders.py",
    "/.well-known/acme-challenge/../../../outside.txt",
]
ADDRESSES = tuple(dict.fromkeys(address.encode() for address in (*_CLIMBS, *_OTHERS)))

INSIDE = (b"/resources/photos/a.bin", b"/resources/photos/sub%20folder/../a.bin", b"/resources/photos/./a.bin")
"""For comparison: addresses that stay inside."""
