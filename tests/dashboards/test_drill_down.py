"""A bar's number is the length of the list that it leads to, and of the list's files; filters come along."""

from __future__ import annotations

import csv
import html
import io
import json
import re

import pytest
from django.utils import timezone

from tests.dashboards.conftest import BOTH, MFA, PROXY
from ztassess.assessments.models import Answer
from ztassess.common.models import organization_scope

FIGURES = ("findings", "ages", "coverage")


@pytest.fixture
def company(systems, organization, owner):
    """Two systems: 90 days of scans, a stage with nothing, a finding of no stage, one excepted, one carried forward."""
    google, aws = systems.connection("google_workspace", "Google"), systems.connection("aws", "AWS")
    systems.scan(google, {MFA: ("root@acme", "ben@acme")}, days=100)
    systems.scan(google, {MFA: ("root@acme", "ben@acme", "cleo@acme")}, days=40)
    newest = systems.scan(google, {MFA: ("root@acme", "cleo@acme", "dan@acme")})
    systems.finding(newest, MFA, "eve@acme", outcome="not_applicable", reason_code="excepted")
    systems.scan(aws, {PROXY: ("sg-1",), BOTH: ("db-1", "db-2"), "aws.check_of_yesterday": ("x",)}, days=10)
    systems.scan(aws, {BOTH: ("db-1", "db-2"), "aws.check_of_yesterday": ("x",)}, days=1)
    systems.cannot_look(aws, PROXY)
    removed = systems.connection("okta", "Okta")
    systems.scan(removed, {"okta.sessions_short": ("gone",)})
    with organization_scope(organization):
        removed.removed_at = timezone.now()
        removed.save(update_fields=["removed_at"])
        for control in ("mfa.all-humans", "identity.inventory"):
            Answer.objects.create(organization=organization, control_id=control, level=2, answered_by=owner)


def bars(text: str, figure: str) -> list[tuple[int, str]]:
    """(number, address) of every part of a figure that leads somewhere, from its table."""
    body = re.search(rf'<figure class="chart" id="{figure}">.*?</figure>', text, re.DOTALL)
    assert body
    table = re.search(r"<noscript>.*?</noscript>", body[0], re.DOTALL)
    assert table
    found = re.findall(r'<td class="n"><a href="([^"]+)">(\d+)</a>', table[0])
    return [(int(number), html.unescape(url)) for url, number in found]


def told(answer) -> int:
    found = re.search(r'id="count">(\d+)', answer.content.decode())
    assert found
    return int(found[1])


@pytest.mark.parametrize("query", ["", "?stage=mfa", "?severity=medium&range=30"])
def test_every_bar_leads_to_exactly_what_it_counts(company, as_owner, home, query):
    text = as_owner.get(home + query).content.decode()
    seen = 0
    for figure in FIGURES:
        for number, url in bars(text, figure):
            path, _, asked = url.partition("?")
            assert told(as_owner.get(url)) == number, url
            rows = list(csv.DictReader(io.StringIO(as_owner.get(f"{path}rows.csv?{asked}").content.decode())))
            file = json.loads(as_owner.get(f"{path}rows.json?{asked}").content)
            assert len(rows) == number == file["count"], url
            name = "findings" if "findings" in path else "controls"
            assert [row[list(row)[2]] for row in rows] == [row[list(row)[2]] for row in file[name]]
            assert ("range=30" in url) == ("range=30" in query)
            seen += number
    assert seen > 10


def test_open_means_standing_whatever_a_later_scan_could_not_see(company, as_owner, home):
    file = json.loads(as_owner.get(home + "findings/rows.json").content)
    known = {row["resource"]: (row["known_for"], row["carried_forward"], row["stages"]) for row in file["findings"]}
    assert known == {
        "root@acme": ("Over 90 days", "no", "MFA"),
        "cleo@acme": ("30 to 90 days", "no", "MFA"),
        "dan@acme": ("Under 7 days", "no", "MFA"),
        "db-1": ("7 to 30 days", "no", "Least privilege, Credentials"),
        "db-2": ("7 to 30 days", "no", "Least privilege, Credentials"),
        "sg-1": ("7 to 30 days", "yes", "Proxy"),
        "x": ("7 to 30 days", "no", "No stage"),
    }
    text = as_owner.get(home).content.decode()
    assert "MFA holds 3 of 7 open findings" in text
    assert "1 of them carried forward, as newer scans could not look; 1 excepted, counted apart" in text
    page = as_owner.get(home + "findings/?stage=proxy").content.decode()
    assert "Carried forward: a newer scan could not look." in page


