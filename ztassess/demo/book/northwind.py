"""Owns what the consultant did in the demo company itself: a playbook, a link, a report, a review, a few words."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from ztassess.access_reviews.errors import AccessReviewError
from ztassess.access_reviews.models import AccessCampaign
from ztassess.access_reviews.selectors import AccessReading, Entry
from ztassess.access_reviews.services.campaigns import campaign_start
from ztassess.access_reviews.services.decisions import Choice, decisions_record
from ztassess.accounts.models import User
from ztassess.assessments.services_notes import comment_add
from ztassess.audit.acting import acting
from ztassess.common.models import organization_scope
from ztassess.demo.clock import Clock
from ztassess.demo.company import DOMAIN, LOGIN
from ztassess.domain.access_decisions import Decision
from ztassess.domain.access_review import Flag
from ztassess.domain.branding import Paper
from ztassess.domain.playbooks import Brand, Part, Payload, Preset, Wording
from ztassess.organizations.access import on_behalf_of
from ztassess.organizations.models import Membership, Organization
from ztassess.playbooks.errors import PlaybookError
from ztassess.playbooks.models import AppliedPlaybook, ApplyRun, Playbook, PlaybookVersion
from ztassess.playbooks.services import playbook_create
from ztassess.playbooks.services_runs import run_ask, run_work
from ztassess.reports.errors import ReportError
from ztassess.reports.making import report_make
from ztassess.reports.models import Report, ReportKind
from ztassess.reports.services import report_ask
from ztassess.sharing.errors import SharingError
from ztassess.sharing.models import ShareLink
from ztassess.sharing.services import Wanted, share_create
from ztassess.sharing.services_reading import opening_record

PLAYBOOK: Final = "First quarter"
PARTS: Final = (Part.PRESET, Part.WORDING, Part.BRANDING)
"""All but weights: a demo whose numbers were made otherwise could be compared with nothing."""
PAYLOAD: Final = Payload(
    preset=Preset(hours=4.0, first=("identity.offboarding", "mfa.all-humans")),
    wording=Wording(
        opening="We go through identity first: everything after it counts only as far as people are who they say.",
        notes={
            "identity.offboarding": "Show me the last leaver, system by system. A list beats a policy.",
            "mfa.all-humans": "Contractors count. Hardware keys for administrators, passkeys for everybody else.",
        },
    ),
    branding=Brand(name="Harborlight Advisory", accent="#0b6e6e", footer="Prepared by Harborlight Advisory"),
)
CONTRADICTED: Final = "identity.offboarding"
SHARED: Final = ("summary", "stages", "contradictions")
LINK_DAYS, REVIEW_DAYS, REPORT_DAYS = 30, 12, 30
KEPT, REMOVED = 7, 1
PAUSES = 14  # how often the scene goes on, and a little
NETWORK: Final = "203.0.113.0/24"  # RFC 5737: addresses for examples


@dataclass(frozen=True, slots=True)
class Scene:
    """The demo company on its last morning: who is there, and the clock that goes on evenly."""

    company: Organization
    firm: Organization
    consultant: User
    clock: Clock
    pause: timedelta

    def person(self, key: str) -> User:
        """One of the company's people, by user name."""
        return User.objects.get(email=f"{key}@{DOMAIN}")

    @property
    def owner(self) -> User:
        """The company's lead."""
        return User.objects.get(email=LOGIN)

    def on(self) -> datetime:
        """Some minutes later."""
        return self.clock.at(self.clock.now() + self.pause)


def worked(scene: Scene) -> None:
    """Everything, one after the other. Inside the company's scope, after the firm was taken in.

    Where the company was made earlier, somebody with its log-in may have changed what a step rests on, say started a
    review of their own: that step is left out, and the others still happen.
    """
    mine = Membership.objects.select_related("grant__firm", "organization")
    on_behalf = on_behalf_of(mine.get(organization=scene.company, user=scene.consultant))
    for act, by in ((_playbook, None), (_comments, None), (_review, None), (_report, on_behalf), (_link, on_behalf)):
        scene.on()
        with suppress(AccessReviewError, PlaybookError, ReportError, SharingError), transaction.atomic(), acting(by):
            act(scene)


