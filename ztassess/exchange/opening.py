"""Owns opening an archive from elsewhere: within limits, against its manifest, before a line of it is believed."""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Any
from uuid import UUID

from ztassess.exchange.errors import ArchiveRefused
from ztassess.exchange.table import TRAVELS
from ztassess.exchange.writing import FORMAT, FORMAT_VERSION

CHUNK = 1024 * 1024
MIB = 1024 * 1024
LONGEST_LINE = 16 * MIB
LARGEST_MANIFEST = 8 * MIB
LARGEST_FILE = 64 * MIB
NAME = re.compile(r"(?:[a-z_]+\.)?[A-Za-z]+\.jsonl|files/[0-9a-f]{64}|manifest\.json|README\.txt")
NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
HALVES = re.compile("[\ud800-\udfff]")
DAMAGED = "The file is damaged or was cut off, so nothing was taken in. Copy it again, or make a new archive."
OTHER = "This is not an archive of an organization, so nothing was taken in."
NEWER = (
    "The archive was made by a newer version of ztassess (format {theirs}, this installation knows {ours}), so nothing "
    "was taken in. Update this installation first."
)
SLACK = 10 * MIB


@dataclass(frozen=True, slots=True)
class Limits:
    """How large an archive may be. ``ratio`` is of all contents to all that was compressed."""

    entries: int
    expanded: int
    ratio: int = 200


FROM_A_PAGE = Limits(entries=20_000, expanded=1024 * MIB)
FROM_A_CONSOLE = Limits(entries=50_000, expanded=8 * 1024 * MIB)


Tell = Callable[[str, int, int], None]


def silent(words: str, done: int, total: int) -> None:
    """Tell nobody."""


