"""The members' pages of share links: who may make, change and revoke one, what is refused, what is shown once."""

from __future__ import annotations

import re
from datetime import timedelta
from http import HTTPStatus

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.conftest import proven, with_factor
from tests.sharing.conftest import make
from ztassess.audit.models import AuditDetail, AuditEvent
from ztassess.organizations.models import Grant, Membership
from ztassess.organizations.roles import Role
from ztassess.organizations.services import membership_revoke
from ztassess.organizations.services_grants import consultant_join, grant_end
from ztassess.reports.models import Report
from ztassess.sharing.errors import ShareRefused
from ztassess.sharing.models import MOST_DAYS, ShareLink, ShareOpening, ShareSnapshot


def wanted(**changed: object) -> dict[str, object]:
    day = timezone.localdate() + timedelta(days=30)
    usual = {"title": "Vendor review", "audience": "Bigco", "chapters": ["summary", "plan"], "kind": "frozen"}
    return usual | {"redacted": "on", "last_day": str(day), "passcode": ""} | changed


@pytest.fixture
def home(organization) -> str:
    return f"/o/{organization.slug}/share/"


def test_link_is_made_shown_once_changed_and_revoked(in_scope, owner, home, visitor):
    client = proven(Client(), owner)
    assert client.get(home + "new/").status_code == HTTPStatus.OK
    form = wanted(idempotency_key="one")
    shown = client.post(home + "new/", form)
    token = re.search(r"/s/([\w-]{43})/", shown.content.decode())[1]
    link = ShareLink.objects.get()
    assert token not in str(ShareLink.objects.values().get())
    assert link.expires_at - timezone.now() < timedelta(days=31)
    assert (link.chapters, link.redacted, link.live) == (["summary", "plan"], True, False)
    again = client.post(home + "new/", form)
    assert token.encode() not in again.content, "a second press shows no secret and makes no second link"
    assert ShareLink.objects.count() == 1
    for path in (home, f"{home}{link.id}/"):
        assert token.encode() not in client.get(path).content
    assert visitor.get(f"/s/{token}/").status_code == HTTPStatus.OK

    today = timezone.localdate()
    change = {
        "title": "Other",
        "audience": "Bigco",
        "last_day": str(today),
        "passcode": "",
        "version": 1,
    }
    assert client.post(f"{home}{link.id}/change/", change).status_code == HTTPStatus.FOUND
    assert client.post(f"{home}{link.id}/change/", change).status_code == HTTPStatus.CONFLICT
    late = change | {"version": 2, "last_day": str(today + timedelta(days=MOST_DAYS))}
    assert b"or an earlier day" in client.post(f"{home}{link.id}/change/", late).content
    for passcode, gone in (("lantern-harbor", False), ("", True)):
        link.refresh_from_db()
        sent = change | {"version": link.version, "passcode": passcode} | ({"take_away": "on"} if gone else {})
        assert client.post(f"{home}{link.id}/change/", sent).status_code == HTTPStatus.FOUND
        link.refresh_from_db()
        assert bool(link.passcode) is not gone

    assert ShareSnapshot.objects.exists()
    assert client.post(f"{home}{link.id}/revoke/").status_code == HTTPStatus.FOUND
    assert visitor.get(f"/s/{token}/").status_code == HTTPStatus.NOT_FOUND
    assert not ShareSnapshot.objects.exists()
    client.post(f"{home}{link.id}/revoke/")
    over = client.post(f"{home}{link.id}/change/", change | {"version": 5})
    assert b"This link is over" in over.content
    actions = AuditEvent.objects.filter(object=f"share:{link.id}").order_by("seq").values_list("action", flat=True)
    assert list(actions) == ["share.create", "share.open", *["share.change"] * 3, "share.revoke"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"chapters": []}, "Choose at least one page or report"),
        ({"chapters": ["findings"]}, "Select a valid choice"),
        ({"last_day": ""}, "This field is required"),
        ({"last_day": "2020-01-01"}, "Choose today or a later day"),
        ({"last_day": "2999-01-01"}, "or an earlier day"),
        ({"passcode": "short"}, "at least 8 characters"),
        ({"kind": "both"}, "Select a valid choice"),
        ({"title": ""}, "This field is required"),
    ],
)
def test_wrong_wishes_are_refused_and_nothing_is_made(in_scope, owner, home, changed, words):
    answer = proven(Client(), owner).post(home + "new/", wanted(**changed))
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert words in answer.content.decode()
    assert not ShareLink.objects.exists()


