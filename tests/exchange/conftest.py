"""An organization with a row of every table, its archive as bytes, and archives that were tampered with."""

from __future__ import annotations

import functools
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import regex
from jsonschema import Draft7Validator, ValidationError, validators

from tests.fakes.doors import bells, building
from tests.tenancy.seeding import seed
from ztassess.accounts.models import User
from ztassess.assessments.models import ScoreSnapshot
from ztassess.assessments.selectors import read_organization
from ztassess.common.models import organization_scope
from ztassess.exchange.opening import FROM_A_PAGE, Archive
from ztassess.exchange.services.importing import Imported, organization_import
from ztassess.exchange.writing import archive_write
from ztassess.organizations.models import Organization

__all__ = ["bells", "building"]
MARK = "MARKER-7Q"
FIXTURES = Path(__file__).parent / "fixtures"
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def scores(organization: Organization, now: datetime) -> str:
    """The whole judgment and every score of before, as JSON; ids of rows are not part of it."""
    with organization_scope(organization):
        judged = asdict(read_organization(organization, now=now).assessment)
        names = [f.name for f in ScoreSnapshot._meta.concrete_fields if f.name not in ("id", "organization")]
        history = list(ScoreSnapshot.objects.order_by("at", "proven").values(*names))
    text = json.dumps([judged, history], default=str, ensure_ascii=False, sort_keys=True)
    return UUID.sub("id", text)


@pytest.fixture
def full(building, organization, owner) -> Organization:
    """Acme with one row of every tenant model, each text marked."""
    seed(organization, owner, MARK)
    return organization


@pytest.fixture(autouse=True)
def told(monkeypatch) -> list[str]:
    """What is told of archives on their way in, instead of the broker."""
    from ztassess.exchange import views_import
    from ztassess.exchange.services import arriving

    said: list[str] = []
    monkeypatch.setattr(arriving, "progress_put", lambda _, words, done, total: said.append(f"{words} {done}/{total}"))
    latest = {"words": "Taking in findings", "done": 7, "total": 9}
    monkeypatch.setattr(views_import, "progress_of", lambda _: latest)
    return said


def archive_of(organization: Organization) -> bytes:
    out = io.BytesIO()
    archive_write(organization, out, tell=lambda *_: None)
    return out.getvalue()


def take_in(content: bytes, importer: User, **more: Any) -> Imported:
    return organization_import(archive=Archive(io.BytesIO(content), FROM_A_PAGE), importer=importer, **more)


def files_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def changed(content: bytes, name: str, change: Callable[[list[dict[str, Any]]], Any]) -> bytes:
    """The archive with the rows of one file changed, and a manifest that says so."""
    files = files_of(content)
    rows = [json.loads(line) for line in files[name].splitlines()]
    change(rows)
    files[name] = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    manifest = json.loads(files["manifest.json"])
    manifest["files"][name] |= {"sha256": hashlib.sha256(files[name]).hexdigest(), "rows": len(rows)}
    files["manifest.json"] = json.dumps(manifest).encode()
    return zipped(files)


def with_manifest(content: bytes, **changes: Any) -> bytes:
    files = files_of(content)
    files["manifest.json"] = json.dumps(json.loads(files["manifest.json"]) | changes).encode()
    return zipped(files)


@functools.cache
def _oscal_schema() -> dict[str, Any]:
    """NIST's JSON schema of assessment results, as released with OSCAL 1.2.3: see fixtures/README.md."""
    found: dict[str, Any] = json.loads((FIXTURES / "oscal_assessment-results_schema-1.2.3.json").read_text())
    return found


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """The schema's patterns name Unicode classes, which Python's own expressions do not know."""
    if isinstance(instance, str) and not regex.search(pattern, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def oscal_problems(document: dict[str, Any]) -> list[str]:
    """What the published schema says against a document, and references that lead nowhere."""
    checker = validators.extend(Draft7Validator, {"pattern": _pattern})(_oscal_schema())
    said = [f"{list(error.absolute_path)}: {error.message[:200]}" for error in checker.iter_errors(document)]
    text = json.dumps(document)
    made = re.findall(r'"uuid": "([^"]+)"', text)
    named = re.findall(r'"(?:observation|risk|subject|component)-uuid": "([^"]+)"', text)
    said += [f"{each} is there twice" for each in sorted(set(made)) if made.count(each) > 1]
    return said + [f"{each} leads nowhere" for each in sorted(set(named) - set(made))]
