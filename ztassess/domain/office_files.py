"""Owns looking into Office documents without opening them: no macros, no other files, nothing fetched, no bombs."""

from __future__ import annotations

import io
import re
import zipfile
import zlib

# suffix -> (media type, the part that every such document has)
_OPEN_XML = "application/vnd.openxmlformats-officedocument"
OFFICE_PARTS = {
    "docx": (f"{_OPEN_XML}.wordprocessingml.document", "word/document.xml"),
    "xlsx": (f"{_OPEN_XML}.spreadsheetml.sheet", "xl/workbook.xml"),
    "pptx": (f"{_OPEN_XML}.presentationml.presentation", "ppt/presentation.xml"),
}
MOST_ENTRIES = 2_000
MOST_EXPANDED = 200 * 1024 * 1024
MOST_RATIO = 100
LARGEST_READ = 4 * 1024 * 1024
_ACTIVE = re.compile(
    r"(?:vbaProject|vbaData|activeX|embeddings/|oleObject|macrosheets?/|customUI|\.bin$|\.exe$)", re.IGNORECASE
)
_RELATIONSHIP = re.compile(rb"<(?:\w+:)?Relationship\b[^>]*>", re.IGNORECASE)
_EXTERNAL = re.compile(rb"TargetMode\s*=\s*[\"']External[\"']", re.IGNORECASE)
_LINK = re.compile(rb"Type\s*=\s*[\"'][^\"']*/hyperlink[\"']", re.IGNORECASE)
HARMLESS_BINARY = re.compile(r"^(?:xl|word|ppt)/printerSettings/printerSettings\d+\.bin$")


def office_problem(suffix: str, content: bytes) -> str:
    """Why an Office document is refused, as the end of a sentence; empty if it may be kept."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as document:
            return _problem(suffix, document)
    except (zipfile.BadZipFile, zlib.error, ValueError, OSError, NotImplementedError, RuntimeError, EOFError):
        return "is damaged or protected with a password"


def _problem(suffix: str, document: zipfile.ZipFile) -> str:
    entries = document.infolist()
    names = [entry.filename for entry in entries]
    expanded = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if OFFICE_PARTS[suffix][1] not in names or "[Content_Types].xml" not in names:
        return f"says it is .{suffix}, but its content is an archive of something else"
    if len(entries) > MOST_ENTRIES or expanded > MOST_EXPANDED or expanded > MOST_RATIO * max(packed, 1):
        return "expands to far more than it says"
    if len(set(names)) < len(names) or any(name.startswith("/") or ".." in name or "\\" in name for name in names):
        return "holds parts outside its own folder"
    if any(_ACTIVE.search(name) and not HARMLESS_BINARY.match(name) for name in names):
        return "carries macros or other files"
    read = [name for name in names if name.endswith((".rels", "[Content_Types].xml"))]
    if any(_fetches(_part(document, name)) for name in read):
        return "carries macros or fetches something from elsewhere"
    return ""


def _part(document: zipfile.ZipFile, name: str) -> bytes:
    with document.open(name) as part:
        return part.read(LARGEST_READ)


def _fetches(text: bytes) -> bool:
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text or b"macroEnabled" in text or b"vbaProject" in text:
        return True
    return any(_EXTERNAL.search(one) and not _LINK.search(one) for one in _RELATIONSHIP.findall(text))