def test_report_with_names_is_refused_behind_a_redacted_link(in_scope, owner, home):
    report = Report.objects.create(organization=in_scope, kind="summary", paper="a4", since="2026-01-01", state="done")
    client = proven(Client(), owner)
    answer = client.post(home + "new/", wanted(documents=[str(report.id)]))
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert b"A chosen report shows names" in answer.content
    with_names = wanted(documents=[str(report.id)], redacted="")
    assert client.post(home + "new/", with_names).status_code == HTTPStatus.OK
    with pytest.raises(ShareRefused, match="180 days"):
        make(in_scope, owner, expires_at=timezone.now() + timedelta(days=181))


def test_stale_proof_neither_shows_the_form_nor_makes_a_link(in_scope, owner, home):
    stale = proven(Client(), owner, seconds_ago=600)
    assert stale.get(home + "new/").status_code == HTTPStatus.FOUND
    assert stale.post(home + "new/", wanted()).status_code == HTTPStatus.FORBIDDEN
    assert not ShareLink.objects.exists()


def test_editor_revokes_the_own_link_and_no_other_and_a_viewer_none(in_scope, owner, editor, viewer, home):
    own, other = make(in_scope, editor).link, make(in_scope, owner).link
    as_editor = proven(Client(), editor)
    assert as_editor.get(home + "new/").status_code == HTTPStatus.FORBIDDEN
    assert as_editor.get(f"{home}{other.id}/revoke/").status_code == HTTPStatus.FOUND
    assert as_editor.post(f"{home}{other.id}/revoke/").status_code == HTTPStatus.FORBIDDEN
    listed = as_editor.get(home).content.decode()
    assert f"{own.id}/revoke/" in listed
    assert f"{other.id}/revoke/" not in listed
    assert proven(Client(), viewer).post(f"{home}{own.id}/revoke/").status_code == HTTPStatus.FORBIDDEN
    assert as_editor.post(f"{home}{own.id}/revoke/").status_code == HTTPStatus.FOUND
    assert set(ShareLink.objects.exclude(revoked_at=None)) == {own}


