"""Owns what a visitor without an account sees: the pages of one link, behind nothing but its token.

What does not open answers with the same 404, whatever the reason: no such token, revoked, expired, a page that was not
chosen, an organization that is being deleted. No session is read and none is made.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.views.decorators.csrf import csrf_exempt

from ztassess.common.envelope import EnvelopeError
from ztassess.common.models import organization_scope
from ztassess.common.pages import not_found
from ztassess.reports.vault import document_open
from ztassess.sharing import limits
from ztassess.sharing.content import link_pages
from ztassess.sharing.forms import UnlockForm
from ztassess.sharing.models import ShareLink
from ztassess.sharing.selectors import link_document, link_documents, link_find
from ztassess.sharing.services_reading import opening_record, passcode_try
from ztassess.sharing.shown import BY_SLUG, DOCUMENTS
from ztassess.sharing.vault import snapshot_open

log = logging.getLogger(__name__)

# Read by deploy/gunicorn.conf.py, which writes it into the access log in place of the token.
LOGGED_AS = "ztassess.share_link"
COOKIE = "share"
SALT = "sharing.unlocked"
UNLOCKED_SECONDS = 3600
READS = ("GET", "HEAD")
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)
HEADERS = {
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "Content-Security-Policy": POLICY,
}
FILE_POLICY = "default-src 'none'; sandbox"
BROKEN = "What was frozen for this link does not open any more. Ask whoever sent it for a new one."
View = Callable[..., HttpResponse]


def reader(*methods: str) -> Callable[[View], View]:
    """Wrap a view of visitors: find the link, enter its organization's scope, set the headers of every answer.

    Exempt from the CSRF check: the token in the address is the right to read, a passcode changes nothing, and without a
    referrer and a session there is nothing that the check could compare.
    """

    def wrap(view: View) -> View:
        @csrf_exempt
        @functools.wraps(view)
        def wrapped(request: HttpRequest, token: str, **kwargs: Any) -> HttpResponse:
            response = _answer(view, methods, request, token, kwargs)
            for name, value in HEADERS.items():
                response.headers.setdefault(name, value)
            return response

        return wrapped

    return wrap


def _answer(view: View, methods: tuple[str, ...], request: HttpRequest, token: str, kwargs: Any) -> HttpResponse:
    if request.method not in methods:
        return HttpResponseNotAllowed(methods)
    link = link_find(token)
    if link is None:
        return _nothing(request)
    request.META[LOGGED_AS] = str(link.id)
    if not link.is_open():
        return _nothing(request)
    with organization_scope(link.organization):
        return view(request, token, link, **kwargs)


@reader(*READS)
def share_read(request: HttpRequest, token: str, link: ShareLink, page: str = "") -> HttpResponse:
    """One chosen page, the first one where none is named."""
    slugs = _slugs(link)
    slug = page or slugs[0]
    if slug not in slugs:
        return _nothing(request)
    if not _unlocked(request, link):
        return _locked(token, UnlockForm(), slug)
    if wait := limits.over(limits.OPENINGS, str(link.id)):
        return _slow("This link is opened too often just now.", wait)
    try:
        told = _told(link)
    except EnvelopeError:
        log.exception("the snapshot of share link %s does not open", link.id)
        return _page("sharing/closed.html", {"why": BROKEN}, HTTPStatus.GONE)
    if not _record(request, link, slug):
        return _nothing(request)
    context = {
        "link": link,
        "token": token,
        "head": told["head"],
        "data": told["pages"].get(slug, {}),
        # The summary draws the stages beside the gauge where both were chosen.
        "stages": told["pages"].get("stages", {}).get("stages"),
        "chapter": BY_SLUG.get(slug),
        "slug": slug,
        "tabs": [(each, BY_SLUG[each].title if each in BY_SLUG else "Reports") for each in slugs],
        "documents": link_documents(link) if slug == DOCUMENTS else [],
        "body": f"sharing/chapters/{slug}.html",
    }
    return _page("sharing/reader.html", context)


@reader(*READS)
def share_file(request: HttpRequest, token: str, link: ShareLink, report_id: UUID) -> HttpResponse:
    """A chosen report as a PDF."""
    report = link_document(link, report_id)
    if report is None:
        return _nothing(request)
    if not _unlocked(request, link):
        return HttpResponseRedirect(reverse("share_page", args=[token, DOCUMENTS]))
    if wait := limits.over(limits.OPENINGS, str(link.id)):
        return _slow("This link is opened too often just now.", wait)
    try:
        content = document_open(report)
    except EnvelopeError:
        log.exception("report %s of share link %s does not open", report.id, link.id)
        return _page("sharing/closed.html", {"why": BROKEN}, HTTPStatus.GONE)
    if not _record(request, link, f"{report.kind} report"):
        return _nothing(request)
    # The name of the file would tell the slug, which is part of the members' addresses.
    name = f"{report.kind}-{report.created_at:%Y-%m-%d}.pdf"
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Content-Security-Policy"] = FILE_POLICY
    response["X-Content-Type-Options"] = "nosniff"
    return response


@reader("POST")
def share_unlock(request: HttpRequest, token: str, link: ShareLink) -> HttpResponse:
    """Compare the passcode; a right one is remembered for an hour, for this link alone."""
    if not link.passcode:
        return HttpResponseRedirect(reverse("share_read", args=[token]))
    page = request.POST.get("page", "")
    slug = page if page in _slugs(link) else _slugs(link)[0]
    form = UnlockForm(request.POST)
    if not form.is_valid():
        return _locked(token, form, slug, HTTPStatus.UNPROCESSABLE_ENTITY)
    network = limits.network_of(limits.address_of(request))
    tried = passcode_try(link=link, given=form.cleaned_data["passcode"], network=network)
    if tried.wait:
        return _slow("Too many wrong passcodes were tried at this link.", tried.wait)
    if not tried.right:
        form.add_error("passcode", "This is not the passcode. Ask whoever sent you the link.")
        return _locked(token, form, slug, HTTPStatus.FORBIDDEN)
    response = HttpResponseRedirect(reverse("share_page", args=[token, slug]))
    response.set_cookie(
        COOKIE,
        signing.dumps(_key(link), salt=SALT),
        max_age=UNLOCKED_SECONDS,
        path=reverse("share_read", args=[token]),
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )
    return response


@reader(*READS)
def share_nothing(request: HttpRequest, token: str, link: ShareLink, rest: str) -> HttpResponse:
    """Whatever else is asked for below a link: the same 404 with the same headers."""
    return _nothing(request)


def _slugs(link: ShareLink) -> list[str]:
    return [each.slug for each in link.chosen] + ([DOCUMENTS] if link.documents else [])


def _told(link: ShareLink) -> dict[str, Any]:
    """What the link shows: as it was frozen, or as it is now."""
    if not link.live and link.chapters:
        return snapshot_open(link)
    now = timezone.now() if link.live else link.created_at
    if not link.chapters:  # reports alone: nothing is judged for a page that lists them
        return {"head": {"organization": link.organization.name, "prepared_at": now.isoformat()}, "pages": {}}
    return link_pages(link, now=now)


def _key(link: ShareLink) -> list[str]:
    """What a cookie stands for: this link with this passcode, as it is now."""
    fingerprint = salted_hmac(SALT, f"{link.passcode}|{link.version}").hexdigest()
    return [str(link.id), fingerprint]


def _unlocked(request: HttpRequest, link: ShareLink) -> bool:
    if not link.passcode:
        return True
    try:
        return bool(signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=UNLOCKED_SECONDS) == _key(link))
    except signing.BadSignature:
        return False


def _record(request: HttpRequest, link: ShareLink, page: str) -> bool:
    return opening_record(link=link, page=page, network=limits.network_of(limits.address_of(request)))


def _locked(token: str, form: UnlockForm, slug: str, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    return _page("sharing/locked.html", {"token": token, "form": form, "slug": slug}, status)


def _nothing(request: HttpRequest) -> HttpResponse:
    """The 404 of everybody, until one address has asked too often. What is over counts as what never was."""
    if wait := limits.over(limits.DEAD, limits.counted_as(limits.address_of(request))):
        return _slow("Too many links that do not open were asked for from this address.", wait)
    return not_found(request)


def _slow(what: str, wait: int) -> HttpResponse:
    minutes = -(-wait // 60)
    when = "a minute" if minutes == 1 else f"{minutes} minutes"
    why = f"{what} Nothing was opened; try again in {when}."
    response = _page("sharing/closed.html", {"why": why}, HTTPStatus.TOO_MANY_REQUESTS)
    response["Retry-After"] = str(wait)
    return response


def _page(name: str, context: dict[str, Any], status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    """Rendered without the request: no user, no session, no message can get into it."""
    return HttpResponse(render_to_string(name, context), status=status)
