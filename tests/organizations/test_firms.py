"""A consulting firm as the holder of a grant: it says who works for the client, and only while it may."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.conftest import member, person, proven, with_factor
from tests.organizations.test_grants import OWNER, membership_of, offered, terms
from ztassess.audit.models import AuditDetail, AuditEvent
from ztassess.common.models import organization_scope
from ztassess.organizations.errors import GrantRefused
from ztassess.organizations.models import Grant, GrantState, Membership
from ztassess.organizations.roles import Role
from ztassess.organizations.services import membership_revoke, organization_create
from ztassess.organizations.services_firm import firm_assign, grants_return
from ztassess.organizations.services_grants import grant_accept, grant_change, grant_end


@pytest.fixture
def boss(db):
    return person("fiona@firm.example", "Fiona Firm")


@pytest.fixture
def firm(boss):
    return organization_create(name="Northgate", owner=boss, facts={})


@pytest.fixture
def cora(firm):
    return with_factor(member(firm, Role.VIEWER, "cora@firm.example", "Cora Consultant"))


@pytest.fixture
def grant(organization, owner, firm, boss):
    made, _ = offered(organization, owner, boss.email, for_firm=True)
    return grant_accept(grant=made, user=boss, firm=firm)


@pytest.fixture
def home(organization):
    return f"/o/{organization.slug}/"


def works(firm, grant, user, boss):
    with organization_scope(firm):
        firm_assign(firm=firm, grant=grant, member=user, actor=boss)


def test_owner_of_the_firm_accepts_for_it_and_sends_a_member(owner, organization, home, firm, boss, cora):
    _, token = offered(organization, owner, boss.email, for_firm=True)
    client = proven(Client(), boss)
    assert "Northgate" in client.get(f"/grant/{token}/").content.decode()
    page = client.post(f"/grant/{token}/", {"firm": str(firm.id)})["Location"]
    assert membership_of(organization, boss) is None, "accepting for a firm lets nobody in yet"
    assert "Cora Consultant" in client.get(page).content.decode()
    client.post(page, {"member": cora.pk, "act": "assign"})
    member_ = membership_of(organization, cora)
    assert (member_.role, member_.is_consultant) == ("editor", True)
    theirs = proven(Client(), cora)
    assert "consultant of Northgate" in theirs.get("/o/").content.decode()
    theirs.post(home + "controls/mfa.all-humans/answer/", {"level": "1", "version": "0", "note": "n"})
    with organization_scope(organization):
        said = AuditDetail.objects.get(event__action="answer.save").summary
        assert said.endswith("(consultant for Acme, of Northgate)")
        assert AuditEvent.objects.get(action="grant.assign").via == "consultant"
    with organization_scope(firm):
        assert AuditEvent.objects.get(action="client.assign").via == "page"
    listed = proven(Client(), owner).get(home + "settings/consultants/").content.decode()
    assert "Northgate" in listed
    assert "cora@firm.example" in listed
    client.post(page, {"member": cora.pk, "act": "remove"})
    assert theirs.get(home).status_code == 404
    assert "Nobody yet" in client.get(f"/o/{firm.slug}/settings/clients/").content.decode()


def test_who_leaves_the_firm_leaves_its_clients_in_the_same_transaction(organization, home, firm, boss, cora, grant):
    works(firm, grant, cora, boss)
    client = proven(Client(), cora)
    assert client.get(home).status_code == 200
    with organization_scope(firm):
        membership_revoke(membership=Membership.objects.get(user=cora), actor=boss, actor_role=Role.OWNER)
    assert client.get(home).status_code == 404
    with organization_scope(organization):
        line = AuditDetail.objects.get(event__action="membership.revoke")
        assert line.summary == "Cora Consultant left Northgate, and with it the work for Acme"
        assert Grant.objects.get().state() is GrantState.ACCEPTED, "the firm may send somebody else"


def test_change_and_end_reach_everybody_whom_the_firm_sent(organization, home, owner, firm, boss, cora, grant):
    for user in (cora, boss):
        works(firm, grant, user, boss)
    client = proven(Client(), cora)
    with organization_scope(organization):
        grant_change(grant=grant, terms=terms(Role.VIEWER, 5), version=1, actor=owner, rights=OWNER)
        assert {each.role for each in Membership.objects.filter(grant=grant)} == {"viewer"}
        assert client.get(home).status_code == 200
        grant_end(grant=grant, actor=owner)
        assert not Membership.objects.active().filter(grant=grant).exists()
    assert client.get(home).status_code == 404
    assert proven(Client(), boss).get(f"/o/{firm.slug}/settings/clients/{grant.id}/").status_code == 404
    with organization_scope(firm), pytest.raises(GrantRefused, match="is over"):
        firm_assign(firm=firm, grant=grant, member=cora, actor=boss)


def test_renewed_grant_of_a_firm_keeps_its_people(organization, owner, firm, boss, cora, grant):
    works(firm, grant, cora, boss)
    again, _ = offered(organization, owner, boss.email, terms(Role.VIEWER, 90), for_firm=True)
    again = grant_accept(grant=again, user=boss, firm=firm)
    member_ = membership_of(organization, cora)
    assert (member_.grant_id, member_.role, member_.expires_at) == (again.id, "viewer", again.expires_at)


def test_firm_sends_members_of_its_own_alone(organization, owner, firm, boss, cora, grant, stranger, viewer):
    outsider, _ = offered(firm, boss, stranger.email)
    grant_accept(grant=outsider, user=stranger)
    client, path = proven(Client(), boss), f"/o/{firm.slug}/settings/clients/{grant.id}/"
    for user in (stranger, viewer):
        assert client.post(path, {"member": user.pk, "act": "assign"}).status_code == 404
        with organization_scope(firm), pytest.raises(GrantRefused, match="not a member of Northgate"):
            firm_assign(firm=firm, grant=grant, member=user, actor=boss)
    assert client.post(path, {"member": cora.pk, "act": "own"}).status_code == 400
    works(firm, grant, cora, boss)
    with organization_scope(firm), pytest.raises(GrantRefused, match="has access to Acme already"):
        firm_assign(firm=firm, grant=grant, member=cora, actor=boss)
    assert proven(Client(), cora).post(path, {"member": cora.pk, "act": "assign"}).status_code == 403


def test_firm_works_for_its_own_grants_alone(
    organization, owner, firm, boss, cora, grant, other_organization, stranger
):
    client = proven(Client(), stranger)
    assert client.get(f"/o/{other_organization.slug}/settings/clients/{grant.id}/").status_code == 404
    with organization_scope(other_organization), pytest.raises(GrantRefused, match="is over"):
        firm_assign(firm=other_organization, grant=grant, member=stranger, actor=stranger)
    assert membership_of(organization, stranger) is None


def test_offer_to_a_firm_is_taken_by_its_owners_and_admins_and_never_by_the_client(organization, owner, firm, cora):
    made, token = offered(organization, owner, cora.email, for_firm=True)
    client = proven(Client(), cora)
    assert "you are an owner or admin of none" in client.get(f"/grant/{token}/").content.decode()
    assert client.post(f"/grant/{token}/", {"firm": str(firm.id)}).status_code == 400
    with pytest.raises(GrantRefused, match="An owner or admin of the firm takes this offer"):
        grant_accept(grant=made, user=cora, firm=firm)
    with pytest.raises(GrantRefused, match="cannot be its own consultant"):
        grant_accept(grant=made, user=cora, firm=organization)
    assert membership_of(organization, cora) is None


def test_grant_of_ones_own_replaces_what_the_firm_gave(organization, owner, firm, boss, cora, grant):
    works(firm, grant, cora, boss)
    mine, _ = offered(organization, owner, cora.email)
    grant_accept(grant=mine, user=cora)
    assert membership_of(organization, cora).grant_id == mine.id
    with organization_scope(firm):
        membership_revoke(membership=Membership.objects.get(user=cora), actor=boss, actor_role=Role.OWNER)
    assert membership_of(organization, cora) is not None


def test_firm_that_is_dissolved_gives_everything_back(organization, home, firm, boss, cora, grant):
    works(firm, grant, cora, boss)
    with organization_scope(firm):
        assert grants_return(firm=firm, actor=boss) == 1
    assert proven(Client(), cora).get(home).status_code == 404
    with organization_scope(organization):
        assert Grant.objects.get().state() is GrantState.ENDED


def test_queries_of_the_firms_pages_do_not_grow(organization, owner, firm, boss, cora, grant):
    client = proven(Client(), boss)
    paths = (f"/o/{firm.slug}/settings/clients/", f"/o/{firm.slug}/settings/clients/{grant.id}/", "/o/?all")

    def count():
        with CaptureQueriesContext(connection) as seen:
            assert {client.get(path).status_code for path in paths} == {200}
        return len(seen)

    count()
    few = count()
    for number in range(4):
        user = member(firm, Role.VIEWER, f"m{number}@firm.example", f"M {number}")
        works(firm, grant, user, boss)
        other = person(f"o{number}@client.example", f"O {number}")
        client_ = organization_create(name=f"Client {number}", owner=other, facts={})
        made, _ = offered(client_, other, boss.email, for_firm=True)
        works(firm, grant_accept(grant=made, user=boss, firm=firm), boss, boss)
    assert count() == few


def test_expired_grant_is_gone_from_the_firms_page(organization, firm, boss, cora, grant):
    works(firm, grant, cora, boss)
    with organization_scope(organization):
        past = timezone.now() - timedelta(seconds=1)
        Grant.objects.update(expires_at=past)
        Membership.objects.filter(grant=grant).update(expires_at=past)
    page = proven(Client(), boss).get(f"/o/{firm.slug}/settings/clients/").content.decode()
    assert "No client granted this firm access" in page
