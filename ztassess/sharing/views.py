"""Owns the members' pages of share links: list, make, look at the view log, change, revoke, resume."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render

from ztassess.accounts.models import User
from ztassess.charts.figure import Cell
from ztassess.common.tables import table_file, table_wanted
from ztassess.common.templatetags.times import last_day
from ztassess.organizations.access import OrgRequest, get_for_member, person_of
from ztassess.organizations.links import org_url
from ztassess.organizations.roles import Action, may
from ztassess.sharing import selectors
from ztassess.sharing.errors import ShareConflict, SharingError
from ztassess.sharing.forms import ChangeForm, LinkForm
from ztassess.sharing.models import ShareLink
from ztassess.sharing.services import share_change, share_create, share_revoke
from ztassess.sharing.services_pausing import share_resume
from ztassess.sharing.shown import CHAPTERS

LINKS = (
    *("Link", "For", "State", "By", "Made", "Pages", "Reports", "Content", "Names", "Passcode", "Last day"),
    *("Openings", "Last opened"),
)
OPENINGS = ("When", "What happened", "Page", "Network")
NOT_RESUMED = "An owner or an admin resumes a paused link, and answers for it from then on."
NOT_YOURS = "This link was made by somebody else. An owner or an admin can revoke it."


def shares(request: OrgRequest) -> HttpResponse:
    """All links, without their tokens."""
    rows = selectors.shown_links(request.organization, request.rights, _person(request))
    if kind := table_wanted(request):
        return table_file("share-links", LINKS, (_told(row.link) for row in rows), kind)
    return render(request, "sharing/list.html", {"rows": rows})


def _told(link: ShareLink) -> tuple[Cell, ...]:
    """A row of the list as a file; never its address, of which nobody has more than a hash."""
    return (
        *(link.title, link.audience, link.state, str(link.keeper or ""), link.created_at.isoformat()),
        *(len(link.chapters), len(link.documents), "live" if link.live else "frozen"),
        *("redacted" if link.redacted else "shown", "yes" if link.passcode else "no"),
        *(last_day(link.expires_at).isoformat(), link.openings),
        link.last_opened_at.isoformat() if link.last_opened_at else "",
    )


def share_new(request: OrgRequest) -> HttpResponse:
    """Make a link; its address is shown once, in the answer."""
    posted = request.POST if request.method == "POST" else None
    form = LinkForm(posted, reports=selectors.ready_reports(request.organization))
    if posted is not None and form.is_valid():
        try:
            link, address = share_create(
                organization=request.organization, wanted=form.wanted(), actor=person_of(request)
            )
        except SharingError as problem:
            form.add_error(None, str(problem))
        else:
            response = render(request, "sharing/made.html", {"link": link, "address": address})
            response.shows_secret = True  # type: ignore[attr-defined]  # read by org_view: not stored for a replay
            return response
    status = HTTPStatus.OK if posted is None else HTTPStatus.UNPROCESSABLE_ENTITY
    texts = {each.slug: each.text for each in CHAPTERS}
    return render(request, "sharing/new.html", {"form": form, "texts": texts}, status=status)


def share_page(request: OrgRequest, share_id: UUID) -> HttpResponse:
    """One link: what it shows, until when, and who opened it how often."""
    link = get_for_member(ShareLink, request, id=share_id)
    managed = may(request.rights, Action.SHARE) and not request.is_demo_visit
    allowed = not request.is_demo_visit and selectors.may_revoke(link, request.rights, _person(request))
    if allowed and (kind := table_wanted(request)):
        rows = selectors.newest_openings(link, selectors.OPENINGS_FILED)
        told = [(row.at.isoformat(timespec="seconds"), row.get_kind_display(), row.page, row.network) for row in rows]
        return table_file("openings", OPENINGS, told, kind)
    context = {
        "link": link,
        "days": selectors.openings_by_day(link),
        # Networks of a customer's people are for those who answer for the link, not for every member.
        "openings": selectors.newest_openings(link) if allowed else None,
        "frozen_at": selectors.frozen_at(link),
        "documents": selectors.link_documents(link),
        "may_change": managed and link.state == "open",
        "may_revoke": allowed and link.state in selectors.REVOCABLE,
        "may_resume": not request.is_demo_visit and selectors.may_resume(link, request.rights),
    }
    return render(request, "sharing/link.html", context)


def share_edit(request: OrgRequest, share_id: UUID) -> HttpResponse:
    """Change how it is called, when it ends, its passcode."""
    link = get_for_member(ShareLink, request, id=share_id)
    posted = request.POST if request.method == "POST" else None
    form = ChangeForm(posted, link=link)
    status = HTTPStatus.OK if posted is None else HTTPStatus.UNPROCESSABLE_ENTITY
    if posted is not None and form.is_valid():
        said = form.cleaned_data
        try:
            share_change(
                link=link,
                title=said["title"],
                audience=said["audience"],
                expires_at=form.expires_at(),
                passcode=form.new_passcode(),
                version=said["version"],
                actor=person_of(request),
            )
        except SharingError as problem:
            form.add_error(None, str(problem))
            status = HTTPStatus.CONFLICT if isinstance(problem, ShareConflict) else status
        else:
            messages.success(request, "Saved. Whoever unlocked it with a passcode is asked again.")
            return redirect(org_url(request, "share", share_id=link.id))
    return render(request, "sharing/change.html", {"form": form, "link": link}, status=status)


def share_end(request: OrgRequest, share_id: UUID) -> HttpResponse:
    """Ask, then revoke. Whoever made a link may do it without the right to make others."""
    link = get_for_member(ShareLink, request, id=share_id)
    allowed = selectors.may_revoke(link, request.rights, _person(request))
    if request.method != "POST":
        if allowed:
            return render(request, "sharing/revoke.html", {"link": link})
        messages.error(request, NOT_YOURS)
        return redirect(org_url(request, "share", share_id=link.id))
    if not allowed:
        raise PermissionDenied(NOT_YOURS)
    if share_revoke(link=link, actor=person_of(request)):
        messages.success(request, f"The link “{link.title}” opens no more, for nobody.")
    else:
        messages.info(request, f"The link “{link.title}” was revoked before.")
    return redirect(org_url(request, "shares"))


def share_go_on(request: OrgRequest, share_id: UUID) -> HttpResponse:
    """Ask, then let a paused link open again, with whoever resumes it as its keeper."""
    link = get_for_member(ShareLink, request, id=share_id)
    if link.state == "paused" and not selectors.may_resume(link, request.rights):
        raise PermissionDenied(NOT_RESUMED)
    if request.method != "POST" and link.state == "paused":
        return render(request, "sharing/resume.html", {"link": link})
    if request.method == "POST" and share_resume(link=link, actor=person_of(request)):
        messages.success(request, f"The link “{link.title}” opens again, and you answer for it.")
    else:
        messages.info(request, f"The link “{link.title}” is not paused; nothing was changed.")
    return redirect(org_url(request, "share", share_id=link.id))


def _person(request: OrgRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None