class Archive:
    """An open archive whose files have the digests that its manifest tells.

    Attributes:
        manifest: the manifest.
        ids: by label of a model, the ids of its rows.
    """

    def __init__(self, file: IO[bytes], limits: Limits, *, tell: Tell = silent, look_only: bool = False) -> None:
        """Open and check. Raises `ArchiveRefused` with the sentence for who brought it.

        Parameters:
            tell: hears how far it is: words, files checked, files in all.
            look_only: only what the table of contents and the manifest say, for an early answer; no rows are read.
        """
        try:
            self._zip = zipfile.ZipFile(file)
            self._within(limits)
            self.manifest = self._manifest()
            self.files: dict[str, Any] = self.manifest["files"]
            self._complete()
            self.ids: dict[str, set[UUID]] = {}
            for done, name in enumerate([] if look_only else self.files):
                tell("Checking the archive", done, len(self.files))
                self._check(name)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as problem:
            raise ArchiveRefused(DAMAGED) from problem

    def _within(self, limits: Limits) -> None:
        """By what the archive tells of itself; `_read` counts again what really comes."""
        entries = self._zip.infolist()
        if len(entries) > limits.entries:
            raise ArchiveRefused(
                f"The archive has {len(entries):,} files; {limits.entries:,} are taken. Nothing was taken in."
            )
        names = [entry.filename for entry in entries]
        if len(set(names)) != len(names) or not all(NAME.fullmatch(name) for name in names):
            raise ArchiveRefused(OTHER)
        expanded = sum(entry.file_size for entry in entries)
        packed = sum(entry.compress_size for entry in entries)
        if expanded > limits.expanded or expanded > packed * limits.ratio + SLACK:
            raise ArchiveRefused(
                f"Unpacked, the archive would have {expanded // MIB:,} MiB, more than is taken from "
                f"{packed // MIB + 1:,} MiB. Nothing was taken in."
            )

    def _read(self, name: str) -> Iterator[bytes]:
        """The chunks of one file, never more than the archive tells: a header may lie about what follows."""
        left = self._zip.getinfo(name).file_size
        with self._zip.open(name) as entry:
            while chunk := entry.read(CHUNK):
                left -= len(chunk)
                if left < 0:
                    raise ArchiveRefused(DAMAGED)
                yield chunk
        if left:
            raise ArchiveRefused(DAMAGED)

    def _whole(self, name: str, largest: int) -> bytes:
        if self._zip.getinfo(name).file_size > largest:
            raise ArchiveRefused(f"{name} in the archive is larger than {largest // MIB} MiB. Nothing was taken in.")
        return b"".join(self._read(name))

    def _manifest(self) -> dict[str, Any]:
        if "manifest.json" not in self._zip.namelist():
            raise ArchiveRefused(OTHER)
        manifest = parsed(self._whole("manifest.json", LARGEST_MANIFEST))
        if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
            raise ArchiveRefused(OTHER)
        version = manifest.get("format_version")
        if not isinstance(version, int) or isinstance(version, bool) or version < 1:
            raise ArchiveRefused(OTHER)
        if version > FORMAT_VERSION:
            raise ArchiveRefused(NEWER.format(theirs=version, ours=FORMAT_VERSION))
        shapes: dict[str, type] = {"files": dict, "organization": dict, "audit_head": dict}
        if not all(isinstance(manifest.get(name), shape) for name, shape in shapes.items()):
            raise ArchiveRefused(OTHER)
        return manifest

    def _complete(self) -> None:
        inside = set(self._zip.namelist()) - {"manifest.json", "README.txt"}
        if missing := sorted(self.files.keys() - inside):
            raise ArchiveRefused(f"The archive lacks {missing[0]}, which its manifest names. Nothing was taken in.")
        if more := sorted(inside - self.files.keys()):
            raise ArchiveRefused(f"The manifest does not name {more[0]} of the archive. Nothing was taken in.")
        for name in inside:
            label = name.removesuffix(".jsonl")
            if name.endswith(".jsonl") and label not in TRAVELS and label not in ("audit", "people"):
                raise ArchiveRefused(
                    f"The archive has rows of {label}, which this version of ztassess does not know. Nothing was taken "
                    "in; update this installation first."
                )
        for name in ("audit.jsonl", "people.jsonl"):
            if name not in self.files:
                raise ArchiveRefused(f"The archive lacks {name}. Nothing was taken in.")

    def _check(self, name: str) -> None:
        """Compare the digest; of rows, collect the ids."""
        digest, label = hashlib.sha256(), name.removesuffix(".jsonl")
        if name.endswith(".jsonl"):
            found = self.ids.setdefault(label, set()) if label in TRAVELS else None
            for number, line in self._split(name):
                digest.update(line)
                if found is not None:
                    _collect(found, parsed(line), f"{name}, line {number}")
        else:
            for chunk in self._read(name):
                digest.update(chunk)
        about = self.files[name]
        if not isinstance(about, dict) or about.get("sha256") != digest.hexdigest():
            raise ArchiveRefused(
                f"{name} is not as the manifest says: the archive was damaged or changed. Nothing was taken in."
            )
        if name.startswith("files/") and name != f"files/{digest.hexdigest()}":
            raise ArchiveRefused(f"{name} does not have the digest in its name. Nothing was taken in.")

    def _split(self, name: str) -> Iterator[tuple[int, bytes]]:
        """The lines of a file with their numbers, each with its line end."""
        rest, number = b"", 0
        for chunk in self._read(name):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                number += 1
                yield number, line + b"\n"
            if len(rest) > LONGEST_LINE:
                raise ArchiveRefused(f"{name} has a line longer than {LONGEST_LINE // MIB} MiB. Nothing was taken in.")
        if rest:
            raise ArchiveRefused(f"{name} ends in the middle of a line. Nothing was taken in.")

    def rows(self, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """The objects of a file with the numbers of their lines; nothing if the archive has no such file."""
        if name not in self.files:
            return
        for number, line in self._split(name):
            row = parsed(line)
            if not isinstance(row, dict):
                raise ArchiveRefused(f"{name}, line {number}: it is no JSON object. Nothing was taken in.")
            yield number, row

    def content(self, digest: str) -> bytes | None:
        """The bytes of a file of evidence; None if the archive does not have it."""
        name = f"files/{digest}"
        return self._whole(name, LARGEST_FILE) if name in self.files else None

    @property
    def digests(self) -> set[str]:
        """The digests of the evidence in the archive."""
        return {name.removeprefix("files/") for name in self.files if name.startswith("files/")}


def _collect(found: set[UUID], row: Any, where: str) -> None:
    try:
        made = UUID(row["id"])
    except (ValueError, TypeError, KeyError, AttributeError) as problem:
        raise ArchiveRefused(f"{where}: a row has no id. Nothing was taken in.") from problem
    if str(made) != row["id"] or made in found:
        raise ArchiveRefused(f"{where}: the id {made} is there twice. Nothing was taken in.")
    found.add(made)


def parsed(text: bytes) -> Any:
    """JSON as the product writes it: UTF-8, no NaN, no name twice, no text that a database refuses.

    Raises:
        ArchiveRefused: it is something else.
    """
    try:
        found = json.loads(text.decode(), parse_constant=_refuse, object_pairs_hook=_once)
        # Written out, neither NUL nor half a character can be in UTF-8 JSON: they come as an escape alone.
        told = json.dumps(found, ensure_ascii=False) if b"\\u" in text else ""
    except (ValueError, RecursionError) as problem:
        raise ArchiveRefused("A file of the archive is not JSON as it should be. Nothing was taken in.") from problem
    if NUL.search(told) or HALVES.search(told):
        raise ArchiveRefused("A file of the archive has a character that cannot be stored. Nothing was taken in.")
    return found


def _refuse(word: str) -> Any:
    raise ValueError(word)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is there twice")
    return found
