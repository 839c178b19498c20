"""Owns the rows of reports and share links for the route crawl, see `tests.tenancy.seeding`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from ztassess.accounts.models import User
from ztassess.assessments.evidence_vault import digest
from ztassess.organizations.services_grants import token_hash
from ztassess.reports.models import Branding, Pseudonym, Report
from ztassess.reports.vault import document_seal
from ztassess.sharing.content import link_pages
from ztassess.sharing.models import ShareLink, ShareOpening
from ztassess.sharing.vault import snapshot_seal


def seed_reports(common: dict[str, Any], user: User, mark: str) -> None:
    """A finished report with its document, its branding, and a pseudonym."""
    now, content = timezone.now(), f"{mark}-document".encode()
    Branding.objects.create(**common, name=f"{mark}-brand", footer=f"{mark}-footer", logo=f"{mark}-logo".encode())
    Pseudonym.objects.create(**common, kind="Person", number=1, digest=mark.ljust(64, "0")[:64])
    report = Report.objects.create(
        **common,
        kind="summary",
        paper="a4",
        since=now.date(),
        state="done",
        made_by=user,
        size=len(content),
        sha256=digest(content),
        catalog_version=f"{mark}-catalog",
        method_version="1",
    )
    document_seal(report, content)


def share_token(mark: str) -> str:
    """The token of the seeded link, as its reader has it."""
    return f"{mark}-token".ljust(43, "x")


def seed_shares(common: dict[str, Any], user: User, mark: str) -> None:
    """A share link to two pages and the seeded report, frozen, opened once."""
    report = Report.objects.filter(**common).get()
    link = ShareLink.objects.create(
        **common,
        title=f"{mark}-link",
        audience=f"{mark}-reader",
        chapters=["summary", "plan"],
        documents=[str(report.id)],
        redacted=False,
        token_hash=token_hash(share_token(mark)),
        made_by=user,
        expires_at=timezone.now() + timedelta(days=9),
    )
    snapshot_seal(link, link_pages(link, now=timezone.now()))
    ShareOpening.objects.create(**common, link=link, page=f"{mark}-page", network="203.0.113.0/24")
