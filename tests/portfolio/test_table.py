"""The table of clients: who sees whom, in which order, filtered and saved by the address, with constant queries."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_scopes import scopes_disabled

from tests.conftest import person, proven, with_factor
from tests.portfolio.book import CHECK, book_of
from ztassess.domain.scoring import METHOD_VERSION, WEIGHTED
from ztassess.organizations.models import Grant, Membership
from ztassess.organizations.roles import Role
from ztassess.organizations.services import organization_create
from ztassess.playbooks.models import Playbook
from ztassess.portfolio.models import ClientNote, PortfolioRow, SavedView
from ztassess.portfolio.selectors import Eyes, clients_of, moment
from ztassess.portfolio.services.filling import rows_fill
from ztassess.portfolio.table import Filters, filters_from, in_order

pytestmark = pytest.mark.django_db
PAGES = ("", "clients.csv", "clients.json", "charts/", "by/", f"by/check/{CHECK}/", "by/control/mfa.all-humans/")
BAD = (
    '<script>alert("x")</script>',
    '=HYPERLINK("http://evil.example")',
    "\u202eevil \u202dname",
    "Zürich 🏦 Bank",
    "@SUM(1)",
)


def names_in(web: Client, query: str = "") -> list[str]:
    return [row["Client"] for row in web.get(f"/portfolio/clients.json{query}").json()["clients"]]


def test_anonymous_is_sent_to_sign_in_and_nobody_stores_a_page(web):
    for page in (*PAGES, "clients/nobody/", "views/"):
        assert Client().get(f"/portfolio/{page}").headers.get("Location", "").startswith("/accounts/login/"), page
    assert web.get("/portfolio/")["Cache-Control"] == "private, no-store"


def test_own_clients_alone_and_gone_at_once_with_the_membership(web, consultant, owner):
    mine = book_of(consultant, ["Alder", "Birch", "Cedar"])
    theirs = book_of(owner, ["Secret"])
    with scopes_disabled():
        Membership.objects.create(organization=theirs[0], user=consultant, role=Role.VIEWER, revoked_at=timezone.now())
    ClientNote.objects.create(user=owner, organization=mine[0], text="Not yours", label="Foreign")
    ClientNote.objects.update_or_create(
        user=consultant, organization=mine[0], defaults={"text": "Call Anna", "label": "Banks"}
    )
    everything = b"".join(web.get(f"/portfolio/{page}").content for page in PAGES)
    assert sorted(names_in(web)) == ["Alder", "Birch", "Cedar"]
    assert b"Secret" not in everything
    assert b"Foreign" not in everything
    note = f"/portfolio/clients/{mine[0].slug}/"
    assert b"Call Anna" in web.get(note).content
    for ended in ({"revoked_at": timezone.now()}, {"revoked_at": None, "expires_at": timezone.now()}):
        with scopes_disabled():
            Membership.objects.filter(user=consultant, organization=mine[0]).update(**ended)
        assert sorted(names_in(web)) == ["Birch", "Cedar"]
        assert web.get(note).status_code == 404
        assert web.post(note, {"text": "x"}).status_code == 404
        for page in PAGES:
            assert b"Alder" not in web.get(f"/portfolio/{page}").content, page
    with scopes_disabled():
        Membership.objects.filter(user=consultant, organization=mine[0]).update(
            expires_at=timezone.now() + timedelta(days=3)
        )
    assert b"Your access ends in 3 days" in web.get("/portfolio/").content
    assert b"Call Anna" in web.get(note).content
    assert web.get(f"/portfolio/clients/{theirs[0].slug}/").status_code == 404


def test_own_firm_is_no_client_and_no_part_of_the_median(web, consultant):
    alder, holder, author, _plain, advised = book_of(consultant, ["Alder", "Harbor", "Pier", "Quay", "Firm advised"])
    with scopes_disabled():
        ours = Membership.objects.filter(user=consultant, organization__in=[holder, author])
        ours.update(is_consultant=False, expires_at=None)
        later = timezone.now() + timedelta(days=30)
        for firm in (holder, advised):
            Grant.objects.create(
                organization=alder, firm=firm, for_firm=True, email=f"{firm.slug}@x.example", role="editor",
                token_hash=firm.slug, expires_at=later, offer_until=later, accepted_at=timezone.now(),
            )  # fmt: skip
        Playbook.objects.create(organization=author, name="Ours")
    assert sorted(names_in(web)) == ["Alder", "Firm advised", "Quay"]
    page = web.get("/portfolio/").content.decode()
    assert "3 clients" in page
    told = page.partition("Not counted here")[2].partition("</p>")[0]
    assert [f"/o/{firm.slug}/" in told for firm in (holder, author, alder)] == [True, True, False]
    for listed in (f"by/check/{CHECK}/?format=csv", "by/control/mfa.all-humans/?format=csv", "charts/"):
        text = web.get(f"/portfolio/{listed}").content.decode()
        assert "Harbor" not in text
        assert "Pier" not in text


def test_queries_do_not_grow_with_clients(web, consultant):
    book_of(consultant, [f"Client {number}" for number in range(10)])
    other = with_factor(person("other@harbor.example", "Other Consultant"))
    book_of(other, [f"Client {number}" for number in range(230)])
    many = proven(Client(), other)
    for page in PAGES:
        counted = []
        for each in (web, many):
            each.get(f"/portfolio/{page}")
            with CaptureQueriesContext(database) as queries:
                assert each.get(f"/portfolio/{page}").status_code == 200
            counted.append(len(queries))
        assert counted[0] == counted[1] <= 6, (page, [query["sql"][:90] for query in queries])


def test_filters_order_and_pages_stand_in_the_address(web, consultant):
    book_of(consultant, [f"Client {number:02}" for number in range(70)])
    now = moment()
    clients = clients_of(Eyes(consultant), now, locked=frozenset(), closely=True).rows
    ordered = [client.name for client in in_order(clients, "")]
    assert names_in(web) == ordered
    assert ordered[0] == "Client 35"  # three contradicted, as some others, and stalled as well
    first, second = (web.get(f"/portfolio/?page={number}").content.decode() for number in (1, 2))
    assert (first.count("<tr>") - 1, second.count("<tr>") - 1) == (50, 20)
    assert names_in(web, "?q=ENT+07") == ["Client 07"]
    contradicted = names_in(web, "?is=contradicted")
    assert sorted(contradicted) == [f"Client {number:02}" for number in range(0, 70, 7)]
    low = {client.name for client in clients if client.cells["mfa"].proven < 30}
    assert set(names_in(web, "?stage=mfa&below=30")) == low
    assert 0 < len(low) < 70
    assert names_in(web, "?sort=name") == sorted(ordered)
    by_stage = [client.cells["proxy"].proven for client in in_order(clients, "proxy")]
    assert by_stage == sorted(by_stage)
    assert len(names_in(web, "?group=Group+0&is=any")) <= len(names_in(web, "?group=Group+0")) == 6
    nonsense = "?is=x&stage=y&below=999&sort=z&page=-1&q=%00"
    assert names_in(web, nonsense) == ordered
    assert web.get("/portfolio/?q=nobody").content.count(b"No client fits") == 1


def test_files_hold_exactly_the_filtered_table(web, consultant):
    book_of(consultant, [f"Client {number:02}" for number in range(70)])
    rows = list(csv.reader(io.StringIO(web.get("/portfolio/clients.csv?is=contradicted").content.decode())))
    as_json = web.get("/portfolio/clients.json?is=contradicted").json()["clients"]
    assert len(rows) - 1 == len(as_json) == 10
    assert [row[0] for row in rows[1:]] == names_in(web, "?is=contradicted")
    assert [dict(zip(rows[0], row, strict=True)) for row in rows[1:]] == [
        {name: str(value) for name, value in row.items()} for row in as_json
    ]
    assert as_json[0]["Worst contradiction"]
    assert as_json[0]["Mesh proven %"] in ("not applicable", *range(101))


@pytest.mark.parametrize("name", BAD)
def test_a_strange_name_is_shown_as_it_is_and_harms_nothing(name, web, consultant):
    (organization,) = book_of(consultant, [name])
    ClientNote.objects.update_or_create(user=consultant, organization=organization, defaults={"label": name[:40]})
    for page in PAGES:
        shown = web.get(f"/portfolio/{page}").content.decode()
        assert page.startswith("clients.") or "<script>alert" not in shown, page
    table = web.get("/portfolio/").content.decode()
    assert "<bdi>" in table
    cell = web.get("/portfolio/clients.csv").content.decode().splitlines()[1]
    assert not cell.startswith(("=", "@", '"=', '"@'))
    assert names_in(web, f"?q={quote(name)}") == [name]


def test_other_weights_are_not_said_to_pass_with_the_day(web, consultant):
    made = book_of(consultant, ["Alder", "Birch"])
    with scopes_disabled():
        rows = PortfolioRow.objects.filter(organization=made[0])
        rows.update(catalog_version="earlier")
    assert "until the next day, when all are judged anew" in web.get("/portfolio/").content.decode()
    with scopes_disabled():
        rows.update(method_version=f"{METHOD_VERSION}{WEIGHTED}1")
    page = web.get("/portfolio/").content.decode()
    assert "they say “other weights”" in page
    assert "until the next day" not in page


def test_note_group_and_meeting_are_the_persons_own(web, consultant, client_of):
    organization = client_of("Alder")
    path = f"/portfolio/clients/{organization.slug}/"
    meeting = (timezone.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    form = {"label": " Fin\u202etech\n", "meeting_at": meeting, "text": "<b>Ask</b> Ben"}
    assert web.post(path, form).status_code == 302
    kept = ClientNote.objects.get(user=consultant)
    assert (kept.label, kept.text) == ("Fintech", "<b>Ask</b> Ben")
    table = web.get("/portfolio/").content.decode()
    assert "Meeting tomorrow" in table
    assert "Fintech" in table
    assert "<b>Ask" not in web.get(path).content.decode()
    assert web.post(path, {"meeting_at": "9999-12-31T23:59"}).status_code == 422
    assert ClientNote.objects.get(user=consultant).label == "Fintech"
    met = timezone.localtime() - timedelta(days=3)
    assert web.post(path, {"meeting_at": met.strftime("%Y-%m-%dT%H:%M")}).status_code == 302
    assert f"Was {met:%b} {met.day}<" in web.get("/portfolio/").content.decode()
    assert web.get("/portfolio/clients.json").json()["clients"][0]["Next meeting"] == ""
    assert web.post(path, {"label": "", "meeting_at": "", "text": ""}).status_code == 302
    assert not ClientNote.objects.exists()


def test_views_are_kept_as_the_filters_know_them(web, consultant, owner):
    book_of(consultant, ["Alder"])
    posted = {"name": "Mondays <b>", "query": "?is=contradicted&evil=1&below=50&stage=mfa"}
    answer = web.post("/portfolio/views/", posted)
    view = SavedView.objects.get(user=consultant)
    assert view.query == "?is=contradicted&stage=mfa&below=50"
    assert answer["Location"] == "/portfolio/" + view.query
    assert "Mondays &lt;b&gt;" in web.get("/portfolio/").content.decode()
    web.post("/portfolio/views/", {"name": "Mondays <b>", "query": "javascript:alert(1)"})
    assert SavedView.objects.get(user=consultant).query == "?"
    assert web.post("/portfolio/views/", {"name": "\u202e", "query": ""}).status_code == 302
    foreign = SavedView.objects.create(user=owner, name="Theirs", query="?")
    assert web.post(f"/portfolio/views/{foreign.id}/remove/").status_code == 404
    assert web.post(f"/portfolio/views/{view.id}/remove/").status_code == 302
    for number in range(25):
        web.post("/portfolio/views/", {"name": f"View {number}", "query": ""})
    assert SavedView.objects.filter(user=consultant).count() == 20
    assert SavedView.objects.filter(user=owner).exists()


def test_first_use_sums_up_what_was_never_summed_up(web, client_of):
    organization = client_of("Alder")
    with scopes_disabled():
        assert not PortfolioRow.objects.exists()
        page = web.get("/portfolio/").content.decode()
        row = PortfolioRow.objects.get(organization=organization)
    assert "not summed up yet" not in page
    assert row.proven == 0
    assert web.get("/portfolio/charts/book.csv").status_code == 200
    assert web.get("/portfolio/charts/nothing.csv").status_code == 404


def test_nobody_has_a_portfolio_without_clients(web):
    assert b"No client yet" in web.get("/portfolio/").content


def test_frame_leads_here_who_has_several_or_is_a_consultant(client, owner, organization, client_of, web, consultant):
    client.force_login(owner)
    home = f"/o/{organization.slug}/"
    assert b'href="/portfolio/"' not in client.get(home).content
    with CaptureQueriesContext(database) as alone:
        client.get(home)
    book_of(owner, ["Second"])
    assert b'href="/portfolio/"' in client.get(home).content
    with CaptureQueriesContext(database) as several:
        client.get(home)
    assert len(several) == len(alone)
    assert b'href="/portfolio/"' in web.get(f"/o/{client_of('Alder').slug}/").content


def test_filters_and_their_address_say_the_same():
    filters = filters_from({"q": " ACME ", "is": "any", "stage": "mfa", "below": "050", "sort": "name", "group": "A&B"})
    assert filters == Filters("acme", "A&B", "any", "mfa", "50", "name")
    assert filters.query(sort="") == "?q=acme&group=A%26B&is=any&stage=mfa&below=50"
    assert [filters_from({"below": below}).below for below in ("0050999", "1" + "0" * 5000, "100", "101")] == [
        "",
        "",
        "100",
        "",
    ]


def test_clients_that_ask_for_a_factor_show_their_name_alone(web, consultant):
    """A session without one: no number anywhere, and nothing can be done there."""
    made = book_of(consultant, ["Alder", "Birch"])
    own = organization_create(name="Own", owner=consultant, facts={})
    rows_fill([own])
    bare = proven(Client(), consultant, method="password")
    page = bare.get("/portfolio/").content.decode()
    assert "Alder" in page
    assert page.count(f"/accounts/second-factor-needed/{made[0].slug}/") == 2  # the row, and the note above
    assert "2\N{NO-BREAK SPACE}clients need a second factor" in page
    assert "1 contradicted" not in page
    rows = {row["Client"]: row for row in bare.get("/portfolio/clients.json").json()["clients"]}
    told = {name: value for name, value in rows["Alder"].items() if value not in ("", "needs a second factor")}
    assert set(told) == {"Client", "Group", "Your role", "Your access ends"}
    assert rows["Own"]["80/20 proven %"] == 0
    assert bare.get("/portfolio/?stage=mfa&below=100&sort=mfa").content.decode().count("Alder") == 0
    assert "Alder" not in bare.get(f"/portfolio/by/check/{CHECK}/").content.decode()
    assert "2-step verification" not in bare.get("/portfolio/by/").content.decode()
    form = {"ticked": [str(made[0].id)], "what": "tasks", "due": timezone.localdate().isoformat(), "key": "k" * 24}
    answer = bare.post("/portfolio/by/control/mfa.all-humans/", form).content.decode()
    assert "It needs a second factor, and this session has shown none" in answer
    assert "1 contradicted" in web.get("/portfolio/").content.decode()
