"""Owns writes about artifacts: file one, file a new version, review by a second person, withdraw."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils import timezone

from ztassess.accounts.models import User
from ztassess.assessments.errors import EvidenceRefused
from ztassess.assessments.evidence_vault import content_seal, digest
from ztassess.assessments.models import Answer, SnapshotCause
from ztassess.assessments.models_evidence import Artifact, ArtifactKind, ArtifactVersion, Decision
from ztassess.assessments.services import score_record
from ztassess.audit.services import audit_record
from ztassess.catalog import load_catalog
from ztassess.domain.assessment import level_name
from ztassess.domain.file_kinds import FileRefused, recognize
from ztassess.organizations.models import Organization

QUOTA = 2 * 1024**3
MOST_ARTIFACTS = 100
OWN_ARTIFACT = "You filed this version yourself, so another member reviews it."


@dataclass(frozen=True, slots=True)
class Filed:
    """What a person hands in: a link or a note as text, or a file as name and bytes."""

    text: str = ""
    name: str = ""
    content: bytes = b""
    expires_on: date | None = None


def artifact_file(
    *, organization: Organization, control_id: str, kind: str, title: str, filed: Filed, actor: User
) -> Artifact:
    """File an artifact of a control, as its version 1, which nobody has reviewed.

    Raises:
        EvidenceRefused: the file is not taken, or there is no room left; nothing was kept.
    """
    _title_of(control_id)
    with transaction.atomic():
        if Artifact.objects.filter(control_id=control_id, withdrawn_at=None).count() >= MOST_ARTIFACTS:
            raise EvidenceRefused(
                f"This control has {MOST_ARTIFACTS} artifacts already; nothing was kept, withdraw one first."
            )
        artifact = Artifact.objects.create(
            organization=organization, control_id=control_id, kind=kind, title=title, created_at=timezone.now()
        )
        version = _version(artifact, 1, filed, actor)
        _audit(artifact, actor, "artifact.file", f"{actor} filed “{title}”", after=_shown(version))
    return artifact


def artifact_add_version(*, artifact: Artifact, after: int, filed: Filed, actor: User) -> ArtifactVersion:
    """File a new version. It needs a review of its own: what was said of the one before is not said of it.

    Parameters:
        after: number of the newest version that the person saw.

    Raises:
        EvidenceRefused: it was withdrawn or got another version meanwhile, or the file is not taken.
    """
    with transaction.atomic():
        _live(artifact)
        before = _newest(artifact)
        if before.number != after:
            raise EvidenceRefused(
                f"Somebody filed version {before.number} meanwhile; nothing was kept, look at it and file yours again."
            )
        version = _version(artifact, after + 1, filed, actor)
        summary = f"{actor} filed version {version.number} of “{artifact.title}”, which needs a new review"
        _audit(artifact, actor, "artifact.version", summary, before=_shown(before), after=_shown(version))
        score_record(artifact.organization, cause=SnapshotCause.EVIDENCE)
    return version


def artifact_review(
    *, artifact: Artifact, number: int, level: int | None, decision: str, comment: str, actor: User
) -> ArtifactVersion:
    """Accept or reject the newest version, as a second person.

    Parameters:
        number: the version that the reviewer saw.
        level: the claim that the reviewer saw; an accepted version attests claims up to it.

    Raises:
        EvidenceRefused: the reviewer filed it, it was reviewed, replaced or withdrawn, or the claim changed meanwhile.
    """
    with transaction.atomic():
        _live(artifact)
        version = _newest(artifact)
        if version.number != number:
            raise EvidenceRefused(
                f"Version {version.number} was filed meanwhile; nothing was changed, review that one."
            )
        _second_person(artifact, version, actor)
        claimed, before = _claimed(artifact), _shown(version)
        if decision == Decision.ACCEPTED:
            _may_be_accepted(version, level, claimed)
        taken = ArtifactVersion.objects.filter(id=version.id, decision="").update(
            decision=decision, comment=comment, level=claimed, reviewed_by=actor, reviewed_at=timezone.now()
        )
        if not taken:
            raise EvidenceRefused("Somebody reviewed this version already; nothing was changed.")
        version.refresh_from_db()
        word = "accepted" if decision == Decision.ACCEPTED else "rejected"
        summary = f"{actor} {word} “{artifact.title}”, version {number}"
        if decision == Decision.ACCEPTED:
            summary += f", for {level_name(claimed or 0)}"
        _audit(
            artifact, actor, f"artifact.{word}", summary, before=before, after=_shown(version) | {"comment": comment}
        )
        score_record(artifact.organization, cause=SnapshotCause.EVIDENCE)
    return version


def artifact_withdraw(*, artifact: Artifact, actor: User) -> None:
    """Take an artifact back: it attests nothing any more, and stays as history. Twice is once."""
    with transaction.atomic():
        gone = Artifact.objects.filter(id=artifact.id, withdrawn_at=None).update(
            withdrawn_at=timezone.now(), withdrawn_by=actor
        )
        if gone:
            _audit(artifact, actor, "artifact.withdraw", f"{actor} withdrew “{artifact.title}”")
            score_record(artifact.organization, cause=SnapshotCause.EVIDENCE)


def _version(artifact: Artifact, number: int, filed: Filed, actor: User) -> ArtifactVersion:
    if filed.expires_on is not None and filed.expires_on < timezone.now().date():
        raise EvidenceRefused("Its last day is over already; nothing was kept, enter a day still to come or none.")
    row = ArtifactVersion(
        organization=artifact.organization,
        artifact=artifact,
        number=number,
        text=filed.text,
        filed_by=actor,
        filed_at=timezone.now(),
        expires_on=filed.expires_on,
        sha256=digest(filed.content or filed.text.encode()),
    )
    if artifact.kind == ArtifactKind.FILE:
        try:
            document = recognize(filed.name, filed.content)
        except FileRefused as refused:
            raise EvidenceRefused(str(refused)) from refused
        _room_for(len(filed.content))
        row.file_name, row.media_type, row.size = document.name, document.media_type, len(filed.content)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as taken:
        raise EvidenceRefused("Somebody filed a version meanwhile; nothing was kept, look at it first.") from taken
    if artifact.kind == ArtifactKind.FILE:
        content_seal(row, filed.content)
    return row


def _room_for(size: int) -> None:
    used = ArtifactVersion.objects.aggregate(sum=Sum("size"))["sum"] or 0
    if used + size > QUOTA:
        raise EvidenceRefused(
            f"All files together would be larger than {QUOTA // 1024**3} GiB; nothing was kept, file a link instead."
        )


def _second_person(artifact: Artifact, version: ArtifactVersion, actor: User) -> None:
    """The filer never reviews; nor whoever filed the same bytes before and had somebody else file them again."""
    same = ArtifactVersion.objects.filter(artifact__control_id=artifact.control_id, sha256=version.sha256)
    if version.filed_by_id == actor.pk or same.filter(filed_by=actor).exists():
        raise EvidenceRefused(f"{OWN_ARTIFACT} Nothing was changed.")


def _may_be_accepted(version: ArtifactVersion, seen: int | None, claimed: int | None) -> None:
    if version.is_expired():
        raise EvidenceRefused("Its last day is over; nothing was changed, a new version is needed first.")
    if claimed is None:
        raise EvidenceRefused(
            "Nobody claims a level here, so there is nothing to attest; nothing was changed, answer the control first."
        )
    if claimed != seen:
        raise EvidenceRefused(
            f"The claim is {level_name(claimed)} by now; nothing was changed, look whether the artifact shows that too."
        )


def _claimed(artifact: Artifact) -> int | None:
    answer = Answer.objects.filter(control_id=artifact.control_id).first()
    return answer.level if answer is not None else None


def _live(artifact: Artifact) -> None:
    """Lock the row, so that two people's versions and reviews come one after the other."""
    row = Artifact.objects.select_for_update().filter(id=artifact.id).first()
    if row is None or row.withdrawn_at is not None:
        raise EvidenceRefused("This artifact was withdrawn; nothing was changed, file it again if it still holds.")


def _newest(artifact: Artifact) -> ArtifactVersion:
    row = ArtifactVersion.objects.filter(artifact=artifact).order_by("-number").first()
    assert row is not None  # noqa: S101  an artifact is made with its first version
    return row


def _title_of(control_id: str) -> str:
    try:
        return load_catalog().control(control_id).title
    except KeyError as problem:
        raise EvidenceRefused(f"There is no control {control_id}; nothing was kept.") from problem


def _shown(version: ArtifactVersion) -> dict[str, object]:
    return {
        "version": version.number,
        "file": version.file_name or None,
        "SHA-256": version.sha256,
        "last day": str(version.expires_on) if version.expires_on else None,
        "review": version.decision or "not reviewed",
    }


def _audit(
    artifact: Artifact,
    actor: User,
    action: str,
    summary: str,
    *,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
) -> None:
    audit_record(
        organization=artifact.organization,
        actor=actor,
        action=action,
        object=f"control:{artifact.control_id}",
        summary=summary,
        before=before,
        after=after,
    )
