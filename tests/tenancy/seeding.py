"""Owns one row of every tenant model, for the route crawl: text fields carry a mark that must not leak."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.apps import apps
from django.db import transaction
from django.utils import timezone

from tests.tenancy.seeding_playbooks import seed_playbooks
from tests.tenancy.seeding_reports import seed_reports, seed_shares
from ztassess.access_reviews.models import AccessCampaign, AccessDecision, CampaignAccount, CampaignReviewer
from ztassess.accounts.models import User
from ztassess.assessments.evidence_vault import content_seal, digest
from ztassess.assessments.models import (
    Answer,
    AnswerChange,
    Artifact,
    ArtifactVersion,
    BreakGlassAccount,
    ControlComment,
    ControlException,
    ControlOwner,
    ScoreSnapshot,
)
from ztassess.audit.models import AuditDetail, AuditEvent, AuditHead
from ztassess.audit.services import audit_record
from ztassess.common.models import OrgOwned, organization_scope
from ztassess.connectors.sharing import share_json
from ztassess.domain.access_review import account_key
from ztassess.domain.roster import Account, Share
from ztassess.exchange.models import ArchivePart, ExchangeJob, ImportedLine, ImportedPerson
from ztassess.inventory.models import (
    AppTick,
    DataStore,
    EntryPoint,
    InternalApp,
    InventoryState,
    Permission,
    Service,
    ServiceCall,
)
from ztassess.notifications.models import Delivery, MemberChoice, ToldFact, WebhookEndpoint, WebhookSecret
from ztassess.organizations.models import FactSheet, Grant, IdempotencyKey, Invitation, Membership, Organization
from ztassess.portfolio.models import PortfolioRow, PortfolioState, PortfolioSystem
from ztassess.roadmaps.models import PushedTask, RoadmapTask, Sprint, SprintPerson, TaskEvent
from ztassess.scans.models import (
    Connection,
    ConnectionSecret,
    ConnectionShare,
    Finding,
    Scan,
    ScanState,
    Schedule,
    ScheduleSlot,
    StandingResult,
    UploadedExport,
)


def tenant_models() -> set[type]:
    """Every model that belongs to an organization."""
    return {model for model in apps.get_models() if issubclass(model, OrgOwned)}


def seed(organization: Organization, user: User, mark: str) -> dict[type, Any]:
    """One row of every tenant model of this organization, by model."""
    with transaction.atomic(), organization_scope(organization):
        common: dict[str, Any] = {"organization": organization}
        scan = _scan(common, mark)
        _results(common, scan, mark)
        _schedule(common, scan, mark)
        _access(common, scan, user, mark)
        _answers(common, user, mark)
        _evidence(common, user, mark)
        _people(common, user, mark)
        _sprint(common, user, mark)
        _inventory(common, user, mark)
        seed_reports(common, user, mark)
        seed_shares(common, user, mark)
        _notifications(common, user, mark)
        seed_playbooks(common, user, mark)
        _archives(common, user, mark)
        _portfolio(common, mark)
        return {model: model._default_manager.filter(organization=organization).first() for model in tenant_models()}


def _scan(common: dict[str, Any], mark: str) -> Scan:
    now = timezone.now()
    connection = Connection.objects.create(
        **common,
        connector_slug="doors",
        name=f"{mark}-connection",
        config={"address": f"{mark}.example.com"},
        preflight={"identity": f"{mark}-identity", "rows": [], "warnings": [f"{mark}-warning"], "refused": ""},
        preflight_at=now,
    )
    ConnectionSecret.objects.create(
        **common,
        connection=connection,
        field="key",
        kek_id="k1",
        wrapped_key=b"w",
        ciphertext=b"c",
        last_four="abcd",
    )
    return Scan.objects.create(
        **common,
        connection=connection,
        number=1,
        state=ScanState.DONE,
        taken_at=now,
        started_at=now,
        finished_at=now,
        parts=[{"name": f"{mark}-part", "seen": 3}],
        counts={"fail": 1},
        diff={
            "fixed": {
                "count": 1,
                "listed": [{"check": "doors.all_locked", "resource": f"{mark}-fixed", "reason": ""}],
            }
        },
    )


def _results(common: dict[str, Any], scan: Scan, mark: str) -> None:
    connection, now = scan.connection, timezone.now()
    ConnectionShare.objects.create(
        **common,
        connection=connection,
        value=share_json(Share(accounts=(Account(f"{mark}-account", f"{mark}-account"),))),
        taken_at=now,
    )
    Finding.objects.create(
        **common,
        scan=scan,
        connection=connection,
        check_id="doors.all_locked",
        resource=f"{mark}-resource",
        outcome="fail",
        severity="high",
        reason=f"{mark}-reason",
        seen=3,
        evidence=[{"source": "s", "object": f"{mark}-object", "field": "f", "observed": "o", "expected": "e"}],
        taken_at=now,
    )
    StandingResult.objects.create(
        **common,
        connection=connection,
        check_id="doors.all_locked",
        outcome="fail",
        taken_at=now,
        scan=scan,
        latest_outcome="fail",
        latest_reason=f"{mark}-latest",
        latest_at=now,
        latest_scan=scan,
    )


def _schedule(common: dict[str, Any], scan: Scan, mark: str) -> None:
    connection, now = scan.connection, timezone.now()
    UploadedExport.objects.create(
        **common,
        scan=scan,
        name=f"{mark}.txt",
        size=1,
        sha256="0" * 64,
        kek_id="k1",
        wrapped_key=b"w",
        ciphertext=b"c",
    )
    schedule = Schedule.objects.create(**common, connection=connection, paused_reason=f"{mark}-paused")
    ScheduleSlot.objects.create(**common, schedule=schedule, slot=now, scan=scan, note=f"{mark}-slot")


def _access(common: dict[str, Any], scan: Scan, user: User, mark: str) -> None:
    now = timezone.now()
    campaign = AccessCampaign.objects.create(**common, name=f"{mark}-campaign", due_on=now.date(), told={"new": 1})
    CampaignReviewer.objects.create(**common, campaign=campaign, user=user)
    account = {
        **common,
        "campaign": campaign,
        "connection": scan.connection,
        "account_key": account_key(f"{mark}-account"),
        "account_id": f"{mark}-account",
        "account_name": f"{mark}-account",
        "identity": f"{mark}-identity",
    }
    CampaignAccount.objects.create(**account, why="new", why_words=f"{mark}-why", told={"owner": f"{mark}-owner"})
    AccessDecision.objects.create(
        **account, decision="remove", reason=f"{mark}-reason", due_on=now.date(), state="not_verified", decided_by=user
    )


def _answers(common: dict[str, Any], user: User, mark: str) -> None:
    now = timezone.now()
    Answer.objects.create(**common, control_id="mfa.all-humans", level=2, note=f"{mark}-note", answered_by=user)
    AnswerChange.objects.create(
        **common, control_id="mfa.all-humans", version=1, by=user, level_after=2, note_after=f"{mark}-note"
    )
    ScoreSnapshot.objects.create(
        **common,
        day=now.date(),
        cause="daily",
        catalog_version=f"{mark}-catalog",
        method_version="1",
        proven=0.1,
        claimed=0.2,
        ceiling=0.9,
    )


def _evidence(common: dict[str, Any], user: User, mark: str) -> None:
    control, day = {"control_id": "mfa.all-humans"}, timezone.now().date() + timedelta(days=30)
    artifact = Artifact.objects.create(**common, **control, kind="file", title=f"{mark}-artifact")
    content = f"{mark}-content".encode()
    version = ArtifactVersion.objects.create(
        **common,
        artifact=artifact,
        number=1,
        file_name=f"{mark}.txt",
        size=len(content),
        sha256=digest(content),
        filed_by=user,
        comment=f"{mark}-comment",
    )
    content_seal(version, content)
    ControlException.objects.create(
        **common,
        **control,
        object=f"{mark}-object",
        reason=f"{mark}-reason",
        compensating=f"{mark}-instead",
        last_day=day,
        requested_by=user,
    )
    BreakGlassAccount.objects.create(**common, name=f"{mark}-glass", where=f"{mark}-safe", created_by=user)
    ControlOwner.objects.create(**common, **control, owner=user, due=day)
    ControlComment.objects.create(**common, **control, by=user, text=f"{mark}-said")


def _sprint(common: dict[str, Any], user: User, mark: str) -> None:
    start = timezone.now().date()
    sprint = Sprint.objects.create(**common, number=1, start=start, days=10, weekdays=[0, 1, 2, 3, 4])
    SprintPerson.objects.create(**common, sprint=sprint, user=user, hours=3)
    task = RoadmapTask.objects.create(
        **common,
        sprint=sprint,
        control_id="mfa.all-humans",
        owner=user,
        hours=6,
        slices=[{"day": start.isoformat(), "hours": 6, "part": "whole"}],
        state="reopened",
        reason=f"{mark}-reason",
    )
    TaskEvent.objects.create(**common, task=task, kind="reopened", by=user, reason=f"{mark}-event", hours=6)
    PushedTask.objects.create(**common, task=task, tracker="github", place=f"{mark}/place", key="#1")


def _inventory(common: dict[str, Any], user: User, mark: str) -> None:
    InventoryState.objects.create(**common, version=1, changed_by=user)
    service, other = (Service.objects.create(**common, name=f"{mark}-{name}") for name in ("service", "other"))
    store = DataStore.objects.create(**common, name=f"{mark}-store", sensitivity="personal")
    ServiceCall.objects.create(**common, caller=service, callee=other)
    EntryPoint.objects.create(**common, name=f"{mark}-key", kind="key", service=service, on_network=False)
    Permission.objects.create(**common, service=service, store=store, has="write", needs="read")
    app = InternalApp.objects.create(**common, name=f"{mark}-app", host=f"{mark.lower()}.example.com", added_by=user)
    AppTick.objects.create(**common, app=app, step="moved", says=True, by=user)


def _notifications(common: dict[str, Any], user: User, mark: str) -> None:
    now = timezone.now()
    MemberChoice.objects.create(**common, user=user, digest=False)
    endpoint = WebhookEndpoint.objects.create(
        **common,
        url=f"https://{mark.lower()}.example.com/{mark}",
        kinds=["regression"],
        paused_at=now,
        paused_reason=f"{mark}-paused",
        created_by=user,
    )
    sealed = {"kek_id": "k1", "wrapped_key": b"w", "ciphertext": b"c"}
    WebhookSecret.objects.create(**common, endpoint=endpoint, number=1, last_four="abcd", **sealed)
    told = ToldFact.objects.create(**common, key=f"{mark}-fact", event_id=uuid4())
    Delivery.objects.create(
        **common,
        channel="webhook",
        kind="regression",
        event_key=f"{mark}-event",
        event_id=told.event_id,
        target=f"webhook:{endpoint.id}",
        endpoint=endpoint,
        state="dead",
        sentence=f"{mark}-sentence",
        answer=f"{mark}-answer",
        give_up_at=now,
    )


def _archives(common: dict[str, Any], user: User, mark: str) -> None:
    now = timezone.now()
    job = ExchangeJob.objects.create(
        **common, state="done", requested_by=user, name=f"{mark}.zip", size=1, expires_at=now + timedelta(days=7)
    )
    ArchivePart.objects.create(**common, job=job, number=0, kek_id="k1", wrapped_key=b"w", ciphertext=b"c")
    came = User.objects.create_user(f"{mark.lower()}-came@imported.invalid", name=f"{mark}-came", is_active=False)
    ImportedPerson.objects.create(**common, user=came, email=f"{mark.lower()}@elsewhere.example", name=f"{mark}-came")
    ImportedLine.objects.create(
        **common, origin="0", seq=1, at=now, who=f"{mark}-who", action="seed", summary=f"{mark}-before", value={}
    )


def _people(common: dict[str, Any], user: User, mark: str) -> None:
    organization, now = common["organization"], timezone.now()
    audit_record(
        organization=organization, actor=user, action="seed", object=f"{mark}-object", summary=f"{mark}-summary"
    )
    FactSheet.objects.update_or_create(organization=organization, defaults={"values": {"n_people": 7}})
    Invitation.objects.create(
        **common,
        email=f"{mark.lower()}@example.com",
        role="viewer",
        token_hash=mark.ljust(64, "0")[:64],
        invited_by=user,
        expires_at=now + timedelta(days=1),
    )
    Grant.objects.create(
        **common,
        email=f"{mark.lower()}-consultant@example.com",
        role="viewer",
        token_hash=f"{mark}-grant".ljust(64, "0")[:64],
        offered_by=user,
        offer_until=now + timedelta(days=1),
        expires_at=now + timedelta(days=9),
    )
    IdempotencyKey.objects.create(**common, user=user, route=f"/{mark}/", key=f"{mark}-key", body_sha256="0" * 64)


def _portfolio(common: dict[str, Any], mark: str) -> None:
    now = timezone.now()
    PortfolioRow.objects.create(
        **common,
        judged_at=now,
        catalog_version=f"{mark}-catalog",
        method_version="1",
        proven=10,
        claimed=20,
        ceiling=90,
        stages="mfa:10:20:1",
        contradicted=1,
        worst_control="mfa.all-humans",
        worst_words=f"{mark}-worst",
        broken=1,
        broken_names=f"{mark}-broken",
        progress_on=now.date(),
        progress_low=0.1,
        started_on=now.date(),
        history="ff" * 52,
        history_until=now.date(),
    )
    PortfolioState.objects.create(
        **common, kind="control", subject="mfa.all-humans", state="contradicted", words=f"{mark}-seen"
    )
    PortfolioSystem.objects.create(**common, connector="okta", checks=f" {mark}-check:pass:2026-11-20 ")


def contents(organization: Organization) -> dict[str, list[Any]]:
    """Every row of every tenant model of this organization, for comparing before and after."""
    with organization_scope(organization):
        return {
            model.__name__: sorted(
                (tuple(str(value) for value in row) for row in model._default_manager.values_list()), key=repr
            )
            for model in tenant_models()
        }


AUDIT_MODELS = (AuditDetail, AuditEvent, AuditHead, Membership)
