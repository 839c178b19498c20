"""Invitations, roles and leaving: nobody gets more than was granted, and the last owner stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from tests.conftest import proven
from ztassess.common.models import organization_scope
from ztassess.organizations.errors import RoleRefused
from ztassess.organizations.models import IdempotencyKey, Invitation, Membership
from ztassess.organizations.roles import Role
from ztassess.organizations.services import membership_change_role, membership_revoke


@pytest.fixture
def home(organization):
    return f"/o/{organization.slug}/"


def signed_in(user):
    return proven(Client(), user)


def invite(client, organization, home, email="new@acme.example", role="editor", **extra):
    data = {"organization": str(organization.id), "email": email, "role": role, **extra}
    return client.post(home + "members/invite/", data)


def link_in(response) -> str:
    return response.context["link"]


def membership_of(organization, user):
    with organization_scope(organization):
        return Membership.objects.active().filter(user=user).first()


def test_invitation_is_mailed_shown_once_and_stored_as_hash(
    owner, organization, home, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        response = invite(signed_in(owner), organization, home)
    token = link_in(response).rstrip("/").rsplit("/", 1)[1]
    assert token in mail.outbox[0].body
    assert token not in signed_in(owner).get(home + "members/").content.decode()
    with organization_scope(organization):
        assert token not in Invitation.objects.get().token_hash


def test_link_is_not_stored_for_a_replay(owner, organization, home):
    client = signed_in(owner)
    first = invite(client, organization, home, idempotency_key="k")
    second = invite(client, organization, home, idempotency_key="k")
    assert link_in(first).encode() not in second.content
    assert b"revoke what was made" in second.content
    with organization_scope(organization):
        assert IdempotencyKey.objects.get().body == ""
        assert Invitation.objects.count() == 1


def test_invited_person_joins_with_that_role(owner, stranger, organization, home):
    response = invite(signed_in(owner), organization, home, email=stranger.email, role="viewer")
    path = "/" + link_in(response).split("/", 3)[3]
    client = signed_in(stranger)
    assert "Acme" in client.get(path).content.decode()
    client.post(path)
    assert membership_of(organization, stranger).role == Role.VIEWER


def test_invitation_for_another_address_does_not_open(owner, stranger, organization, home):
    response = invite(signed_in(owner), organization, home)
    path = "/" + link_in(response).split("/", 3)[3]
    assert signed_in(stranger).post(path).status_code == 404
    assert membership_of(organization, stranger) is None


@pytest.mark.parametrize("closed", ["revoked_at", "accepted_at", "expires_at"])
def test_closed_and_unknown_invitations_say_the_same(owner, stranger, organization, home, closed):
    response = invite(signed_in(owner), organization, home, email=stranger.email)
    with organization_scope(organization):
        Invitation.objects.update(**{closed: timezone.now() - timedelta(seconds=1)})
    client = signed_in(stranger)
    used = client.get("/" + link_in(response).split("/", 3)[3])
    unknown = client.get("/invite/" + "x" * 43 + "/")
    assert used.status_code == unknown.status_code == 404
    assert used.context["problem"] == unknown.context["problem"]


@pytest.mark.parametrize("change", ["removed", "demoted"])
def test_invitation_of_who_may_not_invite_any_more_is_closed(owner, admin, stranger, organization, home, change):
    """An admin who saw the link could send it to an address of their own before being removed."""
    path = "/" + link_in(invite(signed_in(admin), organization, home, email=stranger.email)).split("/", 3)[3]
    membership, client = membership_of(organization, admin), signed_in(stranger)
    assert client.get(path).status_code == 200
    with organization_scope(organization):
        if change == "removed":
            membership_revoke(membership=membership, actor=owner, actor_role=Role.OWNER)
        else:
            membership_change_role(membership=membership, role=Role.VIEWER, actor=owner, actor_role=Role.OWNER)
    assert [client.get(path).status_code, client.post(path).status_code] == [404, 404]
    assert membership_of(organization, stranger) is None


def test_known_and_unknown_addresses_get_the_same_answer(owner, stranger, organization, home):
    client = signed_in(owner)
    known = invite(client, organization, home, email=stranger.email)
    unknown = invite(client, organization, home, email="nobody@nowhere.example")
    assert known.status_code == unknown.status_code == 200
    assert bool(link_in(known)) == bool(link_in(unknown)) is True


def test_admin_cannot_invite_an_owner(admin, organization, home):
    assert invite(signed_in(admin), organization, home, role="owner").status_code == 400
    with organization_scope(organization):
        assert not Invitation.objects.exists()


@pytest.mark.parametrize("role", ["owner", "admin"])
def test_admin_cannot_raise_anybody_to_the_own_rank_or_above(admin, editor, organization, home, role):
    target = membership_of(organization, editor)
    signed_in(admin).post(f"{home}members/{target.id}/role/", {"role": role})
    assert membership_of(organization, editor).role == Role.EDITOR


def test_admin_cannot_touch_the_owner(admin, owner, organization, home):
    target = membership_of(organization, owner)
    client = signed_in(admin)
    client.post(f"{home}members/{target.id}/role/", {"role": "viewer"})
    client.post(f"{home}members/{target.id}/end/")
    assert membership_of(organization, owner).role == Role.OWNER


def test_last_owner_cannot_leave_or_be_demoted(owner, organization, home):
    target = membership_of(organization, owner)
    client = signed_in(owner)
    client.post(f"{home}members/{target.id}/end/")
    client.post(f"{home}members/{target.id}/role/", {"role": "viewer"})
    assert membership_of(organization, owner).role == Role.OWNER


def test_owner_may_leave_once_somebody_else_is_owner(owner, editor, organization, home):
    client = proven(Client(), owner)
    client.post(f"{home}members/{membership_of(organization, editor).id}/role/", {"role": "owner"})
    client.post(f"{home}members/{membership_of(organization, owner).id}/end/")
    assert membership_of(organization, owner) is None
    assert client.get(home).status_code == 404


def test_viewer_may_leave_and_not_remove_others(viewer, editor, organization, home):
    client = signed_in(viewer)
    client.post(f"{home}members/{membership_of(organization, editor).id}/end/")
    assert membership_of(organization, editor) is not None
    client.post(f"{home}members/{membership_of(organization, viewer).id}/end/")
    assert membership_of(organization, viewer) is None


def test_extra_fields_change_nothing(owner, organization, home):
    invite(signed_in(owner), organization, home, is_staff="1", user="1", expires_at="2099-01-01")
    with organization_scope(organization):
        assert Invitation.objects.get().expires_at < timezone.now() + timedelta(days=8)


def test_whose_membership_expired_joins_again_by_a_new_invitation(owner, stranger, organization, home):
    with organization_scope(organization):
        ended = timezone.now() - timedelta(days=1)
        Membership.objects.create(organization=organization, user=stranger, role=Role.ADMIN, expires_at=ended)
    response = invite(signed_in(owner), organization, home, email=stranger.email, role="viewer")
    answer = signed_in(stranger).post("/" + link_in(response).split("/", 3)[3])
    assert (answer.status_code, answer["Location"]) == (302, home)
    assert membership_of(organization, stranger).role == Role.VIEWER


def demote(read, actor):
    membership_change_role(membership=read, role=Role.VIEWER, actor=actor, actor_role=Role.ADMIN)


def end(read, actor):
    membership_revoke(membership=read, actor=actor, actor_role=Role.ADMIN)


@pytest.mark.parametrize("change", [demote, end])
def test_admin_who_read_an_editor_cannot_touch_the_owner_that_became(editor, admin, organization, change):
    read = membership_of(organization, editor)
    with organization_scope(organization):
        Membership.objects.filter(id=read.id).update(role=Role.OWNER)
        with pytest.raises(RoleRefused):
            change(read, admin)
    assert membership_of(organization, editor).role == Role.OWNER


@pytest.mark.parametrize("change", [demote, end])
def test_member_who_left_meanwhile_is_not_changed(editor, admin, organization, change):
    read = membership_of(organization, editor)
    with organization_scope(organization):
        Membership.objects.filter(id=read.id).update(revoked_at=timezone.now())
        with pytest.raises(RoleRefused, match="not a member any more"):
            change(read, admin)


def test_new_role_is_told(owner, editor, organization, home):
    path = f"{home}members/{membership_of(organization, editor).id}/role/"
    page = proven(Client(), owner).post(path, {"role": "admin"}, follow=True).content.decode()
    assert f"{editor} is admin now." in page
