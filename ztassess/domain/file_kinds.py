"""Owns what a filed document may be: its kind by content, never by name, and the refusals in one sentence each."""

from __future__ import annotations

import json
import re
import zlib
from dataclasses import dataclass

from ztassess.domain.office_files import OFFICE_PARTS, office_problem

LARGEST_MIB = 25
LARGEST = LARGEST_MIB * 1024 * 1024
LONGEST_NAME = 160
TEXT_SUFFIXES = {"txt": "text/plain", "md": "text/markdown", "csv": "text/csv", "log": "text/plain"}
SUFFIXES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "json": "application/json",
    **TEXT_SUFFIXES,
    **{suffix: kind for suffix, (kind, _) in OFFICE_PARTS.items()},
}
NAMES = {
    "application/pdf": "a PDF",
    "image/png": "a PNG picture",
    "image/jpeg": "a JPEG picture",
    "image/webp": "a WebP picture",
    "zip": "an archive or an Office document",
    "markup": "a web page, a drawing or a script",
    "text": "plain text",
    "program": "a program",
    "old_office": "an old Office document, which may carry macros",
    "archive": "an archive",
    "unknown": "something else",
}
_MARKUP = re.compile(
    rb"<\s*(?:!doctype\s+html|html|head|body|script|svg|iframe|object|embed|\?xml|\?php|xsl:|math)\b", re.IGNORECASE
)
# What a PDF does by itself, or carries along. Its names may be written with #-escapes.
_PDF_ACTIVE = re.compile(rb"/(?:JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|XFA)\b")
_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_STARTS = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\xd0\xcf\x11\xe0", "old_office"),
    (b"{\\rtf", "old_office"),
    (b"MZ", "program"),
    (b"\x7fELF", "program"),
    (b"\xca\xfe\xba\xbe", "program"),
    (b"\x1f\x8b", "archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"Rar!", "archive"),
    (b"BZh", "archive"),
    (b"\xfd7zXZ\x00", "archive"),
    (b"#!", "markup"),
)


class FileRefused(ValueError):
    """A file that is not taken; the message is one sentence for a person."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file that may be kept: its bare name and its media type, both agreeing with its content."""

    name: str
    media_type: str


def recognize(name: str, content: bytes) -> Document:
    """The document that these bytes are.

    Parameters:
        name: as the browser sent it; folders in it are dropped.

    Raises:
        FileRefused: too large, empty, of a kind that is not taken, or another kind than its name says.
    """
    name = _bare(name)
    suffix = name.rpartition(".")[2].lower() if "." in name else ""
    if len(content) > LARGEST:
        raise FileRefused(f"“{name}” is larger than {LARGEST_MIB} MiB; nothing was kept, file a smaller one.")
    if not content:
        raise FileRefused(f"“{name}” is empty; nothing was kept.")
    if suffix not in SUFFIXES:
        raise FileRefused(f"“{name}” is of a kind that is not taken; nothing was kept, file a PDF, a picture or text.")
    found, wanted = kind_of(content), SUFFIXES[suffix]
    if suffix in OFFICE_PARTS and found == "zip":
        if problem := office_problem(suffix, content):
            raise FileRefused(f"“{name}” {problem}; nothing was kept, file it as a PDF.")
    elif not _agrees(suffix, wanted, found, content):
        raise FileRefused(
            f"“{name}” says it is .{suffix}, but its content is {NAMES[found]}; nothing was kept, name it what it is."
        )
    if wanted == "application/pdf" and _is_active(content):
        raise FileRefused(f"“{name}” runs something or carries other files; nothing was kept, print it to a plain PDF.")
    return Document(name, wanted)


def kind_of(content: bytes) -> str:
    """What the bytes are: a media type, or one of the words of `NAMES`."""
    for start, kind in _STARTS:
        if content.startswith(start):
            return kind if _ends_rightly(kind, content) else "unknown"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "image/webp" if int.from_bytes(content[4:8], "little") + 8 == len(content) else "unknown"
    if content[257:262] == b"ustar":
        return "archive"
    if _CONTROL.search(content):
        return "unknown"
    try:
        content.decode()
    except UnicodeDecodeError:
        return "unknown"
    return "markup" if _MARKUP.search(content) else "text"


def _ends_rightly(kind: str, content: bytes) -> bool:
    """A picture or a PDF that goes on after its end is two files in one."""
    tail = content.rstrip(b"\r\n\x00 ")
    if kind == "image/png":
        return content.endswith(b"IEND\xaeB`\x82")
    if kind == "image/jpeg":
        return tail.endswith(b"\xff\xd9")
    if kind == "application/pdf":
        return tail.endswith(b"%%EOF")
    return True


def _agrees(suffix: str, wanted: str, found: str, content: bytes) -> bool:
    if wanted == "application/json":
        return found == "text" and _is_json(content)
    return found == "text" if suffix in TEXT_SUFFIXES else found == wanted


def _is_json(content: bytes) -> bool:
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        return False
    return True


def _is_active(content: bytes) -> bool:
    """True if a PDF's objects, the packed ones included, name a script, a program or another file.

    Other streams are pictures, fonts and drawings: random bytes there spell any name sooner or later.
    """
    objects = [_STREAM.sub(b" ", content)]
    for stream in _STREAM.finditer(content):
        if b"/ObjStm" in content[max(0, stream.start() - 400) : stream.start()]:
            try:
                objects.append(zlib.decompressobj().decompress(stream[1], LARGEST))
            except zlib.error:
                return True  # objects that nobody can look into
    return any(_PDF_ACTIVE.search(_ESCAPE.sub(_unescaped, each)) for each in objects)


def _unescaped(match: re.Match[bytes]) -> bytes:
    return bytes([int(match[1], 16)])


def _bare(name: str) -> str:
    bare = re.split(r"[/\\]", name)[-1]
    kept = "".join(letter for letter in bare if letter.isprintable()).strip(". ")
    stem, dot, suffix = kept.rpartition(".")
    return f"{stem[: LONGEST_NAME - len(suffix) - 1]}{dot}{suffix}"[:LONGEST_NAME] or "file"
