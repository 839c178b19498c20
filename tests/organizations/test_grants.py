"""What a client grants a consultant: offered alike to anybody, held by the right one, changed and ended at once."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.conftest import member, person, proven
from ztassess.audit.acting import acting_for
from ztassess.audit.models import AuditDetail, AuditEvent
from ztassess.common.models import organization_scope
from ztassess.organizations.access import Access, org_view
from ztassess.organizations.errors import GrantRefused
from ztassess.organizations.models import FactSheet, Grant, GrantState, Membership
from ztassess.organizations.roles import Action, Flag, Rights, Role
from ztassess.organizations.services import invitation_accept, invitation_create
from ztassess.organizations.services_grants import (
    LONGEST,
    Terms,
    grant_accept,
    grant_change,
    grant_end,
    grant_offer,
)

OWNER = Rights(Role.OWNER)


@pytest.fixture
def consultant(db):
    return person("cora@firm.example", "Cora Consultant")


@pytest.fixture
def home(organization):
    return f"/o/{organization.slug}/"


def terms(role=Role.EDITOR, days=30, *flags):
    return Terms(role, timezone.now() + timedelta(days=days), frozenset(flags))


def offered(organization, owner, email, terms_=None, *, for_firm=False):
    """An offer and its token."""
    with organization_scope(organization):
        grant, link = grant_offer(
            organization=organization,
            email=email,
            for_firm=for_firm,
            terms=terms_ or terms(),
            actor=owner,
            rights=OWNER,
        )
    return grant, link.rstrip("/").rsplit("/", 1)[1]


def granted(organization, owner, user, terms_=None):
    grant, _ = offered(organization, owner, user.email, terms_)
    return grant_accept(grant=grant, user=user)


def membership_of(organization, user):
    with organization_scope(organization):
        return Membership.objects.active().filter(user=user).select_related("grant").first()


def form(email="cora@firm.example", **changed):
    day = timezone.localdate() + timedelta(days=30)
    return {"email": email, "kind": "person", "role": "editor", "last_day": day.isoformat(), **changed}


def test_offer_is_mailed_shown_once_and_accepted_by_its_address_alone(
    owner, consultant, stranger, organization, home, django_capture_on_commit_callbacks
):
    client = proven(Client(), owner)
    with django_capture_on_commit_callbacks(execute=True):
        shown = client.post(home + "settings/consultants/offer/", form(share="on") | {"idempotency_key": "k"})
    path = "/" + shown.context["link"].split("/", 3)[3]
    assert path in mail.outbox[0].body
    again = client.post(home + "settings/consultants/offer/", form(share="on") | {"idempotency_key": "k"})
    assert path not in again.content.decode() + client.get(home + "settings/consultants/").content.decode()
    other = proven(Client(), stranger)
    assert "another address than stranger@other.example" in other.post(path).content.decode()
    mine = proven(Client(), consultant)
    assert "Work for Acme" in mine.get(path).content.decode()
    assert mine.post(path)["Location"] == home
    member_ = membership_of(organization, consultant)
    assert (member_.role, member_.is_consultant, member_.rights.flags) == ("editor", True, frozenset({Flag.SHARE}))
    assert member_.expires_at == member_.grant.expires_at
    assert mine.get(path).status_code == 404
    page = client.get(home + "settings/consultants/").content.decode()
    assert "Cora Consultant" in page
    assert "Share links" in page


def test_known_and_unknown_addresses_get_the_same_answer(owner, consultant, home):
    client = proven(Client(), owner)
    answers = [
        client.post(home + "settings/consultants/offer/", form(email, kind=kind))
        for email in (consultant.email, "nobody@firm.example")
        for kind in ("person", "firm")
    ]
    bodies = set()
    for answer in answers:
        body = answer.content.decode().replace(answer.context["link"], "").replace(answer.context["email"], "")
        bodies.add(re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", body))
    assert {answer.status_code for answer in answers} == {200}
    assert len(bodies) == 1


@pytest.mark.parametrize("state", ["ended_at", "accepted_at", "offer_until", "expires_at", "unknown", "replaced"])
def test_closed_offers_say_what_unknown_ones_say(owner, consultant, organization, state):
    grant, token = offered(organization, owner, consultant.email)
    if state == "replaced":
        offered(organization, owner, consultant.email.upper())
    elif state != "unknown":
        with organization_scope(organization):
            Grant.objects.filter(id=grant.id).update(**{state: timezone.now() - timedelta(seconds=1)})
    client = proven(Client(), consultant)
    answer = client.post(f"/grant/{'x' * 43 if state == 'unknown' else token}/")
    assert answer.status_code == 404
    assert answer.context["problem"] == "This offer is not open any more. Ask the client for a new one."
    assert membership_of(organization, consultant) is None


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"last_day": "2020-01-01"}, "The last day lies between today and a year from today"),
        ({"last_day": (timezone.localdate() + LONGEST).isoformat()}, "The last day lies between today and a year"),
        ({"last_day": ""}, "This field is required"),
        ({"role": "admin"}, "Select a valid choice"),
        ({"role": "owner"}, "Select a valid choice"),
        ({"email": "viewer@acme.example"}, "is a member of Acme; a consultant is somebody from outside"),
    ],
)
def test_offer_is_refused_in_a_sentence_and_nothing_is_kept(owner, viewer, organization, home, changed, said):
    answer = proven(Client(), owner).post(home + "settings/consultants/offer/", form() | changed)
    assert answer.status_code == 400
    assert said in answer.content.decode()
    with organization_scope(organization):
        assert not Grant.objects.exists()


def test_last_day_may_be_today_and_a_year_away(owner, organization, home):
    client = proven(Client(), owner)
    for days in (0, LONGEST.days - 1):
        day = (timezone.localdate() + timedelta(days=days)).isoformat()
        assert client.post(home + "settings/consultants/offer/", form(last_day=day)).status_code == 200


@pytest.mark.parametrize(
    ("role", "own"), [(Role.ADMIN, Role.OWNER), (Role.OWNER, Role.OWNER), (Role.EDITOR, Role.VIEWER)]
)
def test_nobody_grants_more_than_an_editor_or_than_they_have(owner, in_scope, role, own):
    with pytest.raises(GrantRefused):
        grant_offer(
            organization=in_scope,
            email="x@y.example",
            for_firm=False,
            terms=terms(role),
            actor=owner,
            rights=Rights(own),
        )


def test_member_of_the_client_takes_no_offer(owner, organization, consultant):
    grant, _ = offered(organization, owner, consultant.email)
    member(organization, Role.VIEWER, "x@acme.example", "X")
    with organization_scope(organization):
        Membership.objects.create(organization=organization, user=consultant, role=Role.VIEWER)
    with pytest.raises(GrantRefused, match="You are a member of Acme already"):
        grant_accept(grant=grant, user=consultant)
    with organization_scope(organization):
        assert grant_find_state(grant) is GrantState.OFFERED


def grant_find_state(grant):
    return Grant.objects.get(id=grant.id).state()


def test_second_grant_to_the_same_person_replaces_the_first(owner, consultant, organization):
    first = granted(organization, owner, consultant)
    second = granted(organization, owner, consultant, terms(Role.VIEWER, 60))
    member_ = membership_of(organization, consultant)
    assert (member_.grant_id, member_.role, member_.expires_at) == (second.id, "viewer", second.expires_at)
    with organization_scope(organization):
        assert grant_find_state(first) is GrantState.ENDED
        assert Membership.objects.filter(user=consultant).count() == 1


def test_consultant_sees_404_a_second_after_the_end_and_200_a_second_before_in_the_same_session(
    owner, consultant, organization, home
):
    grant = granted(organization, owner, consultant, terms(days=2))
    client, answer = proven(Client(), consultant), home + "controls/mfa.all-humans/answer/"
    with time_machine.travel(grant.expires_at - timedelta(seconds=1), tick=False):
        assert client.get(home).status_code == 200
        assert client.post(answer, {"level": "1", "version": "0", "note": ""}).status_code < 400
    with time_machine.travel(grant.expires_at + timedelta(seconds=1), tick=False):
        assert client.get(home).status_code == 404
        assert client.post(answer, {"level": "2", "version": "1"}).status_code == 404
        with organization_scope(organization):
            assert grant_find_state(grant) is GrantState.EXPIRED


def test_ended_access_ends_in_an_open_session_and_by_an_admin_too(owner, admin, consultant, organization, home):
    grant = granted(organization, owner, consultant)
    client = proven(Client(), consultant)
    assert client.get(home).status_code == 200
    path = f"{home}settings/consultants/{grant.id}/"
    assert proven(Client(), admin).get(path).status_code == 403
    assert proven(Client(), admin).post(path + "end/").status_code == 302
    assert client.get(home).status_code == 404
    with organization_scope(organization), pytest.raises(GrantRefused, match="was ended before"):
        grant_end(grant=grant, actor=owner)


def test_changed_terms_hold_at_once_and_a_stale_form_changes_nothing(owner, consultant, organization, home):
    grant = granted(organization, owner, consultant)
    mine, path = proven(Client(), consultant), f"{home}settings/consultants/{grant.id}/"
    assert mine.get(home + "connectors/doors/connect/").status_code == 403
    soon = timezone.localdate() + timedelta(days=3)
    data = {"role": "viewer", "last_day": soon.isoformat(), "credentials": "on", "version": "1"}
    client = proven(Client(), owner)
    assert client.get(path).status_code == 200
    assert client.post(path, data).status_code == 302
    stale = client.post(path, data | {"role": "editor"})
    assert stale.status_code == 400
    assert "Somebody else changed this access meanwhile" in stale.content.decode()
    member_ = membership_of(organization, consultant)
    assert (member_.role, member_.rights.flags) == ("viewer", frozenset({Flag.CREDENTIALS}))
    assert timezone.localtime(member_.expires_at - timedelta(seconds=1)).date() == soon
    assert mine.get(home + "connectors/aws/connect/").status_code == 200
    assert mine.post(home + "controls/mfa.all-humans/answer/", {"level": "1"}).status_code == 403


def test_expired_access_lives_again_when_it_is_extended(owner, consultant, organization, home):
    grant = granted(organization, owner, consultant, terms(days=1))
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        client = proven(Client(), consultant)
        assert client.get(home).status_code == 404
        assert "Extend" in proven(Client(), owner).get(home + "settings/consultants/").content.decode()
        with organization_scope(organization):
            grant_change(grant=grant, terms=terms(), version=1, actor=owner, rights=OWNER)
        assert client.get(home).status_code == 200


def test_consultant_leaves_and_the_grant_is_over(owner, consultant, organization, home):
    grant = granted(organization, owner, consultant)
    client, member_ = proven(Client(), consultant), membership_of(organization, consultant)
    page = client.get("/o/")
    assert "Acme" in page.content.decode()
    # Asked once more: only an owner can undo it.
    assert "Only an owner there can let you in again" in page.content.decode()
    assert client.post(f"{home}members/{member_.id}/end/")["Location"] == "/o/"
    assert client.get(home).status_code == 404
    with organization_scope(organization):
        assert grant_find_state(grant) is GrantState.ENDED


def test_every_act_of_a_consultant_is_logged_as_for_the_client(owner, consultant, organization, home):
    granted(organization, owner, consultant)
    client = proven(Client(), consultant)
    client.post(home + "controls/mfa.all-humans/answer/", {"level": "1", "version": "0", "note": "n"})
    sheet = client.get(home + "settings/").context["sheet"]
    client.post(home + "settings/", {"version": sheet.version, "n_people": "5"})
    client.post(f"{home}members/{membership_of(organization, consultant).id}/end/")
    with organization_scope(organization):
        events = AuditEvent.objects.filter(actor=consultant)
        assert {event.action for event in events} >= {"grant.accept", "answer.save", "facts.save", "membership.revoke"}
        assert {event.via for event in events} == {"consultant"}
        said = AuditDetail.objects.get(event__action="facts.save").summary
        assert not AuditEvent.objects.filter(actor=owner, via="consultant").exists()
    assert said.endswith("(consultant for Acme)")
    assert "consultant for Acme" in proven(Client(), owner).get(home + "settings/log/").content.decode()


def test_members_page_and_roles_leave_consultants_to_their_grant(owner, consultant, organization, home):
    granted(organization, owner, consultant)
    page = proven(Client(), owner).get(home + "members/").content.decode()
    member_ = membership_of(organization, consultant)
    assert f"members/{member_.id}/role/" not in page
    proven(Client(), owner).post(f"{home}members/{member_.id}/role/", {"role": "owner"})
    assert membership_of(organization, consultant).role == "editor"


def test_consultant_who_is_invited_joins_and_is_none_any_more(owner, consultant, organization):
    grant = granted(organization, owner, consultant)
    with organization_scope(organization):
        invitation, _ = invitation_create(
            organization=organization, email=consultant.email, role=Role.VIEWER, actor=owner, actor_role=Role.OWNER
        )
    invitation_accept(invitation=invitation, user=consultant)
    member_ = membership_of(organization, consultant)
    assert (member_.role, member_.is_consultant, member_.expires_at) == ("viewer", False, None)
    with organization_scope(organization):
        assert grant_find_state(grant) is GrantState.ENDED


def test_form_of_one_client_sent_from_a_tab_of_another_is_404_and_writes_nothing(
    owner, stranger, consultant, organization, other_organization
):
    granted(organization, owner, consultant)
    granted(other_organization, stranger, consultant)
    client = proven(Client(), consultant)
    page = client.get(f"/o/{organization.slug}/settings/")
    data = {"for_organization": str(organization.id), "version": page.context["sheet"].version, "n_people": "77"}
    assert client.post(f"/o/{other_organization.slug}/settings/", data).status_code == 404
    for each in (organization, other_organization):
        with organization_scope(each):
            assert FactSheet.objects.get().values == {}
    assert client.post(f"/o/{organization.slug}/settings/", data).status_code == 302
    with organization_scope(organization):
        assert FactSheet.objects.get().values == {"n_people": 77}


def test_queries_of_the_consultants_page_do_not_grow(owner, organization, home):
    client = proven(Client(), owner)

    def add(number):
        granted(organization, owner, person(f"c{number}@firm.example", f"C {number}"))

    add(0)
    client.get(home + "settings/consultants/")
    with CaptureQueriesContext(connection) as few:
        client.get(home + "settings/consultants/")
    for number in range(1, 6):
        add(number)
    with CaptureQueriesContext(connection) as many:
        assert client.get(home + "settings/consultants/").content.count(b">Change<") == 6
    assert len(many) == len(few)


def test_views_of_a_consultant_act_for_their_own_client_nested_and_failing(
    owner, stranger, consultant, organization, other_organization, rf
):
    granted(organization, owner, consultant)
    granted(other_organization, stranger, consultant)
    heard = []

    def hears(request):
        heard.append(
            {each: acting_for(each.id, consultant.pk) is not None for each in (organization, other_organization)}
        )
        return HttpResponse()

    def nests(request):
        hears(request)
        org_view(hears, Access(Action.READ))(request_of(consultant), slug=other_organization.slug)
        request.organization = organization
        return hears(request)

    def fails(request):
        hears(request)
        raise ZeroDivisionError

    def request_of(user):
        request = rf.get("/")
        request.user = user
        return request

    org_view(nests, Access(Action.READ))(request_of(consultant), slug=organization.slug)
    here, there = {organization: True, other_organization: False}, {organization: False, other_organization: True}
    assert heard == [here, there, here]
    with pytest.raises(ZeroDivisionError):
        org_view(fails, Access(Action.READ))(request_of(consultant), slug=organization.slug)
    assert acting_for(organization.id, consultant.pk) is None
