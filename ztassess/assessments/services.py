"""Owns writes about answers and scores: an answer with history and audit line, a score after a change of proof."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.db import IntegrityError, transaction
from django.utils import timezone

from ztassess.accounts.models import User
from ztassess.assessments.errors import AnswerConflict, UnknownControl
from ztassess.assessments.models import Answer, AnswerChange, ScoreSnapshot, SnapshotCause
from ztassess.assessments.selectors import Reading, read_organization
from ztassess.audit.services import audit_lock, audit_record
from ztassess.catalog import load_catalog
from ztassess.domain.assessment import level_name
from ztassess.organizations.models import Organization

NEW = 0

# What must happen in the same transaction as a new judgment, whatever caused it: a result, an answer, facts, a new day.
# Registered by floors above, which are not imported here. Each is handed what was judged and judges nothing itself, see
# `score_record`.
JUDGED_LISTENERS: list[Callable[[Organization, Reading], object]] = []


def answer_save(
    *, organization: Organization, control_id: str, level: int | None, note: str, version: int, actor: User
) -> Answer:
    """Save a claim if nobody else did since ``version`` (0: there was no answer).

    Raises:
        AnswerConflict: somebody did; carries what stands now. Nothing was written.
        UnknownControl: the catalog has no such control.
    """
    with transaction.atomic():
        answer, is_new = _save(organization, control_id, level, note, version, actor)
        if is_new:
            score_record(organization, cause=SnapshotCause.ANSWER)
    return answer


def answers_save(*, organization: Organization, said: Mapping[str, tuple[int, str]], actor: User) -> int:
    """Save many claims of one person at once, all or none, and judge once.

    Parameters:
        said: control -> (level, note); what stands there already is replaced.

    Returns:
        How many were new or changed.

    Raises:
        AnswerConflict, UnknownControl: as for one; nothing was written.
    """
    with transaction.atomic():
        standing = Answer.objects.filter(organization=organization, control_id__in=list(said))
        versions = dict(standing.values_list("control_id", "version"))
        changed = 0
        for control_id, (level, note) in said.items():
            changed += _save(organization, control_id, level, note, versions.get(control_id, NEW), actor)[1]
        if changed:
            score_record(organization, cause=SnapshotCause.ANSWER)
    return changed


def _save(
    organization: Organization, control_id: str, level: int | None, note: str, version: int, actor: User
) -> tuple[Answer, bool]:
    """Write one claim with its history and its line of the log; False where it stands already."""
    try:
        title = load_catalog().control(control_id).title
    except KeyError as problem:
        raise UnknownControl(f"There is no control {control_id}.") from problem
    before = Answer.objects.filter(organization=organization, control_id=control_id).first()
    if before is not None and (before.level, before.note) == (level, note):
        return before, False
    answer = _write(organization, control_id, level, note, version, actor, before)
    AnswerChange.objects.create(
        organization=organization,
        control_id=control_id,
        version=answer.version,
        by=actor,
        at=answer.answered_at,
        level_before=before.level if before else None,
        level_after=level,
        note_before=before.note if before else "",
        note_after=note,
    )
    said = "took the answer back" if level is None else f"claimed {level_name(level)}"
    audit_record(
        organization=organization,
        actor=actor,
        action="answer.save",
        object=f"control:{control_id}",
        summary=f"{actor} {said} for {title}",
        before={"level": before.level, "note": before.note} if before else None,
        after={"level": level, "note": note},
    )
    return answer, True


def _write(
    organization: Organization,
    control_id: str,
    level: int | None,
    note: str,
    version: int,
    actor: User,
    before: Answer | None,
) -> Answer:
    now = timezone.now()
    if version == NEW and before is None:
        try:
            with transaction.atomic():
                return Answer.objects.create(
                    organization=organization,
                    control_id=control_id,
                    level=level,
                    note=note,
                    answered_by=actor,
                    answered_at=now,
                )
        except IntegrityError as problem:
            # Two people answered for the first time at once; the unique constraint let one through.
            raise AnswerConflict(Answer.objects.get(organization=organization, control_id=control_id)) from problem
    if before is None:
        raise UnknownControl("This answer is not there any more. Reload the page; your text is still in the form.")
    updated = Answer.objects.filter(id=before.id, version=version).update(
        level=level, note=note, version=version + 1, answered_by=actor, answered_at=now
    )
    current = Answer.objects.select_related("answered_by").get(id=before.id)
    if not updated:
        raise AnswerConflict(current)
    return current


def score_record_change(organization: Organization) -> None:
    """Record the score after a change of proof. Registered with the scans, runs in their transaction."""
    score_record(organization, cause=SnapshotCause.PROOF)


def score_record_facts(organization: Organization) -> None:
    """Record the score after changed facts: what applies was computed again. Registered with the organizations."""
    score_record(organization, cause=SnapshotCause.FACTS)


def score_record(organization: Organization, *, cause: str) -> ScoreSnapshot | None:
    """Judge once, and record the scores if they or any proof state changed; daily ones always, once a day.

    The floors above are told in any case: a task may wait for what moves no number.

    Who changes what a judgment rests on locks the log's head with its audit line, and keeps it to the end. So the lock
    comes before the reading: what others changed before is committed and read, and what they change meanwhile is judged
    by them, after us. No listener writes what a reading reads: a closed task, a summary and a queued mail move no
    control. So the one judgment is still the present one for the last of them.

    Returns:
        The new snapshot; None if nothing changed.
    """
    with transaction.atomic():
        audit_lock(organization)
        reading = read_organization(organization)
        fresh = _record(organization, reading, cause)
        for listener in JUDGED_LISTENERS:
            listener(organization, reading)
    return fresh


def _record(organization: Organization, reading: Reading, cause: str) -> ScoreSnapshot | None:
    last = ScoreSnapshot.objects.filter(organization=organization).order_by("-at").first()
    fresh = snapshot_of(organization, reading, cause=cause)
    if last is not None and cause != SnapshotCause.DAILY and _same(last, fresh):
        return None
    if last is not None and cause == SnapshotCause.ANSWER == last.cause and last.day == fresh.day:
        # A walk through fifty controls is one change of the day, not fifty points of the trend.
        last.delete()
    fresh.save()
    return fresh


def snapshot_of(organization: Organization, reading: Reading, *, cause: str) -> ScoreSnapshot:
    """The scores of a reading as an unsaved row."""
    judged = reading.assessment
    return ScoreSnapshot(
        organization=organization,
        at=judged.today,
        day=judged.today.date(),
        cause=cause,
        catalog_version=judged.catalog_version,
        method_version=judged.method_version,
        proven=judged.eighty_twenty.proven,
        claimed=judged.eighty_twenty.claimed,
        ceiling=judged.eighty_twenty.ceiling,
        stages={
            each.stage.id: None if each.shown is None else [each.shown.proven, each.shown.claimed]
            for each in judged.stages
        },
        states={each.id: each.state.value for each in judged.controls},
    )


def _same(last: ScoreSnapshot, fresh: ScoreSnapshot) -> bool:
    fields = ("catalog_version", "method_version", "proven", "claimed", "ceiling", "stages", "states")
    return all(getattr(last, name) == getattr(fresh, name) for name in fields)
