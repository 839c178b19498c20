"""Owns reading artifacts: which reviewed version attests a claim today, and what stands of each artifact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef
from django.utils import timezone

from ztassess.assessments.models_evidence import Artifact, ArtifactVersion, Decision
from ztassess.domain.confidence import is_attested
from ztassess.organizations.models import Organization


def attesting_versions(
    organization: Organization, levels: Mapping[str, int | None], today: date
) -> dict[str, ArtifactVersion]:
    """By control id, the version whose review attests the claim, the newest review where there are several.

    It counts if it is the newest version of an artifact that was not withdrawn, somebody else than its filer accepted
    it, its last day is not over, and the claim is not above the one that the reviewer saw. One query.

    Parameters:
        levels: the claims by control id.
    """
    newer = ArtifactVersion.objects.filter(artifact=OuterRef("artifact"), number__gt=OuterRef("number"))
    rows = ArtifactVersion.objects.filter(
        ~Exists(newer), organization=organization, artifact__withdrawn_at=None, decision=Decision.ACCEPTED
    ).select_related("artifact", "reviewed_by")
    found: dict[str, ArtifactVersion] = {}
    for row in rows.order_by("reviewed_at"):
        if attests(row, levels.get(row.artifact.control_id), today):
            found[row.artifact.control_id] = row
    return found


def attests(row: ArtifactVersion, claimed: int | None, today: date) -> bool:
    """True if an accepted version speaks for a claim of this level today."""
    seen = row.level
    return claimed is not None and seen is not None and claimed <= seen and not row.is_expired(today)


@dataclass(frozen=True, slots=True)
class ShownArtifact:
    """An artifact with its newest version, and what stands of it in a word and a sentence.

    Attributes:
        word: ``withdrawn``, ``unreviewed``, ``rejected``, ``expired``, ``outgrown`` (the claim rose above the reviewed
            level), ``stale`` or ``accepted``.
    """

    artifact: Artifact
    newest: ArtifactVersion
    word: str
    sentence: str


def control_artifacts(
    control_id: str, *, claimed: int | None, freshness_days: int, withdrawn: bool = False
) -> list[ShownArtifact]:
    """The artifacts of one control with their newest versions, newest first: one query.

    Parameters:
        withdrawn: those taken back too.
    """
    newer = ArtifactVersion.objects.filter(artifact=OuterRef("artifact"), number__gt=OuterRef("number"))
    rows = ArtifactVersion.objects.filter(~Exists(newer), artifact__control_id=control_id)
    if not withdrawn:
        rows = rows.filter(artifact__withdrawn_at=None)
    rows = rows.select_related("artifact", "filed_by", "reviewed_by").order_by("-artifact__created_at")
    return [shown_artifact(row, claimed=claimed, freshness_days=freshness_days) for row in rows]


def shown_artifact(row: ArtifactVersion, *, claimed: int | None, freshness_days: int) -> ShownArtifact:
    """What stands of an artifact by its newest version."""
    word = _word(row, claimed, freshness_days)
    return ShownArtifact(row.artifact, row, word, _sentence(row, word, freshness_days))


def _word(row: ArtifactVersion, claimed: int | None, freshness_days: int) -> str:
    now = timezone.now()
    if row.artifact.withdrawn_at is not None:
        return "withdrawn"
    if row.is_expired(now.date()):
        return "expired"
    if row.decision != Decision.ACCEPTED:
        return "rejected" if row.decision else "unreviewed"
    if not attests(row, claimed, now.date()):
        return "outgrown"
    return "accepted" if is_attested(row.reviewed_at, freshness_days, now) else "stale"


def _sentence(row: ArtifactVersion, word: str, freshness_days: int) -> str:
    filed, reviewer = row.filed_by or "Somebody who left", row.reviewed_by or "somebody who left"
    return {
        "withdrawn": f"Withdrawn by {row.artifact.withdrawn_by or 'somebody who left'}; it attests nothing.",
        "expired": "Its last day is over; a new version is needed.",
        "unreviewed": f"Filed by {filed}, not reviewed yet. A second person must review it.",
        "rejected": f"Rejected by {reviewer}; a new version is needed.",
        "outgrown": f"{reviewer} reviewed it for another claim than the one that stands; a new version is needed.",
        "stale": f"Reviewed by {reviewer}, more than {freshness_days} days ago; a new version is needed.",
        "accepted": f"Filed by {filed}, accepted by {reviewer}. Attested for {freshness_days} days.",
    }[word]
