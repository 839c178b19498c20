"""An organization with a row of every table, its archive as bytes, and archives that were tampered with."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from tests.fakes.doors import bells, building
from tests.tenancy.seeding import seed
from ztassess.accounts.models import User
from ztassess.exchange.opening import FROM_A_PAGE, Archive
from ztassess.exchange.services.importing import Imported, organization_import
from ztassess.exchange.writing import archive_write
from ztassess.organizations.models import Organization

__all__ = ["bells", "building"]
MARK = "MARKER-7Q"


@pytest.fixture
def full(building, organization, owner) -> Organization:
    """Acme with one row of every tenant model, each text marked."""
    seed(organization, owner, MARK)
    return organization


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