def _playbook(scene: Scene) -> None:
    with organization_scope(scene.firm):
        playbook = playbook_create(firm=scene.firm, name=PLAYBOOK, payload=PAYLOAD, logo=b"", actor=scene.consultant)
        Playbook.objects.filter(id=playbook.id).update(created_at=scene.clock.now())
        version = PlaybookVersion.objects.select_related("organization", "playbook").get(playbook=playbook)
        run = run_ask(
            version=version,
            parts=PARTS,
            clients={scene.company.id: scene.company.name},
            actor=scene.consultant,
            factor_shown=False,
        )
        run_work(scene.firm, run.id)
        now = scene.clock.now()
        PlaybookVersion.objects.filter(id=version.id).update(at=now)
        ApplyRun.objects.filter(id=run.id).update(created_at=now, finished_at=now)
    AppliedPlaybook.objects.filter(organization=scene.company).update(at=scene.clock.now())


def _comments(scene: Scene) -> None:
    """On a contradicted control: the consultant asks, somebody answers; both name whom they mean."""
    said = (
        (scene.consultant, "Olu's database role still signs in, says the scan. @Marcus, can you drop it?"),
        (scene.person("marcus"), "Dropped in staging, production is next. @Mara, I scan again once it is gone."),
    )
    for who, text in said:
        comment_add(organization=scene.company, control_id=CONTRADICTED, text=text, actor=who)
        scene.on()


def _review(scene: Scene) -> None:
    """A campaign under way: the first few accounts are decided, one of them is to go."""
    reviewer = scene.person("tom")
    campaign = campaign_start(
        organization=scene.company,
        name="Quarterly access review",
        due_on=scene.clock.now().date() + timedelta(days=REVIEW_DAYS),
        reviewers=[reviewer, scene.owner],
        actor=scene.owner,
    )
    AccessCampaign.objects.filter(id=campaign.id).update(started_at=scene.clock.now())
    for decision, reason, wanted in (
        (Decision.KEEP, "Needs it every day.", KEPT),
        (Decision.REMOVE, "Left, and the account is still there.", REMOVED),
    ):
        seen_at = scene.on()

        def picked(
            reading: AccessReading, *, left: bool = decision is Decision.REMOVE, most: int = wanted
        ) -> list[Entry]:
            asked = [entry for entry in reading.entries if entry.asked and entry.current is None and entry.line.may_act]
            return [entry for entry in asked if entry.line.has(Flag.LEFT) is left][:most]

        decisions_record(
            organization=scene.company,
            actor=reviewer,
            pick=picked,
            seen_at=seen_at,
            choice=Choice(decision, reason),
        )


def _report(scene: Scene) -> None:
    """One that is ready, for the board."""
    report = report_ask(
        organization=scene.company,
        kind=ReportKind.SUMMARY.value,
        paper=Paper.A4,
        redacted=False,
        since=scene.clock.now().date() - timedelta(days=REPORT_DAYS),
        actor=scene.consultant,
    )
    Report.objects.filter(id=report.id).update(created_at=scene.clock.now())
    scene.on()
    report_make(scene.company, report.id)


def _link(scene: Scene) -> None:
    """A live link for an auditor, who opened it once. Its address is kept nowhere, as of any link."""
    wanted = Wanted(
        title="For the auditor",
        audience="Hollis & Ward, external audit",
        chapters=SHARED,
        documents=(),
        live=True,
        redacted=True,
        expires_at=scene.clock.now() + timedelta(days=LINK_DAYS),
    )
    link, _ = share_create(organization=scene.company, wanted=wanted, actor=scene.consultant)
    ShareLink.objects.filter(id=link.id).update(created_at=scene.clock.now())
    scene.on()
    opening_record(link=link, page="summary", network=NETWORK)