def test_list_is_paged_searched_and_keeps_its_filters(systems, as_owner, home):
    aws = systems.connection("aws", "AWS")
    systems.scan(aws, {PROXY: tuple(f"sg-{n}" for n in range(120))})
    first = as_owner.get(home + "findings/?stage=proxy&range=365").content.decode()
    assert "Page 1 of 3" in first
    assert "?range=365&amp;stage=proxy&amp;page=2" in first
    assert f'href="{home}?range=365&amp;stage=proxy"' in first
    last = as_owner.get(home + "findings/?stage=proxy&range=365&page=3").content.decode()
    assert len(re.findall(r'<th scope="row">', last)) == 20
    assert told(as_owner.get(home + "findings/?q=sg-11")) == 11
    assert told(as_owner.get(home + "controls/?stage=mfa&q=everyone")) == 2


def test_formulas_of_a_stranger_do_not_run_in_the_csv(systems, as_owner, home):
    systems.scan(systems.connection("aws", "AWS"), {PROXY: ("=cmd()",)})
    assert "'=cmd()" in as_owner.get(home + "findings/rows.csv").content.decode()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?range=17", "There is no date range “17” here, so the last 90 days are shown."),
        ("?stage=moon", "There is no stage “moon” here, so all are shown."),
        ("?severity=huge", "There is no severity “huge” here, so all are shown."),
        ("?connection=00000000-0000-0000-0000-000000000000", "There is no connection “00000000-0000-0000-0000-000000"),
        ("?from=soon", "“soon” is not a day such as 2026-11-23, so the last 90 days are shown."),
        ("?range=365&to=2026-13-01", "“2026-13-01” is not a day such as 2026-11-23, so the last year is shown."),
        ("?from=2026-11-02&to=2026-11-01", "comes before the first, 2026-11-02, so the last 90 days are shown."),
    ],
)
def test_value_nobody_knows_gets_one_sentence_and_the_usual_is_shown(as_owner, home, query, sentence):
    for path in ("", "findings/"):
        answer = as_owner.get(home + path + query)
        assert answer.status_code == 200
        text = answer.content.decode()
        assert text.count(sentence) == 1
        assert re.search(r'note warn" role="status">', text)


@pytest.mark.parametrize(
    "query", ["?from=0001-01-01&to=9999-12-31", "?to=0001-01-01", "?q=%00", "?page=x", "?from=9999-12-31", "?range="]
)
def test_edges_of_the_address_break_nothing(company, as_owner, home, query):
    for path in ("", "findings/", "controls/", "findings/rows.json", "trend.csv"):
        assert as_owner.get(home + path + query).status_code == 200, path


def test_connection_of_somebody_else_is_none_here(systems, as_owner, home, other_organization):
    from tests.dashboards.conftest import Systems

    foreign = Systems(other_organization).connection("aws", "Their AWS")
    text = as_owner.get(home + f"findings/?connection={foreign.id}").content.decode()
    assert "There is no connection" in text
    assert "Their AWS" not in text


def test_empty_organization_is_taught_what_will_stand_there(as_owner, home):
    text = as_owner.get(home + "?from=2020-01-01&to=2020-02-01").content.decode()
    assert "Nothing is recorded in this range yet" in text
    for words in (
        "Connect a system",
        "List services and stores",
        "Look at the plan",
        "Nothing was scanned yet",
    ):
        assert words in text
    listed = as_owner.get(home + "findings/").content.decode()
    assert "Go to the connectors" in listed


def test_paper_has_every_figure_and_no_navigation(company, as_owner, home):
    text = as_owner.get(home + "?print=1&stage=mfa").content.decode()
    assert text.count('<figure class="chart"') == 10
    assert 'class="nav"' not in text
    assert "last 90 days, MFA" in text
    assert "print" not in re.findall(r'href="([^"]+)">Back to the dashboard', text)[0]


def test_csv_of_a_figure_follows_the_filters(company, as_owner, home):
    rows = list(csv.reader(io.StringIO(as_owner.get(home + "findings.csv?stage=mfa").content.decode())))
    assert rows == [["Stage", "Critical", "High", "Medium", "Low"], ["MFA", "1", "0", "2", "0"]]
    assert as_owner.get(home + "nothing.csv").status_code == 404
