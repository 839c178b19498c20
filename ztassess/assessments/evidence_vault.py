"""Owns the bytes of filed documents: sealed into a row, opened for one download, checked against their digest."""

from __future__ import annotations

import hashlib

from ztassess.assessments.models_evidence import ArtifactContent, ArtifactVersion
from ztassess.common.envelope import EnvelopeError, Sealed, associated_data, keyring, seal, unseal


def digest(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def content_seal(version: ArtifactVersion, content: bytes) -> ArtifactContent:
    """Store the bytes sealed, bound to their organization and version."""
    sealed = seal(content, keyring(), _bound_to(version))
    row = ArtifactContent(
        organization=version.organization,
        version=version,
        **sealed.columns,
    )
    row.save(force_insert=True)
    return row


def content_open(version: ArtifactVersion) -> bytes:
    """The bytes that were filed. Raises `EnvelopeError` if they are gone, altered, moved or of another digest."""
    row = ArtifactContent.objects.filter(version=version).first()
    if row is None:
        raise EnvelopeError("This version holds no file.")
    sealed = Sealed.of(row)
    content = unseal(sealed, keyring(), _bound_to(version))
    if digest(content) != version.sha256:
        raise EnvelopeError("The stored file is not the one that was filed: its digest is another one.")
    return content


def _bound_to(version: ArtifactVersion) -> bytes:
    return associated_data("artifact", version.organization_id, version.id)
