"""The table of a page as a file: exactly what the filter shows, as CSV that no spreadsheet runs, and as JSON."""

from __future__ import annotations

import csv
import io
import json

import pytest
from django.test import Client

from tests.fakes.doors import bells, building
from tests.tenancy.seeding import seed
from ztassess.common.models import organization_scope
from ztassess.scans.models import Finding

__all__ = ["bells", "building"]

# Path with its filter, and by kind of file what the first column of the first row is, or None where nothing fits.
TABLES = [
    "connections/{connection}/",
    "connections/{connection}/?outcome=fail",
    "scans/{scan}/",
    "stages/",
    "stages/mfa/",
    "exceptions/",
    "break-glass/",
    "members/",
    "settings/consultants/",
    "share/",
    "reports/",
    "settings/log/",
    "settings/log/imported/",
    "access/accounts.csv",
    "access/open/",
    "apps.csv",
    "blast-radius/tables/services.csv",
    "roadmap/sprint.csv",
    "roadmap/later/",
]


@pytest.fixture
def rows(building, organization, owner):
    return seed(organization, owner, "=MARK")


@pytest.fixture
def signed_in(owner):
    client = Client()
    client.force_login(owner)
    return client


def test_every_table_comes_as_csv_and_as_the_same_json(rows, organization, signed_in):
    found = {}
    for path in TABLES:
        filled = path.format(connection=rows[Finding].connection_id, scan=rows[Finding].scan_id)
        joint = "&" if "?" in filled else "?"
        texts = {}
        for kind in ("csv", "json"):
            answer = signed_in.get(f"/o/{organization.slug}/{filled}{joint}format={kind}")
            assert answer.status_code == 200, path
            assert answer["Content-Disposition"].startswith("attachment; filename="), path
            assert f".{kind}" in answer["Content-Disposition"]
            assert answer["X-Content-Type-Options"] == "nosniff"
            texts[kind] = answer.content.decode()
        head, *table = csv.reader(io.StringIO(texts["csv"]))
        listed = json.loads(texts["json"])
        assert [list(row) for row in listed] == [head] * len(table), path
        cells = [["" if cell is None else str(cell) for cell in row.values()] for row in listed]
        undone = [[cell[1:] if cell.startswith("'=") else cell for cell in row] for row in table]
        assert undone == cells, path
        assert not any(cell.startswith("=") for row in table for cell in row), path
        found[path] = len(table)
    assert {path for path, count in found.items() if not count} <= {"roadmap/later/"}


def test_file_has_exactly_what_the_filter_shows(rows, organization, signed_in):
    finding = rows[Finding]
    with organization_scope(organization):
        for number in range(80):  # more than a page shows at once
            Finding.objects.create(
                organization=organization,
                scan=finding.scan,
                connection=finding.connection,
                check_id="doors.all_locked",
                resource=f"door {number}",
                outcome="pass" if number % 2 else "fail",
                severity="low",
                reason="x",
                taken_at=finding.taken_at,
            )
    page = f"/o/{organization.slug}/scans/{finding.scan_id}/"
    counts = {
        wanted: len(json.loads(signed_in.get(f"{page}?outcome={wanted}&format=json").content))
        for wanted in ("", "fail", "pass", "error")
    }
    assert counts == {"": 81, "fail": 41, "pass": 40, "error": 0}
    shown = signed_in.get(f"{page}?outcome=fail").content.decode()
    assert 'href="?outcome=fail&amp;format=csv"' in shown
    stage = f"/o/{organization.slug}/stages/mfa/"
    everything, some = (
        json.loads(signed_in.get(f"{stage}?format=json{more}").content) for more in ("", "&q=phish&proof=unanswered")
    )
    assert 0 < len(some) < len(everything)
    assert all("phish" in str(row).lower() and row["Proof"] == "unanswered" for row in some)


def test_unknown_format_is_the_page(rows, organization, signed_in):
    answer = signed_in.get(f"/o/{organization.slug}/exceptions/?format=xlsx")
    assert answer["Content-Type"].startswith("text/html")
