"""A fresh proof before what matters most: by the strongest way, led to by a GET, and never stored with a post."""

from __future__ import annotations

from urllib.parse import parse_qs, quote, urlsplit

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from tests.conftest import PASSWORD, proven
from tests.fakes.doors import bells, building
from ztassess.common.models import organization_scope
from ztassess.organizations.models import Grant, Invitation
from ztassess.scans.models import Connection

__all__ = ["bells", "building"]

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


@pytest.mark.parametrize("role", ["owner", "viewer"])
def test_role_is_given_and_taken_with_a_fresh_proof_only(owner, editor, organization, role):
    home = f"/o/{organization.slug}/members/"
    stale = Client()
    stale.force_login(owner)
    invite = {"email": CANARY, "role": role}
    with organization_scope(organization):
        membership = editor.memberships.get()
    change, end = f"{home}{membership.id}/role/", f"{home}{membership.id}/end/"
    for path, form in ((f"{home}invite/", invite), (change, {"role": role}), (end, {})):
        assert stale.post(path, form).status_code == 403, path
        assert path == end or stale.get(path)["Location"] == f"/accounts/reauthenticate/?next={quote(path, safe='')}"
    with organization_scope(organization):
        assert not Invitation.objects.exists()
    fresh = proven(Client(), owner)
    assert fresh.get(f"{home}invite/").content.decode().count("counts for five minutes and ends") == 1
    assert fresh.post(f"{home}invite/", invite).status_code == 200
    assert fresh.post(change, {"role": role}).status_code == 302
    with organization_scope(organization):
        membership.refresh_from_db()
        assert (membership.role, Invitation.objects.get().email) == (role, CANARY)
    assert fresh.post(end).status_code == 302
    mine = Client()
    mine.force_login(editor)
    assert mine.get(home).status_code == 404


def test_credential_is_given_replaced_and_removed_with_a_fresh_proof_and_a_stale_one_is_kept_nowhere(
    owner, organization, building, bells
):
    home, fresh, stale = f"/o/{organization.slug}/", proven(Client(), owner), Client()
    stale.force_login(owner)
    form = {"connection_name": "Doors", "address": "d.example.com", "key": CANARY}
    page = fresh.get(f"{home}connectors/doors/connect/")
    made = fresh.post(f"{home}connectors/doors/connect/", form | {"external": page.context["external"]})["Location"]
    paths = {
        f"{home}connectors/doors/connect/": form,
        f"{made}edit/": form | {"version": "1"},
        f"{made}remove/": {"reason": "x"},
    }
    for path, sent in paths.items():
        answer = stale.post(path, sent)
        assert answer.status_code == 403, path
        assert CANARY not in answer.content.decode() + sessions(), path
        assert stale.get(path).status_code == 302, path
        assert fresh.get(path).status_code == 200, path
    # Running a scan, and an export without a credential, need no proof.
    assert stale.post(f"{made}scan/").status_code == 302
    assert stale.get(f"{home}connectors/doors/upload/").status_code in (200, 404)
    # The other system names the external id already: who is led back to the form finds the same.
    refused = stale.post(f"{home}connectors/doors/connect/", form | {"external": page.context["external"]})
    proof = parse_qs(urlsplit(refused.context["prove"]).query)["next"][0]
    assert fresh.get(proof).context["connection"].external_id == page.context["connection"].external_id
    with organization_scope(organization):
        connection = Connection.objects.get()
        assert (connection.removed_at, connection.version, connection.name) == (None, 1, "Doors")
