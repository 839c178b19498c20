"""A fresh proof before what matters most: by the strongest way, led to by a GET, and never stored with a post."""

from __future__ import annotations

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from tests.conftest import PASSWORD, proven
from ztassess.common.models import organization_scope
from ztassess.organizations.models import Grant, Invitation

SECRET = "JBSWY3DPEHPK3PXP"
CANARY = "canary-5d1c@firm.example"


@pytest.fixture
def offer(organization):
    return f"/o/{organization.slug}/settings/consultants/offer/"


@pytest.fixture
def factor(owner) -> Authenticator:
    return TOTP.activate(owner, SECRET).instance


def sessions() -> str:
    return " ".join(str(session.get_decoded()) for session in Session.objects.all())


@pytest.mark.parametrize(
    ("method", "age", "enrolled", "fresh"),
    [
        ("password", 0, False, True),
        ("password", 299, False, True),
        ("password", 301, False, False),
        ("password", -10, False, False),
        ("code", 10, False, True),
        ("mfa", 10, False, True),
        ("password_reset", 10, False, False),
        ("mfa", 299, True, True),
        ("mfa", 301, True, False),
        ("password", 0, True, False),
        ("code", 0, True, False),
    ],
)
def test_proof_counts_by_method_and_age(owner, organization, offer, request, method, age, enrolled, fresh):
    if enrolled:
        request.getfixturevalue("factor")
    with time_machine.travel(timezone.now(), tick=False):  # a second of a busy machine decides nothing
        client = proven(Client(), owner, method=method, seconds_ago=age)
        answer = client.get(offer)
        assert answer.status_code == (200 if fresh else 302)
        posted = client.post(offer, {"email": CANARY})
    assert posted.status_code == (400 if fresh else 403)
    with organization_scope(organization):
        assert not Grant.objects.exists()


def test_proof_of_another_person_in_the_same_browser_does_not_count(owner, admin, organization, offer):
    client = proven(Client(), admin)
    session = client.session
    session["_auth_user_id"], session["_auth_user_hash"] = str(owner.pk), owner.get_session_auth_hash()
    session.save()
    assert client.get(offer).status_code == 302


def test_stale_get_leads_to_the_password_and_back(client, owner, organization, offer):
    client.force_login(owner)
    led = client.get(offer)
    assert led["Location"].startswith("/accounts/reauthenticate/?next=")
    answer = client.post(led["Location"], {"password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, offer)
    assert client.get(offer).status_code == 200


def test_stale_get_leads_to_the_factor_which_a_password_does_not_replace(client, owner, organization, offer, factor):
    proven(client, owner, method="password")
    led = client.get(client.get(offer)["Location"])
    assert led["Location"].startswith("/accounts/2fa/reauthenticate/")
    page = client.get(led["Location"])
    assert b"Use your password" not in page.content
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert client.get(offer).status_code == 302
    code = format_hotp_value(hotp_value(SECRET, next(iter(yield_hotp_counters_from_time()))))
    assert client.post(led["Location"], {"code": code})["Location"] == offer
    assert client.get(offer).status_code == 200


def test_stale_post_is_refused_in_one_sentence_and_stored_nowhere(client, owner, organization, offer):
    client.force_login(owner)
    answer = client.post(offer, {"email": CANARY, "kind": "person", "role": "editor", "last_day": "2026-12-01"})
    assert answer.status_code == 403
    assert "Nothing of what you sent was kept or done" in answer.content.decode()
    assert f"/accounts/reauthenticate/?next={offer.replace('/', '%2F')}" in answer.content.decode()
    assert CANARY not in answer.content.decode() + sessions()
    with organization_scope(organization):
        assert not Grant.objects.exists()
    session = client.session  # the search would find it
    session["account_reauthentication_state"] = {"request": CANARY}
    session.save()
    assert CANARY in sessions()


@pytest.mark.parametrize("role", ["admin", "owner", "editor"])
def test_role_of_an_admin_or_owner_is_given_and_taken_with_a_fresh_proof_only(owner, editor, organization, role):
    home = f"/o/{organization.slug}/members/"
    stale, needs = Client(), role != "editor"
    stale.force_login(owner)
    invite = {"email": CANARY, "role": role}
    assert stale.post(home, invite).status_code == (403 if needs else 200)
    assert proven(Client(), owner).post(home, invite).status_code == 200
    with organization_scope(organization):
        assert Invitation.objects.filter(email=CANARY).count() == (1 if needs else 2)
        membership = editor.memberships.get()
        change = f"{home}{membership.id}/role/"
    assert stale.post(change, {"role": role}).status_code == (403 if needs else 302)
    proven(Client(), owner).post(change, {"role": role})
    with organization_scope(organization):
        membership.refresh_from_db()
    assert membership.role == role
    assert stale.post(f"{home}{membership.id}/end/").status_code == (403 if needs else 302)
