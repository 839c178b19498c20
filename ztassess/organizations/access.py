"""Owns the way into an organization's pages: who is it, may they, in one transaction, once per posted key."""

from __future__ import annotations

import functools
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, models, transaction
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import URLPattern, path
from django_scopes import scopes_disabled

from ztassess.accounts.models import User
from ztassess.accounts.step_up import ask_for_proof, is_proven, refuse_stale
from ztassess.audit.acting import Acting, acting
from ztassess.audit.models import Via
from ztassess.common.models import organization_scope
from ztassess.organizations.models import IdempotencyKey, Membership, Organization
from ztassess.organizations.roles import Action, Rights, Role, may
from ztassess.organizations.second_factor import ask_for_factor, is_locked
from ztassess.organizations.selectors import demo_organizations

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
OF_SYSTEMS = frozenset({Action.RUN_SCAN, Action.MANAGE_CONNECTION, Action.SCHEDULE})
KEY_FIELD = "idempotency_key"
ORGANIZATION_FIELD = "for_organization"
# What a stale post hands back to its form: made by us, signed, no secret, and typed into another system meanwhile.
CARRIED = frozenset({"external"})
REPLAYED_HEADERS = ("Location", "Content-Type", "HX-Redirect", "HX-Trigger", "HX-Retarget", "HX-Reswap", "HX-Push-Url")
REPLAY_BODY_LIMIT = 65_536
STILL_RUNS = "This was sent already and still runs. Wait for the first answer; nothing was done twice."
SHOWN_ONCE = (
    "This was done already, by the first press of the button. The page that showed the secret is not kept: "
    "go back, and if you did not see it, revoke what was made and make it again."
)
View = Callable[..., HttpResponse]
M = TypeVar("M", bound=models.Model)


class OrgRequest(HttpRequest):
    """A request inside an organization. `org_view` fills the fields; a demo visitor may be anonymous.

    ``demo_slug`` says which of the demo's organizations is visited by an address of its own; empty for the company.
    """

    organization: Organization
    rights: Rights
    role: Role
    is_demo_visit: bool
    demo_slug: str
    has_portfolio: bool


@dataclass(frozen=True, slots=True)
class Access:
    """What a route of an organization needs: an action to read it and one to post to it (None: it takes no posts).

    ``step_up``: the person must have proven within five minutes that it is them. A stale GET leads there and back; a
    stale post is refused and kept nowhere, so a page that posts here is shown by a route with ``step_up`` as well.
    ``apart``: a post talks to another system, so the view holds no transaction meanwhile; its services make their own.
    """

    read: Action
    write: Action | None = None
    apart: bool = False
    step_up: bool = False


def org_path(
    route: str,
    view: View,
    *,
    read: Action = Action.READ,
    write: Action | None = None,
    name: str,
    apart: bool = False,
    step_up: bool = False,
) -> URLPattern:
    """A route below ``/o/<slug>/``. The only way to make one, so that none can skip the membership question."""
    return path(route, org_view(view, Access(read, write, apart, step_up)), name=name)


def org_view(view: View, access: Access) -> View:
    """Wrap a view of an organization.

    A stranger, an ended membership and an unknown slug get the same 404; an anonymous person is sent to sign in; who
    must show a second factor is sent to the page that says so, unless they leave; a member without the right gets 403.
    A write runs in one transaction that is rolled back for any status >= 400: the transaction wraps the view, because
    outer middleware would only see the response Django made of its exception.
    """

    @functools.wraps(view)
    def wrapped(request: OrgRequest, *args: Any, slug: str = "", demo: bool = False, **kwargs: Any) -> HttpResponse:
        if not demo and not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        membership = None if demo else membership_of(request.user, slug)
        if (
            membership is not None
            and is_locked(request, membership)
            and not _leaves(request, access, membership, kwargs)
        ):
            return ask_for_factor(request, membership.organization)
        on_behalf = _enter(request, membership, slug if demo else "")
        needed = access.read if request.method in SAFE else access.write
        if demo and request.method not in SAFE:
            raise Http404
        if needed is None:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        if why := refusal(request, needed):
            if demo:
                raise Http404
            raise PermissionDenied(why)
        if access.step_up and not is_proven(request):
            return _stale(request)
        with organization_scope(request.organization), acting(on_behalf):
            if request.method in SAFE:
                return _rendered(view(request, *args, **kwargs))
            write = _write_apart if access.apart else _write
            return write(request, functools.partial(view, request, *args, **kwargs))

    wrapped.access = access  # type: ignore[attr-defined]  # read by the route crawl
    return wrapped


