"""A second factor as the organization's rule: who is asked, what opens without one, and how the way back is found."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.conftest import PASSWORD, member, person, proven, with_factor
from tests.organizations.test_grants import granted, terms
from ztassess.audit.models import AuditDetail, AuditEvent
from ztassess.common.models import organization_scope
from ztassess.organizations.errors import PolicyRefused
from ztassess.organizations.models import Invitation, Membership, Organization
from ztassess.organizations.roles import FactorRule, Rights, Role, needs_factor
from ztassess.organizations.services_factor import second_factor_require

RULES = tuple(FactorRule)


@pytest.fixture
def consultant(db):
    return person("cora@firm.example", "Cora Consultant")


@pytest.fixture
def home(organization):
    return f"/o/{organization.slug}/"


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


@pytest.mark.parametrize(
    ("rights", "asked"),
    [
        (Rights(Role.VIEWER, is_consultant=True), RULES),
        (Rights(Role.OWNER, is_consultant=True), RULES),
        (Rights(Role.OWNER), RULES[1:]),
        (Rights(Role.ADMIN), RULES[1:]),
        (Rights(Role.EDITOR), RULES[2:]),
        (Rights(Role.VIEWER), RULES[2:]),
    ],
)
def test_rule_asks_by_rights(rights, asked):
    assert tuple(rule for rule in RULES if needs_factor(rights, rule)) == asked


def test_consultant_without_a_factor_gets_nothing_but_the_page_that_says_so(owner, consultant, organization, home):
    granted(organization, owner, consultant, terms())
    client = proven(Client(), consultant)
    with organization_scope(organization):
        before = AuditEvent.objects.count()
    why = f"/accounts/second-factor-needed/{organization.slug}/"
    for path in ("", "connectors/", "members/", "settings/log/"):
        answer = client.get(home + path)
        assert answer["Location"] == f"{why}?next={(home + path).replace('/', '%2F')}"
    assert client.get(home, HTTP_HX_REQUEST="true")["HX-Redirect"] == why
    sentence = "lets you in with a second factor only"
    for path, kind in (
        ("members/?format=csv", "text/plain"),
        ("members/?format=json", "application/json"),
        ("apps.csv", "text/plain"),
    ):
        answer = client.get(home + path)
        assert (answer.status_code, answer["Content-Type"].partition(";")[0]) == (403, kind)
        assert sentence in answer.content.decode()
    posted = client.post(home + "controls/mfa.all-humans/answer/", {"level": "1", "version": "0"})
    assert posted.status_code == 403
    assert sentence in posted.content.decode()
    with organization_scope(organization):
        assert AuditEvent.objects.count() == before
    page = client.get(client.get(home)["Location"]).content.decode()
    assert "asks for a second factor" in page
    assert "/accounts/2fa/totp/activate/" in page
    assert "/accounts/2fa/webauthn/add/" in page
    outsider = proven(Client(), person("nobody@other.example", "No Body"))
    assert outsider.get(why).status_code == outsider.get(why.replace(organization.slug, "none-2345")).status_code == 404


def test_consultant_without_a_factor_can_leave_and_end_nobody_else(owner, consultant, organization, home):
    granted(organization, owner, consultant, terms())
    client = proven(Client(), consultant)
    with organization_scope(organization):
        ships = {each.user_id: each for each in Membership.objects.all()}
    mine, theirs = ships[consultant.pk], ships[owner.pk]
    action = f"{home}members/{mine.id}/end/"
    assert action in client.get("/o/?all").content.decode()
    assert client.get(action).status_code == 302, "only the post leaves"
    assert client.post(f"{home}members/{theirs.id}/end/").status_code == 403
    left = client.post(action, {"for_organization": organization.id}, follow=True)
    assert f"You left {organization.name}." in left.content.decode()
    with organization_scope(organization):
        assert [each.user for each in Membership.objects.active()] == [owner]
    assert client.get(home).status_code == 404


def test_factor_added_on_the_way_opens_and_leads_back(owner, consultant, organization, home, monkeypatch):
    granted(organization, owner, consultant)
    client = proven(Client(), consultant)
    why = client.get(home + "members/")["Location"]
    client.get(why)
    client.post("/accounts/reauthenticate/?next=/accounts/2fa/totp/activate/", {"password": PASSWORD})
    page = client.get("/accounts/2fa/totp/activate/")
    assert "asks for a second factor. Once it is set up" in page.content.decode()
    with monkeypatch.context() as patch:
        patch.setattr(transaction, "on_commit", lambda call, **_: call())  # within the request, as without a test
        answer = client.post("/accounts/2fa/totp/activate/", {"code": code_of(page.context["form"].secret)})
    codes = client.get(answer["Location"]).content.decode()
    assert f"go on to {organization.name}" in codes
    assert client.get(why)["Location"] == home + "members/"
    assert client.get(home).status_code == 200
    assert "asks for a second factor" not in client.get("/accounts/2fa/").content.decode(), "asked no more"
    # Elsewhere the person is signed in by password alone: there the session must show it first.
    other = proven(Client(), consultant, method="password")
    needed = other.get(home)["Location"]
    shown = other.get(needed)
    assert "You have one, but this session was opened without it" in shown.content.decode()
    back = parse_qs(urlsplit(shown.context["prove"]).query)["next"][0]
    proven(other, consultant)
    assert other.get(back)["Location"] == home
    Authenticator.objects.filter(type="totp").delete()
    assert Authenticator.objects.filter(type="recovery_codes").exists()
    assert client.get(home).status_code == 302, "recovery codes alone are none"
    assert other.get(f"{needed}&next=https://evil.example/o/").status_code == 200


@pytest.mark.parametrize(
    ("rule", "out"),
    [
        (FactorRule.CONSULTANTS, set()),
        (FactorRule.ADMINS, {"admin"}),
        (FactorRule.EVERYBODY, {"admin", "editor", "viewer"}),
    ],
)
def test_members_are_asked_by_the_rule_in_open_tabs_too(owner, admin, editor, viewer, organization, home, rule, out):
    tabs = {each.email.partition("@")[0]: proven(Client(), each) for each in (admin, editor, viewer)}
    assert {tab.get(home).status_code for tab in tabs.values()} == {200}
    client = proven(Client(), with_factor(owner))
    page = client.get(home + "settings/sign-in-security/")
    kept = {choice.value: {each.user for each in choice.kept_out} for choice in page.context["choices"]}
    assert kept == {"consultants": set(), "admins": {admin}, "everybody": {admin, editor, viewer}}
    saved = client.post(home + "settings/sign-in-security/", {"rule": rule.value, "version": "1"})
    assert saved.status_code == 302
    assert {name for name, tab in tabs.items() if tab.get(home).status_code == 302} == out
    assert client.get(home).status_code == 200
    with organization_scope(organization):
        line = AuditDetail.objects.get(event__action="security.second_factor")
    assert line.after == {"second_factor": rule.value, "without_one": len(out)}


def test_rule_is_changed_by_owners_with_a_fresh_proof_who_are_not_locked_out(owner, admin, organization, home):
    page = home + "settings/sign-in-security/"
    stale = Client()
    stale.force_login(owner)
    assert stale.get(page).status_code == 302
    assert stale.post(page, {"rule": "everybody", "version": "1"}).status_code == 403
    assert proven(Client(), admin).get(page).status_code == 403
    client = proven(Client(), owner)
    for rule in ("admins", "everybody"):
        answer = client.post(page, {"rule": rule, "version": "1"})
        assert answer.status_code == 400
        assert "this rule would lock you out" in answer.content.decode()
    assert client.post(page, {"rule": "nobody", "version": "1"}).status_code == 400
    assert client.post(page, {"rule": "", "version": "1"}).status_code == 400
    organization.refresh_from_db()
    assert (organization.factor_rule, organization.security_version) == (FactorRule.CONSULTANTS, 1)
    with_factor(owner)
    client = proven(client, owner)
    assert client.post(page, {"rule": "admins", "version": "1"}).status_code == 302
    second = client.post(page, {"rule": "everybody", "version": "1"})
    assert second.status_code == 400
    assert "Somebody else changed the rule meanwhile" in second.content.decode()
    assert 'name="version" value="2"' in second.content.decode()
    demo = Organization.objects.create(name="Demo", slug="demo-2345", is_demo=True)
    with organization_scope(demo), pytest.raises(PolicyRefused, match="invented"):
        second_factor_require(
            organization=demo, rule=FactorRule.EVERYBODY, version=1, actor=owner, rights=Rights(Role.OWNER)
        )


def test_demo_organization_asks_nobody(owner, organization, home):
    Organization.objects.filter(id=organization.id).update(is_demo=True, second_factor="everybody")
    assert proven(Client(), owner).get(home).status_code == 200


def test_members_page_says_who_has_a_factor_to_who_invites_and_never_which(
    owner, admin, editor, viewer, consultant, organization, home
):
    with_factor(editor)
    RecoveryCodes.activate(viewer)
    page = proven(Client(), admin).get(home + "members/").content.decode()
    assert "4\N{NO-BREAK SPACE}members, 3 without a second factor" in page
    assert page.count('data-label="Second factor">Yes') == 1
    assert "totp" not in page.lower()
    table = proven(Client(), owner).get(home + "members/?format=json").json()
    assert {row["Member"] for row in table if row["Second factor"] == "yes"} == {"Edo Editor"}
    for who in (editor, viewer):
        seen = proven(Client(), who).get(home + "members/").content.decode()
        assert "Second factor" not in seen
        assert "Second factor" not in proven(Client(), who).get(home + "members/?format=csv").content.decode()


def test_invitation_of_who_may_not_invite_any_more_is_listed_as_void_and_sent_anew(owner, organization, home):
    senders = [member(organization, Role.ADMIN, f"a{number}@acme.example", f"A {number}") for number in range(3)]
    client = proven(Client(), owner)

    def seen() -> str:
        with CaptureQueriesContext(connection) as queries:
            page = client.get(home + "members/").content.decode()
        counted.append(len(queries))
        return page

    counted: list[int] = []
    for number, sender in enumerate(senders):
        form = {"email": f"new{number}@acme.example", "role": "viewer"}
        assert proven(Client(), sender).post(home + "members/invite/", form).status_code == 200
        assert "void" not in seen()
    assert len(set(counted[1:])) == 1, counted
    with organization_scope(organization):
        Membership.objects.filter(user=senders[0]).update(role=Role.EDITOR)
        void = Invitation.objects.get(email="new0@acme.example")
    page = seen()
    assert page.count("void: its sender may no longer invite") == 1
    again = f"{home}members/invite/?again={void.id}"
    assert again in page
    form = client.get(again).context["form"]
    assert (form["email"].value(), form["role"].value()) == ("new0@acme.example", "viewer")
    client.post(home + "members/invite/", {"email": "new0@acme.example", "role": "viewer"})
    assert "void" not in seen()
