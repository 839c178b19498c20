"""Owns what no connector sees: a reviewed artifact, an exception somebody approved, an emergency account and its test."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from ztassess.assessments.models import Answer
from ztassess.assessments.models_evidence import Artifact, ArtifactKind, Decision
from ztassess.assessments.models_exceptions import BreakGlassAccount
from ztassess.assessments.services_break_glass import account_add, account_tested
from ztassess.assessments.services_evidence import Filed, artifact_file, artifact_review
from ztassess.assessments.services_exceptions import exception_decide, exception_request
from ztassess.demo.company import BREAK_GLASS, DOMAIN
from ztassess.demo.telling import Teller

DRILL: Final = "device.lost-device"
CONTRACTOR: Final = f"kim@{DOMAIN}"
_ARTIFACT_DAYS, _EXCEPTION_DAYS = 180, 60
_REPORT: Final = b"""# Drill: a laptop is lost

Aiko's laptop was taken to be lost at 10:00; Tom was called from a phone.

| Time  | What was done                                        |
|-------|------------------------------------------------------|
| 10:06 | Password changed, all sessions signed out            |
| 10:11 | Tokens of GitHub and the database role taken back    |
| 10:19 | Disk encryption confirmed from the purchase list     |

Open: nobody can wipe a laptop from afar yet.
"""


def drill_filed(teller: Teller, who: str) -> None:
    """Somebody files the report of a drill."""
    teller.clock.later(minutes=1)
    artifact_file(
        organization=teller.organization,
        control_id=DRILL,
        kind=ArtifactKind.FILE,
        title="Drill: a laptop is lost",
        filed=Filed(
            name="lost-laptop-drill.md",
            content=_REPORT,
            expires_on=teller.clock.now().date() + timedelta(days=_ARTIFACT_DAYS),
        ),
        actor=teller.people[who],
    )


def drill_accepted(teller: Teller, who: str) -> None:
    """Somebody else reads it and accepts it for the level that is claimed."""
    artifact_review(
        artifact=Artifact.objects.get(organization=teller.organization, control_id=DRILL),
        number=1,
        level=Answer.objects.get(organization=teller.organization, control_id=DRILL).level,
        decision=Decision.ACCEPTED,
        comment="Nineteen minutes, and the log of Workspace shows the sign-outs. It is not more than a start.",
        actor=teller.people[who],
    )


def exception_made(teller: Teller, who: str, by: str) -> None:
    """Somebody asks for an exception for one contractor; an owner approves it within the hour."""
    row = exception_request(
        organization=teller.organization,
        control_id="mfa.all-humans",
        object=CONTRACTOR,
        check_id="google_workspace.two_step_enforced_users",
        reason="Kim works through a screen reader that the prompts of our second factor do not fit; a key is ordered.",
        compensating="Enrolled with codes, no access to production, and Tom reads the list of sign-ins each week.",
        last_day=teller.clock.now().date() + timedelta(days=_EXCEPTION_DAYS),
        actor=teller.people[who],
    )
    teller.clock.later(minutes=45)
    exception_decide(row=row, approve=True, note="Until the key is here, not longer.", actor=teller.people[by])


def emergency_declared(teller: Teller, who: str) -> None:
    """Somebody names the emergency account, so that findings leave it out by name."""
    row = account_add(
        organization=teller.organization,
        name=BREAK_GLASS,
        where="Google Workspace; password and key in two sealed envelopes",
        actor=teller.people[who],
    )
    BreakGlassAccount.objects.filter(id=row.id).update(created_at=teller.clock.now())


def emergency_tested(teller: Teller, who: str) -> None:
    """Somebody opens the envelopes, signs in, and seals new ones."""
    account_tested(
        row=BreakGlassAccount.objects.get(organization=teller.organization, name=BREAK_GLASS),
        tested_on=teller.clock.now().date(),
        note="Signed in within four minutes; the alert arrived. New password, new envelopes.",
        actor=teller.people[who],
    )