def _leaves(request: OrgRequest, access: Access, membership: Membership, kwargs: dict[str, Any]) -> bool:
    """True for a post that ends the person's own membership: it opens nothing, so it asks for no second factor."""
    ends = request.method == "POST" and access.write is Action.LEAVE
    return ends and kwargs.get("membership_id") == membership.id


def _enter(request: OrgRequest, membership: Membership | None, demo_slug: str) -> Acting | None:
    """Fill the request's fields; without a membership it is a visit of the demo company, or of another demo client.

    Returns:
        On whose behalf the person acts: a consultant does for the client, and the client's log says so.
    """
    request.is_demo_visit = membership is None
    request.demo_slug = demo_slug
    request.organization = _demo(demo_slug) if membership is None else membership.organization
    request.rights = Rights(Role.VIEWER) if membership is None else membership.rights
    request.role = request.rights.role
    request.has_portfolio = membership is not None and (membership.is_consultant or membership.has_others)  # type: ignore[attr-defined]  # annotated
    return None if membership is None else on_behalf_of(membership)


def on_behalf_of(membership: Membership) -> Acting | None:
    """Who stands in the log with what a consultant does for a client; None for a member. Ask with the firm joined."""
    if not membership.is_consultant:
        return None
    firm = membership.grant.firm if membership.grant else None
    words = f"consultant for {membership.organization}" + (f", of {firm}" if firm else "")
    return Acting(membership.organization_id, membership.user_id, Via.CONSULTANT, words)


def _stale(request: OrgRequest) -> HttpResponse:
    if request.method in SAFE:
        return ask_for_proof(request.get_full_path())
    back = {name: request.POST[name] for name in request.POST.keys() & CARRIED}
    return refuse_stale(request, f"{request.path}?{urlencode(back)}" if back else request.path)


def refusal(request: OrgRequest, action: Action) -> str:
    """Why the person may not do this here, as a sentence; empty if they may.

    The demo company's systems do not exist: a scan would knock at strangers' doors, and what somebody connected there
    would be shown to every visitor. So nobody connects or scans anything in it, whatever their role.
    """
    if not may(request.rights, action):
        if request.rights.is_consultant:
            return "What you were granted here does not include this. Ask an owner of the client."
        return f"Your role here is {request.role.value}; this needs another one. Ask an owner."
    if request.organization.is_demo and action in OF_SYSTEMS:
        name = request.organization.name
        return f"{name} is invented, and so are its systems. Make an organization of your own to connect and scan."
    return ""


def membership_of(user: Any, slug: str) -> Membership:
    """The active membership of this user in the organization with this slug. Raises Http404 for everybody else.

    ``has_others`` on it says whether they have another one: who has several sees them side by side.
    """
    with scopes_disabled():
        others = Membership.objects.active().filter(user=OuterRef("user")).exclude(id=OuterRef("id"))
        found = (
            Membership.objects.active()
            .filter(user=user, organization__slug=slug)
            .annotate(has_others=Exists(others))
            .select_related("organization", "grant__firm")
            .first()
        )
    if found is None:
        raise Http404
    assert isinstance(found, Membership)  # noqa: S101  for the type checker: the manager is untyped
    return found


def memberships_of(user: User) -> list[Membership]:
    """All active memberships of a user with their organizations, by name."""
    with scopes_disabled():
        return list(
            Membership.objects.active()
            .filter(user=user)
            .select_related("organization", "grant__firm")
            .order_by("organization__name")
        )


def person_of(request: OrgRequest) -> User:
    """The signed-in member; a write and a member's page always have one."""
    assert isinstance(request.user, User)  # noqa: S101  org_view let nobody else through
    return request.user


def get_for_member(model: type[M], request: OrgRequest, **lookup: Any) -> M:
    """The row of this organization that fits, else 404: the organization and the id are asked together."""
    manager: Any = model._default_manager  # noqa: SLF001  Django's documented way to a model's manager
    found = manager.filter(organization=request.organization, **lookup).first()
    if found is None:
        raise Http404
    assert isinstance(found, model)  # noqa: S101  for the type checker: the manager is untyped
    return found


