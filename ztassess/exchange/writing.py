"""Owns writing an archive: every row of one moment as JSON lines, evidence as files, a manifest with digests."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from ztassess.assessments.evidence_vault import content_open
from ztassess.assessments.models import ArtifactContent, ArtifactVersion
from ztassess.audit.models import AuditHead
from ztassess.audit.services import START
from ztassess.catalog import load_catalog
from ztassess.common.envelope import EnvelopeError
from ztassess.common.models import OrgOwned, organization_scope
from ztassess.domain.scoring import METHOD_VERSION
from ztassess.exchange import chain
from ztassess.exchange.people import Leaving
from ztassess.exchange.readme import readme
from ztassess.exchange.table import STAYS, Travels, travelling
from ztassess.exchange.table import TRAVELS as TABLE
from ztassess.exchange.values import Column, columns_of, described, is_person, to_json
from ztassess.organizations.models import Organization

FORMAT, FORMAT_VERSION = "ztassess organization", 1
ROWS_AT_ONCE = 2_000
PEOPLE_FIELDS = {"key": "how the other files name the person", "email": "address", "name": "name as they gave it"}
Told = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Written:
    """What an archive came to: rows in it, and its manifest."""

    rows: int
    manifest: dict[str, Any]


def archive_write(organization: Organization, target: IO[bytes], *, tell: Told) -> Written:
    """Write the archive of an organization to an open file.

    The rows are all of one moment. The evidence is read after that, one file at a time and without holding the
    database: a filed version never changes.

    Parameters:
        tell: called with words, what is done and of how much; it may raise to stop.
    """
    files: dict[str, dict[str, Any]] = {}
    missing: dict[str, str] = {}
    with (
        organization_scope(organization),
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive,
    ):
        tell("Reading rows", 0, 0)
        with one_moment():
            people = Leaving()
            for label, model in travelling().items():
                entry = TABLE[label]
                about = {"what": entry.words, "fields": described(model, entry), "left_out": dict(entry.left_out)}
                rows = _rows(organization, model, entry, people)
                files[f"{label}.jsonl"] = _lines(archive, f"{label}.jsonl", rows) | about
            log = chain.lines_of(organization, people)
            about = {"what": "The log, with the chain of its hashes.", "fields": chain.FIELDS}
            files["audit.jsonl"] = _lines(archive, "audit.jsonl", log) | about
            known = people.rows(organization)
            about = {"what": "Everybody whom a row names.", "fields": PEOPLE_FIELDS}
            files["people.jsonl"] = _lines(archive, "people.jsonl", known) | about
            manifest = _manifest(organization)
            contents = _contents(organization)
        for done, (digest, version_id) in enumerate(contents.items()):
            tell("Opening evidence", done, len(contents))
            try:
                content = content_open(ArtifactVersion.objects.get(id=version_id))
            except EnvelopeError as problem:
                missing[digest] = str(problem)
                continue
            archive.writestr(f"files/{digest}", content)
            files[f"files/{digest}"] = {"bytes": len(content), "sha256": digest}
        manifest |= {"files": files, "left_out": dict(STAYS), "missing_files": missing}
        archive.writestr("manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1))
        archive.writestr("README.txt", readme(manifest))
    return Written(sum(each.get("rows", 0) for each in files.values()), manifest)


@contextmanager
def one_moment() -> Iterator[None]:
    """Everything read inside is of one moment, and nobody who writes has to wait for it.

    Django begins a transaction of SQLite as one that writes, see the settings; this one only reads.
    """
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("ROLLBACK")
    else:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            yield


def _rows(
    organization: Organization, model: type[OrgOwned], entry: Travels, people: Leaving
) -> Iterator[dict[str, Any]]:
    """The rows of one model as JSON objects, in the order in which they were written."""
    columns = columns_of(model, entry)
    found = model.objects.filter(organization=organization).order_by()
    for values in found.values_list(*(column.attname for column in columns)).iterator(chunk_size=ROWS_AT_ONCE):
        yield {
            column.name: _leaving(column, value, entry, people) for column, value in zip(columns, values, strict=True)
        }


def _leaving(column: Column, value: Any, entry: Travels, people: Leaving) -> Any:
    if is_person(column):
        return people.key(value)
    if column.name in entry.people:
        return [people.key(int(each)) for each in value]
    return to_json(value)


def line_of(row: dict[str, Any]) -> bytes:
    """A row as a line: UTF-8, no spaces, fields in the model's order."""
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _lines(archive: zipfile.ZipFile, name: str, rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    count, size, digest = 0, 0, hashlib.sha256()
    with archive.open(name, "w", force_zip64=True) as out:
        for row in rows:
            line = line_of(row)
            out.write(line)
            digest.update(line)
            count, size = count + 1, size + len(line)
    return {"rows": count, "bytes": size, "sha256": digest.hexdigest()}


def _contents(organization: Organization) -> dict[str, UUID]:
    """By digest, one version that holds these bytes: a document filed twice is one file."""
    rows = ArtifactContent.objects.filter(organization=organization).values_list("version__sha256", "version_id")
    return dict(rows.order_by("version__filed_at"))


def _manifest(organization: Organization) -> dict[str, Any]:
    head = AuditHead.objects.filter(organization=organization).first()
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "product": "ztassess",
        "catalog_version": load_catalog().version,
        "method_version": METHOD_VERSION,
        "made_at": timezone.now().isoformat(),
        "organization": {
            "id": str(organization.id),
            "name": organization.name,
            "created_at": organization.created_at.isoformat(),
        },
        "audit_head": {"seq": head.seq if head else 0, "hash": head.hash if head else START},
    }