def test_consultant_makes_links_with_the_flag_alone_and_they_pause_when_the_grant_ends(
    in_scope, owner, admin, stranger, home, visitor
):
    """By a person or by date; an owner or admin resumes one with one press, and answers for it from then on."""
    end = timezone.now() + timedelta(days=9)
    grant = Grant.objects.create(
        organization=in_scope,
        email=stranger.email,
        user=stranger,
        role="viewer",
        token_hash="x",
        expires_at=end,
        offer_until=end,
        accepted_at=timezone.now(),
    )
    consultant_join(grant, stranger)
    client = proven(Client(), with_factor(stranger))
    assert client.post(home + "new/", wanted()).status_code == HTTPStatus.FORBIDDEN
    grant.share = True
    grant.save()
    assert client.post(home + "new/", wanted()).status_code == HTTPStatus.OK
    made, kept = make(in_scope, stranger), make(in_scope, owner)
    assert visitor.get(made.path).status_code == HTTPStatus.OK
    grant_end(grant=grant, actor=owner)
    assert visitor.get(made.path).status_code == HTTPStatus.NOT_FOUND
    assert visitor.get(kept.path).status_code == HTTPStatus.OK
    as_admin, page = proven(Client(), admin), f"{home}{made.link.id}/"
    for path in (home, page):
        assert "has no access here any more" in as_admin.get(path).content.decode()
    paused = AuditDetail.objects.filter(event__action="share.pause", event__object=f"share:{made.link.id}").get()
    assert paused.summary == (
        "The share link “Vendor review” was paused: Sten Stranger, who answers for it, has no access here any more"
    )
    change = {"title": "Other", "audience": "B", "last_day": str(timezone.localdate()), "passcode": "", "version": 2}
    assert b"This link is paused" in as_admin.post(f"{page}change/", change).content
    assert as_admin.get(f"{page}resume/").status_code == HTTPStatus.OK
    for said in (b"you answer for it", b"is not paused"):
        assert said in as_admin.post(f"{page}resume/", follow=True).content
        assert visitor.get(made.path).status_code == HTTPStatus.OK
    assert "kept by Ada Admin" in as_admin.get(page).content.decode()
    made.link.refresh_from_db()
    assert (made.link.keeper, made.link.made_by, made.link.openings) == (admin, stranger, 3)
    membership_revoke(membership=Membership.objects.get(user=admin), actor=owner, actor_role=Role.OWNER)
    assert visitor.get(made.path).status_code == HTTPStatus.NOT_FOUND, "its new keeper left as well"
    as_owner = proven(Client(), owner)
    assert as_owner.post(f"{page}revoke/").status_code == HTTPStatus.FOUND
    made.link.refresh_from_db()
    assert made.link.state == "revoked"


def test_last_second_of_a_keeper_is_the_last_of_their_links_whether_anybody_noticed_or_not(
    in_scope, owner, stranger, home, visitor
):
    until = timezone.now() + timedelta(hours=1)
    Membership.objects.create(organization=in_scope, user=stranger, role="editor", is_consultant=True, expires_at=until)
    made = make(in_scope, stranger)
    with time_machine.travel(until):
        assert visitor.get(made.path).status_code == HTTPStatus.NOT_FOUND
        made.link.refresh_from_db()
        assert (made.link.state, made.link.openings) == ("paused", 0)
        back = Membership.objects.get(user=stranger)
        back.expires_at, back.role = until + timedelta(days=1), "editor"
        back.save()
        assert proven(Client(), stranger).post(f"{home}{made.link.id}/resume/").status_code == HTTPStatus.FORBIDDEN


def test_view_log_counts_by_day_and_shows_networks_to_those_who_answer_for_it(in_scope, owner, viewer, home, visitor):
    made = make(in_scope, owner)
    visitor.get(made.path, REMOTE_ADDR="203.0.113.72")
    page = f"{home}{made.link.id}/"
    shown = proven(Client(), owner).get(page).content.decode()
    assert "203.0.113.0/24" in shown
    assert re.search(r"Today</th>\s*<td class=\"n\">1</td>\s*<td class=\"n\">0</td>", shown)
    table = proven(Client(), owner).get(page + "?format=csv")
    assert table["Content-Disposition"] == 'attachment; filename="openings.csv"'
    assert b"Opened,summary,203.0.113.0/24" in table.content
    assert b"203.0.113" not in proven(Client(), viewer).get(page + "?format=csv").content
    plain = proven(Client(), viewer).get(page).content.decode()
    assert "203.0.113" not in plain
    assert "Today" in plain


def test_queries_of_the_pages_grow_with_neither_links_nor_openings(in_scope, owner, home):
    client, counts = proven(Client(), owner), []
    made = make(in_scope, owner, chapters=("plan",))
    for _ in range(2):
        for path in (home, f"{home}{made.link.id}/"):
            client.get(path)
            with CaptureQueriesContext(connection) as asked:
                client.get(path)
            counts.append(len(asked))
        for _ in range(3):
            make(in_scope, owner, chapters=("plan",))
        ShareOpening.objects.bulk_create(
            ShareOpening(organization=in_scope, link=made.link, page="plan", at=timezone.now() - timedelta(days=day))
            for day in range(20)
        )
    assert counts[:2] == counts[2:]