def _demo(slug: str) -> Organization:
    """The demo company, or the organization of the demo with this slug. Raises Http404 for every other one."""
    rows = demo_organizations() if settings.DEMO_AT else Organization.objects.none()
    found = (rows.filter(slug=slug) if slug else rows).first()
    if found is None:
        raise Http404
    return found


def _key_of(request: OrgRequest) -> str:
    """The key of the posted form; 404 for a form that was made for another organization."""
    posted_for = request.POST.get(ORGANIZATION_FIELD)
    if posted_for and posted_for != str(request.organization.id):
        raise Http404
    key = request.POST.get(KEY_FIELD, "") or request.headers.get("Idempotency-Key", "")
    return key.replace("\0", "")  # PostgreSQL stores none


def _write(request: OrgRequest, call: Callable[[], HttpResponse]) -> HttpResponse:
    key = _key_of(request)
    with transaction.atomic():
        if key:
            row, created = _claim(request, key[:255])
            if not created:
                return _replay(row, request)
        response = _rendered(call())
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            transaction.set_rollback(True)
        elif key:
            _remember(row, response)
    return response


def _write_apart(request: OrgRequest, call: Callable[[], HttpResponse]) -> HttpResponse:
    """A write that waits for another system: a transaction around it would keep everybody else from writing."""
    row = None
    if key := _key_of(request):
        row, created = _claim(request, key[:255])
        if not created:
            if row.status is None:
                return HttpResponse(STILL_RUNS, status=409, content_type="text/plain; charset=utf-8")
            return _replay(row, request)
    try:
        response = _rendered(call())
    except BaseException:
        if row is not None:
            row.delete()
        raise
    if row is not None and response.status_code >= HTTPStatus.BAD_REQUEST:
        row.delete()
    elif row is not None:
        _remember(row, response)
    return response


def _claim(request: OrgRequest, key: str) -> tuple[IdempotencyKey, bool]:
    assert isinstance(request.user, User)  # noqa: S101  a write is never anonymous
    assert request.resolver_match is not None  # noqa: S101  a view was found
    mine: dict[str, Any] = {
        "organization": request.organization,
        "user": request.user,
        "route": request.path[:200],
        "key": key,
    }
    try:
        with transaction.atomic():
            return IdempotencyKey.objects.create(**mine, body_sha256=_digest(request)), True
    except IntegrityError:
        return IdempotencyKey.objects.get(**mine), False


def _digest(request: OrgRequest) -> str:
    """Keyed: a body may hold a password that a bare digest would let somebody guess from a copy of the database."""
    digest = hmac.new(settings.SECRET_KEY.encode(), digestmod=hashlib.sha256)
    for name in sorted(request.POST):
        if name != "csrfmiddlewaretoken":
            digest.update(repr((name, request.POST.getlist(name))).encode())
    for name in sorted(request.FILES):
        for upload in request.FILES.getlist(name):
            digest.update(repr((name, upload.name, upload.size)).encode())
            for chunk in upload.chunks():
                digest.update(chunk)
            upload.seek(0)
    return digest.hexdigest()


def _replay(row: IdempotencyKey, request: OrgRequest) -> HttpResponse:
    if row.body_sha256 != _digest(request):
        text = (
            "This form was sent before with other contents. What was sent first is kept; reload the page and try again."
        )
        return HttpResponse(text, status=422, content_type="text/plain; charset=utf-8")
    if row.status == HTTPStatus.OK and not row.body:
        return HttpResponse(SHOWN_ONCE, content_type="text/plain; charset=utf-8", headers={"Idempotent-Replay": "true"})
    response = HttpResponse(row.body, status=row.status or 200)
    for name, value in row.headers.items():
        response[name] = value
    response["Idempotent-Replay"] = "true"
    return response


def _remember(row: IdempotencyKey, response: HttpResponse) -> None:
    row.status = response.status_code
    row.headers = {name: response[name] for name in REPLAYED_HEADERS if response.has_header(name)}
    # A secret shown once is not stored for a replay.
    body = b"" if getattr(response, "shows_secret", False) else response.content
    row.body = body[:REPLAY_BODY_LIMIT].decode(errors="replace")
    row.save(update_fields=["status", "headers", "body"])


def _rendered(response: HttpResponse) -> HttpResponse:
    """A lazily rendered template response would run its queries outside the scope."""
    render = getattr(response, "render", None)
    if callable(render) and not getattr(response, "is_rendered", True):
        render()
    return response
