"""Owns what the frame of every page shows: the organization, the navigation, the person."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from ztassess.common.models import organization_scope
from ztassess.organizations.access import OrgRequest
from ztassess.organizations.links import org_url
from ztassess.organizations.models import FactSheet, Organization
from ztassess.organizations.roles import Rights
from ztassess.organizations.second_factor import ASKED_BY

ACCESS = ("access", "access_account", "access_decide", "access_items", "campaigns", "campaign")
SETTINGS = (
    *("settings", "break_glass", "audit_log", "security_policy"),
    *("consultants", "consultant_offer", "consultant_change"),
    *(
        "playbooks",
        "playbook",
        "playbook_import",
        "playbook_version",
        "playbook_apply",
        "playbook_run",
        "playbook_remove",
    ),
    "playbook_applied",
    *("consultant_end", "hand_over", "firm_clients", "firm_client", "export", "organization_delete", "imported_log"),
)
REPORTS = ("reports", "report_branding", "shares", "share_new", "share", "share_change", "share_revoke")
NAV = (
    # (route name, routes that light it, icon, title, needs membership)
    ("overview", ("overview", "as_of"), "layout-dashboard", "Overview", False),
    ("stages", ("stages", "stage", "control", "artifact", "artifact_new", "exception_new"), "route", "Stages", False),
    ("connectors", ("connectors", "connect", "connection", "scan"), "plug", "Connectors", False),
    (
        "roadmap",
        ("roadmap", "roadmap_timeline", "roadmap_later", "roadmap_task", "roadmap_replan", "roadmap_push"),
        "calendar-check",
        "Roadmap",
        False,
    ),
    ("radius", ("radius", "inventory_table", "inventory_paste", "inventory_import"), "radar", "Blast radius", False),
    ("apps", ("apps", "app"), "door-open", "Apps behind the VPN", False),
    ("access", ACCESS, "user-check", "Access review", False),
    ("dashboard", ("dashboard", "dashboard_findings", "dashboard_controls"), "chart-line", "Dashboard", False),
    ("exceptions", ("exceptions", "exception"), "calendar-clock", "Exceptions", False),
    ("reports", REPORTS, "file-chart-column", "Reports", False),
    ("questionnaire", ("questionnaire",), "clipboard-list", "Questionnaire", False),
    ("members", ("members", "member_invite", "role_change"), "users", "Members", True),
    ("settings", SETTINGS, "settings-2", "Settings", True),
)


def demo_stands() -> bool:
    """Whether visitors find a demo company here. Called by the templates that link to it, so only they ask."""
    return settings.DEMO_AT and Organization.objects.filter(is_demo=True).exists()


def demo_book_stands() -> bool:
    """Whether visitors also find a consultant's portfolio here. Called by the templates that link to it, as above."""
    return settings.DEMO_AT and Organization.objects.filter(is_demo=True).count() > 1


def headcount(organization: Organization) -> str:
    """The line under the organization's name. Called by the frame alone, so only pages that show it ask."""
    with organization_scope(organization):
        sheet = FactSheet.objects.filter(organization=organization).first()
    people = sheet.values.get("n_people") if sheet else None
    return "" if people is None else "1 person" if people == 1 else f"{people} people"


def role_word(rights: Rights) -> str:
    """What the person is here, under their name."""
    if rights.is_steward:
        return "Steward"
    return f"Consultant, {rights.role.value}" if rights.is_consultant else rights.role.value.title()


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context of every template: ``nav`` and ``organization`` inside one, installation switches everywhere."""
    shared = {
        "mail_in_terminal": settings.MAIL_IN_TERMINAL,
        "demo_on": demo_stands,
        "demo_book_on": demo_book_stands,
        # Called by the pages of an account alone: others must not read the session.
        "second_factor_asked_by": lambda: request.session.get(ASKED_BY),
    }
    if not hasattr(request, "organization"):
        return shared
    inside: OrgRequest = request  # type: ignore[assignment]  # org_view made it one
    here = request.resolver_match.url_name if request.resolver_match else ""
    nav = [
        {"url": org_url(inside, name), "icon": icon, "title": title, "current": here in lights}
        for name, lights, icon, title, members_only in NAV
        if not (members_only and inside.is_demo_visit)
    ]
    if inside.has_portfolio:
        nav.append({"url": reverse("portfolio"), "icon": "layout-grid", "title": "Portfolio", "head": "All clients"})
    if inside.is_demo_visit and inside.demo_slug:
        nav.append(
            {"url": reverse("demo_portfolio"), "icon": "layout-grid", "title": "Portfolio", "head": "All clients"}
        )
    return shared | {
        "nav": nav,
        "organization": inside.organization,
        "organization_line": partial(headcount, inside.organization),
        "role": inside.role,
        "role_word": role_word(inside.rights),
        "is_demo_visit": inside.is_demo_visit,
    }
