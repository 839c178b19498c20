"""Owns what no connector sees: a reviewed artifact, an approved exception, an emergency account and its test."""

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

MAPPED: Final = "mesh.service-map"  # the one control that no connector can prove
CONTRACTOR: Final = f"kim@{DOMAIN}"
_ARTIFACT_DAYS, _EXCEPTION_DAYS = 90, 60
_MAP: Final = b"""caller,callee,data,calls in 30 days
web,api,personal,4112870
api,orders,confidential,1833204
api,billing,payment,402118
orders,notify,personal,611530
billing,ledger,payment,398771
billing,notify,personal,77310
reporting,ledger,confidential,240
"""


def map_filed(teller: Teller, who: str) -> None:
    """Somebody files the map of who calls whom."""
    teller.clock.later(minutes=1)
    artifact_file(
        organization=teller.organization,
        control_id=MAPPED,
        kind=ArtifactKind.FILE,
        title="Who calls whom, from the tokens of 30 days",
        filed=Filed(
            name="service-map.csv",
            content=_MAP,
            expires_on=teller.clock.now().date() + timedelta(days=_ARTIFACT_DAYS),
        ),
        actor=teller.people[who],
    )


def map_accepted(teller: Teller, who: str) -> None:
    """Somebody else reads it and accepts it for the level that is claimed."""
    artifact_review(
        artifact=Artifact.objects.get(organization=teller.organization, control_id=MAPPED),
        number=1,
        level=Answer.objects.get(organization=teller.organization, control_id=MAPPED).level,
        decision=Decision.ACCEPTED,
        comment="Compared with the task definitions: all seven are there, and the two payment paths are marked.",
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
    teller.change("google_workspace", emergency_used=teller.clock.now())
    account_tested(
        row=BreakGlassAccount.objects.get(organization=teller.organization, name=BREAK_GLASS),
        tested_on=teller.clock.now().date(),
        note="Signed in within four minutes; the alert arrived. New password, new envelopes.",
        actor=teller.people[who],
    )
