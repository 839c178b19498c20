"""The pages of notifications: who may what, the secret shown once, the log with filters, CSV, and constant queries."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.conftest import member
from ztassess.audit.models import AuditDetail
from ztassess.notifications.models import Delivery, MemberChoice, WebhookEndpoint, WebhookSecret
from ztassess.notifications.services.endpoints import endpoint_test
from ztassess.organizations.models import Membership
from ztassess.organizations.roles import Role

CHOICE = {"digest": "on", "weekday": "2", "hour": "7", "time_zone": "Europe/Berlin", "alerts": ["regression"]}


@pytest.fixture
def home(in_scope) -> str:
    return f"/o/{in_scope.slug}/settings/notifications/"


def as_person(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_viewer_changes_their_own_choices_and_nobody_elses(home, viewer, owner):
    client = as_person(viewer)
    page = client.get(home).content.decode()
    assert "What you get by e-mail" in page
    assert "Add a webhook" not in page
    assert client.post(home, CHOICE).status_code == 302
    row = MemberChoice.objects.get()
    assert (row.user, str(row.weekly), row.alerts) == (viewer, "Wednesdays at 7:00, Europe/Berlin", ["regression"])
    theirs = f"{home}members/{Membership.objects.get(user=owner).id}/"
    assert client.post(theirs, CHOICE).status_code == 403
    assert client.get(f"{home}webhooks/new/").status_code == 403
    assert client.get(f"{home}deliveries/").status_code == 403
    assert (
        as_person(owner)
        .post(f"{home}members/{Membership.objects.get(user=viewer).id}/", {**CHOICE, "digest": ""})
        .status_code
        == 302
    )
    row.refresh_from_db()
    assert not row.digest
    assert AuditDetail.objects.filter(summary__contains="changed Vera Viewer’s e-mail notifications").exists()


@pytest.mark.parametrize("wrong", [{"time_zone": "Mars/Base"}, {"hour": "24"}, {"weekday": "7"}, {"alerts": ["all"]}])
def test_impossible_choice_is_refused(home, viewer, wrong):
    assert as_person(viewer).post(home, CHOICE | wrong).status_code == 400
    assert not MemberChoice.objects.exists()


def test_secret_is_shown_once_and_never_again(home, admin):
    client = as_person(admin)
    form = {"url": "https://hooks.example.com/in?token=abc", "kinds": ["regression"], "idempotency_key": "k1"}
    shown = client.post(f"{home}webhooks/new/", form).content.decode()
    endpoint = WebhookEndpoint.objects.get()
    secret = next(word for word in shown.replace("<", " ").replace(">", " ").split() if word.startswith("ztwh_"))
    assert secret.endswith(WebhookSecret.objects.get().last_four)
    again = client.post(f"{home}webhooks/new/", form)
    assert "the page that showed the secret is not kept" in again.content.decode().lower()
    assert WebhookEndpoint.objects.count() == 1
    page = client.get(f"{home}webhooks/{endpoint.id}/").content.decode()
    assert "is_genuine" in page
    assert "timingSafeEqual" in page
    everywhere = [
        page,
        client.get(home).content.decode(),
        str(list(AuditDetail.objects.values_list("summary", "after"))),
    ]
    assert not any(secret in text for text in everywhere)
    assert "token=abc" not in everywhere[1] + everywhere[2]


@pytest.mark.parametrize(
    "url",
    [
        *("http://example.com/", "https://127.0.0.1/", "https://10.0.0.1/x", "https://[::1]/", "https://intranet/"),
        *("https://example.com:22/", "https://user:pw@example.com/", "ftp://example.com/", "javascript:alert(1)"),
        *(
            "https://169.254.169.254/latest",
            "https://0x7f000001/",
            "https://svc.cluster.local/",
            "https://exa mple.com/",
        ),
    ],
)
def test_address_that_is_not_public_https_is_refused_in_one_sentence(home, owner, url):
    answer = as_person(owner).post(f"{home}webhooks/new/", {"url": url, "kinds": ["regression"]})
    assert answer.status_code == 400
    assert "Webhooks go to public https addresses" in answer.content.decode()
    assert not WebhookEndpoint.objects.exists()


def test_two_people_who_change_one_webhook_see_it(home, hook, owner):
    client, address = as_person(owner), f"{home}webhooks/{hook.id}/"
    form = {"url": "https://one.example.com/", "kinds": ["regression"], "version": "1"}
    assert client.post(address, form).status_code == 302
    late = client.post(address, form | {"url": "https://two.example.com/"})
    assert late.status_code == 409
    assert "Somebody else changed this webhook" in late.content.decode()
    hook.refresh_from_db()
    assert hook.url == "https://one.example.com/"


def test_log_is_filtered_sent_again_and_taken_as_csv(home, hook, owner):
    client = as_person(owner)
    dead, _ = (endpoint_test(endpoint=hook, actor=owner) for _ in range(2))
    past = timezone.now() - timedelta(hours=1)
    Delivery.objects.filter(id=dead.id).update(
        state="dead",
        status=500,
        sentence="The receiver answered with status 500.",
        answer='=HYPERLINK("x")',
        finished_at=past,
    )
    page = client.get(f"{home}deliveries/?state=dead").content.decode()
    assert page.count("Send again") == 1
    assert "=HYPERLINK(&quot;x&quot;)" in page
    rows = client.get(f"{home}deliveries.csv?state=dead").content.decode().splitlines()
    assert len(rows) == 2
    assert "'=HYPERLINK" in rows[1]
    assert "in-url" not in rows[1]
    assert len(client.get(f"{home}deliveries.csv?state=nonsense").content.decode().splitlines()) == 3
    assert client.get(f"{home}deliveries/{dead.id}/again/").status_code == 405
    assert client.post(f"{home}deliveries/{dead.id}/again/").status_code == 302
    dead.refresh_from_db()
    assert dead.state == "pending"


def test_buttons_of_a_webhook_each_write_one_line(home, hook, owner):
    client, address = as_person(owner), f"{home}webhooks/{hook.id}/"
    before = AuditDetail.objects.count()
    for deed, form in (
        ("test", {}),
        ("rotate", {}),
        ("retire", {}),
        ("pause", {}),
        ("pause", {"to": "resume"}),
        ("remove", {}),
    ):
        assert client.post(f"{address}{deed}/", form).status_code in (200, 302)
    assert AuditDetail.objects.count() == before + 6
    assert client.get(address).status_code == 404
    assert client.get(f"{home}deliveries/").status_code == 200


def test_queries_do_not_grow_with_members_webhooks_or_deliveries(home, hook, organization, owner):
    client = as_person(owner)
    endpoint_test(endpoint=hook, actor=owner)
    paths = (home, f"{home}deliveries/", f"{home}webhooks/{hook.id}/", f"{home}deliveries.csv")

    def counts() -> list[int]:
        found = []
        for path in paths:
            with CaptureQueriesContext(
                database,
            ) as queries:
                assert client.get(path).status_code == 200
            found.append(len(queries))
        return found

    few = counts()
    for number in range(12):
        who = member(organization, Role.VIEWER, f"v{number}@acme.example", f"V {number}")
        WebhookEndpoint.objects.create(organization=organization, url=f"https://{number}.example.com/", kinds=[])
        endpoint_test(endpoint=hook, actor=owner)
        mine = {"channel": "mail", "kind": "regression", "event_key": str(number), "target": f"mail:{who.pk}"}
        Delivery.objects.create(organization=organization, **mine, user=who, give_up_at=timezone.now())
    assert counts() == few
