"""Owns what may happen to a client on a day: each act goes through the services that its people would use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from ztassess.assessments.models import Answer
from ztassess.assessments.models_evidence import Artifact, ArtifactKind, Decision
from ztassess.assessments.services_evidence import Filed, artifact_file, artifact_review
from ztassess.assessments.services_exceptions import exception_decide, exception_request
from ztassess.demo.telling import Teller

LEAD, SECOND = "lead", "second"
WEEKLY, MINUTE = 168, 5 * 60 + 20
Act = Callable[[Teller], None]


def said(who: str, **levels: Mapping[str, int]) -> Act:
    """Somebody answers many questions in one sitting: by stage, control by level."""
    levels_by_control = {
        f"{stage.replace('_', '-')}.{control}": (level, "")
        for stage, of in levels.items()
        for control, level in of.items()
    }
    return lambda told: told.claims(who, levels_by_control)


def connected(who: str, slug: str) -> Act:
    return lambda told: told.connect(who, slug, every_hours=WEEKLY, minute=MINUTE)


def uploaded(who: str, slug: str, **state: Any) -> Act:
    """Somebody uploads an export; the first one makes the connection."""

    def act(told: Teller) -> None:
        told.change(slug, **state)
        if slug not in told.connections:
            connected(who, slug)(told)
            told.clock.later(minutes=3)
        told.upload(who, slug)

    return act


def server_connected(who: str, **state: Any) -> Act:
    """Somebody connects the database server; its first scan follows at once."""

    def act(told: Teller) -> None:
        told.change("postgres", **state)
        connected(who, "postgres")(told)

    return act


def refused(slug: str, sentence: str) -> Act:
    """A system takes our credential no more, and the next scan says so."""

    def act(told: Teller) -> None:
        told.break_credential(slug, "auth_failed", sentence)
        told.scan(SECOND, slug)

    return act


def attested(control: str, title: str, content: str) -> Act:
    """Somebody files what no connector sees; a second person accepts it."""

    def act(told: Teller) -> None:
        filed = Filed(
            name="note.txt", content=content.encode(), expires_on=told.clock.now().date() + timedelta(days=90)
        )
        artifact_file(
            organization=told.organization,
            control_id=control,
            kind=ArtifactKind.FILE,
            title=title,
            filed=filed,
            actor=told.people[SECOND],
        )
        told.clock.later(hours=2)
        artifact_review(
            artifact=Artifact.objects.get(organization=told.organization, control_id=control),
            number=1,
            level=Answer.objects.get(organization=told.organization, control_id=control).level,
            decision=Decision.ACCEPTED,
            comment="Read and compared with what I know.",
            actor=told.people[LEAD],
        )

    return act


def excepted(name: str, days: int) -> Act:
    """An exception for one person that ends soon."""

    def act(told: Teller) -> None:
        row = exception_request(
            organization=told.organization,
            control_id="mfa.all-humans",
            object=name,
            check_id="google_workspace.two_step_enforced_users",
            reason="Waits for a hardware key; phones stay out of the treatment rooms.",
            compensating="Signs in at one shared desk only, and Friday's list of sign-ins is read.",
            last_day=told.clock.now().date() + timedelta(days=days),
            actor=told.people[SECOND],
        )
        told.clock.later(minutes=30)
        exception_decide(row=row, approve=True, note="Until the key is here.", actor=told.people[LEAD])

    return act
