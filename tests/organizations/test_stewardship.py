"""A client that its consultant set up: an owner's rights until an owner of the client claims it, then none of them."""

from __future__ import annotations

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from tests.conftest import person, proven, with_factor
from tests.organizations.test_grants import membership_of
from ztassess.common.models import organization_scope
from ztassess.organizations.errors import GrantClosed, InvitationClosed
from ztassess.organizations.models import GrantState, Invitation, Membership, Organization
from ztassess.organizations.roles import Flag, Rights, Role
from ztassess.organizations.services import invitation_accept, invitation_create, membership_change_role
from ztassess.organizations.services_grants import LONGEST, Terms, grant_accept, grant_offer


@pytest.fixture
def consultant(db):
    return with_factor(person("cora@firm.example", "Cora Consultant"))


@pytest.fixture
def stewarded(consultant, client):
    """A client that the consultant set up by the seven questions."""
    proven(client, consultant)
    client.post("/o/new/1/", {"perspective": "consultant", "company": "Clientco", "n_people": "9"})
    for step in range(2, 8):
        answer = client.post(f"/o/new/{step}/", {"skip": "1"})
    slug = answer["Location"].split("/")[2]
    return Organization.objects.get(slug=slug)


def test_steward_holds_an_owners_rights_until_an_owner_claims(
    stewarded, consultant, stranger, django_capture_on_commit_callbacks
):
    home = f"/o/{stewarded.slug}/"
    made = stewarded
    client = proven(Client(), consultant)
    assert "Cora Consultant is the steward" in client.get(home + "settings/consultants/").content.decode()
    member_ = membership_of(made, consultant)
    assert member_.is_steward
    client.post(f"{home}members/{member_.id}/end/")
    assert membership_of(made, consultant) is not None, "the last owner stays"
    with django_capture_on_commit_callbacks(execute=True):
        shown = client.post(home + "settings/consultants/hand-over/", {"email": stranger.email})
    path = "/" + shown.context["link"].split("/", 3)[3]
    assert "as your consultant, and hands it over to you" in mail.outbox[-1].body
    theirs = proven(Client(), stranger)
    assert "Claim Clientco" in theirs.get(path).content.decode()
    assert client.get(home + "settings/log/").status_code == 200
    theirs.post(path)
    member_ = membership_of(made, consultant)
    assert (member_.role, member_.is_consultant) == ("editor", True)
    assert member_.grant.state() is GrantState.ACCEPTED
    assert timezone.now() < member_.expires_at <= timezone.now() + LONGEST
    assert membership_of(made, stranger).role == "owner"
    assert client.get(home + "settings/log/").status_code == 403
    assert client.get(home + "settings/consultants/hand-over/").status_code == 403
    theirs.post(f"{home}settings/consultants/{member_.grant_id}/end/")
    assert client.get(home).status_code == 404


def test_making_a_member_owner_claims_as_well(stewarded, consultant, stranger):
    made = stewarded
    with organization_scope(made):
        colleague = Membership.objects.create(organization=made, user=stranger, role=Role.ADMIN)
        membership_change_role(membership=colleague, role=Role.OWNER, actor=consultant, actor_role=Role.OWNER)
    assert membership_of(made, consultant).role == "editor"


def test_steward_who_invites_their_own_address_stays_the_steward(stewarded, consultant):
    made = stewarded
    with organization_scope(made):
        invitation, _ = invitation_create(
            organization=made, email=consultant.email, role=Role.OWNER, actor=consultant, actor_role=Role.OWNER
        )
        invitation = Invitation.objects.get(id=invitation.id)
    invitation_accept(invitation=invitation, user=consultant)
    assert membership_of(made, consultant).is_steward


def test_steward_keeps_no_link_that_brings_them_back_after_the_claim(stewarded, consultant, stranger):
    """Invitations show their link to whoever sends them: one to an address of one's own could be kept for later."""
    made, alias = stewarded, person("cora@private.example", "Cora Again")
    with organization_scope(made):
        kept = [invited(made, email, consultant) for email in (alias.email, consultant.email)]
        terms = Terms(Role.EDITOR, timezone.now() + LONGEST, frozenset(Flag))
        offer, _ = grant_offer(
            organization=made,
            email="colleague@firm.example",
            for_firm=False,
            terms=terms,
            actor=consultant,
            rights=Rights(Role.OWNER, is_consultant=True),
        )
        invitation_accept(invitation=invited(made, stranger.email, consultant), user=stranger)
    for invitation, user in zip(kept, (alias, consultant), strict=True):
        with pytest.raises(InvitationClosed):
            invitation_accept(invitation=invitation, user=user)
    with pytest.raises(GrantClosed):
        grant_accept(grant=offer, user=person("colleague@firm.example", "Colleague"))
    assert membership_of(made, consultant).role == "editor"
    with organization_scope(made):
        assert Membership.objects.active().filter(role="owner").get().user == stranger
        assert all(each.accepted_at is None for each in Invitation.objects.exclude(email=stranger.email))


def invited(organization, email, actor):
    invitation, _ = invitation_create(
        organization=organization, email=email, role=Role.OWNER, actor=actor, actor_role=Role.OWNER
    )
    return Invitation.objects.get(id=invitation.id)
