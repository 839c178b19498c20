"""The joined table: what is told, what is not, filters in the address, pages, CSV, and its cost."""

from __future__ import annotations

import csv
import io
import tracemalloc
from dataclasses import replace

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from tests.access_reviews.telling import connected, person, service, tell, tell_nothing
from ztassess.access_reviews.selectors import read_access
from ztassess.access_reviews.table import PER_PAGE, Filters
from ztassess.domain.findings import Unavailable
from ztassess.domain.roster import AccountKind
from ztassess.organizations.models import FactSheet


def page(client, organization, query: str = "") -> str:
    answer = client.get(f"/o/{organization.slug}/access/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def rows(client, organization, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"/o/{organization.slug}/access/accounts.csv{query}")
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


def test_empty_page_says_what_will_stand_here(as_owner, organization):
    assert "Nobody to review yet" in page(as_owner, organization)


def test_everybody_stands_in_the_table_largest_reach_first(as_owner, told):
    found = rows(as_owner, told)
    assert [(row["Identity"], row["System"]) for row in found] == [
        ("anna@x.io", "Directory"),
        ("anna@x.io", "Cloud"),
        ("ben@x.io", "Directory"),
        ("deployer", "Cloud"),
        ("zoe@x.io", "Cloud"),
        ("gone@x.io", "Cloud"),
    ]
    flags = {row["Identity"] + "/" + row["System"]: row["Flags"] for row in found}
    assert flags == {
        "anna@x.io/Directory": "Excessive",
        "anna@x.io/Cloud": "Excessive",
        "ben@x.io/Directory": "",
        "deployer/Cloud": "No owner",
        "zoe@x.io/Cloud": "Left, Orphaned",
        "gone@x.io/Cloud": "",
    }


def test_what_a_system_does_not_say_is_not_told_and_never_no(as_owner, told):
    zoe = next(row for row in rows(as_owner, told) if row["Identity"] == "zoe@x.io")
    assert [zoe[name] for name in ("Administrator", "Second factor", "Through identity provider", "Last used")] == [
        "not told"
    ] * 4
    assert zoe["Active"] == "yes"
    assert "not told" in page(as_owner, told)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?kind=service", ["deployer"]),
        ("?flag=left", ["zoe@x.io"]),
        ("?flag=any&kind=person", ["anna@x.io", "anna@x.io", "zoe@x.io"]),
        ("?q=BEN", ["ben@x.io"]),
        ("?decided=asks&kind=person&q=gone", []),
        ("?decided=none&q=ben", ["ben@x.io"]),
        ("?flag=nonsense&kind=nonsense&decided=nonsense&q=ben", ["ben@x.io"]),
    ],
)
def test_filters_stand_in_the_address_and_csv_holds_exactly_them(as_owner, told, query, names):
    assert [row["Identity"] for row in rows(as_owner, told, query)] == names
    shown = page(as_owner, told, query)
    assert (f"{len(names)}\N{NO-BREAK SPACE}account" in shown) or (not names and "No account fits this filter" in shown)


def test_system_filter_takes_the_connection(as_owner, told, idp):
    assert {row["System"] for row in rows(as_owner, told, f"?system={idp.id}")} == {"Directory"}


def test_two_systems_of_the_same_name_stay_two(as_owner, told, owner):
    again = connected(told, owner, "github", "Cloud")
    tell(again, person("ben"))
    found = [row for row in rows(as_owner, told) if row["Identity"] == "ben@x.io"]
    assert sorted(row["System"] for row in found) == ["Cloud", "Directory"]


def test_formulas_are_defused_in_the_file(as_owner, in_scope, cloud):
    tell(cloud, service("=HYPERLINK(1)", owner="+1"))
    (row,) = rows(as_owner, in_scope)
    assert row["Account"].startswith("'=")
    assert row["Owner"] == "'+1"


def test_a_system_that_could_not_be_listed_says_so_and_flags_nobody(as_owner, told, idp, owner):
    connected(told, owner, "github", "Code")
    tell_nothing(idp, Unavailable("missing_scope", detail="The token may not list users."), authority=True)
    shown = page(as_owner, told)
    assert "The token may not list users." in shown
    assert "Code: Not read yet." in shown
    assert "nobody is marked as orphaned" in shown
    assert not [row for row in rows(as_owner, told) if "Orphaned" in row["Flags"]]


def test_pages_show_every_account_once(as_owner, in_scope, cloud):
    tell(cloud, *(service(f"s{number:03}") for number in range(2 * PER_PAGE + 1)))
    seen = []
    for number in (1, 2, 3):
        answer = as_owner.get(f"/o/{in_scope.slug}/access/?page={number}")
        seen += [entry.line.account.id for group in answer.context["groups"] for entry in group.entries]
    assert len(seen) == len(set(seen)) == 2 * PER_PAGE + 1


def test_a_viewer_reads_and_has_no_form(client, told, viewer):
    client.force_login(viewer)
    shown = page(client, told)
    assert "anna@x.io" in shown
    assert "Decide</button>" not in shown


def queries(client, path: str) -> int:
    with CaptureQueriesContext(
        database,
    ) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


@pytest.mark.parametrize("where", ["access/", "access/?flag=any&q=s", "access/accounts.csv", "access/open/"])
def test_queries_do_not_grow_with_accounts(as_owner, told, cloud, where):
    path = f"/o/{told.slug}/{where}"
    as_owner.get(path)
    tell(cloud, service("one"))
    few = queries(as_owner, path)  # after something new was told, so that all of it is read
    tell(cloud, *(service(f"s{number}") for number in range(500)))
    assert queries(as_owner, path) == few


def test_twenty_thousand_accounts_stay_small(in_scope, idp, cloud):
    """Whole table in memory: measured as what Python allocates at the most, which does not depend on the machine."""
    people = [person(f"p{number}", second_factor=True, admin=number % 50 == 0) for number in range(10_000)]
    tell(idp, *people, authority=True)
    tell(cloud, *people[:9_000], *(service(f"s{number}") for number in range(1_000)))
    tracemalloc.start()
    try:
        reading = read_access(in_scope)
        fitting = [entry for entry in reading.entries if Filters(flag="any", kind="service").fits(entry)]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(reading.entries) == 20_000
    assert reading.identities == 11_000
    assert len(fitting) == 1_000
    assert all(entry.row.kind is AccountKind.SERVICE for entry in fitting)
    assert peak < 60 * 2**20, f"{peak / 2**20:.0f} MiB"


def test_declared_shared_account_stands_alone(as_owner, told, cloud):
    FactSheet.objects.filter(organization=told).update(declared={"aliases": ["ops = anna@x.io", "ops = ben@x.io"]})
    tell(cloud, replace(person("ops"), name="ops", emails=()))
    (row,) = [row for row in rows(as_owner, told) if row["Account"] == "ops"]
    assert row["Flags"] == "Shared"
    assert "anna@x.io, ben@x.io" in row["Why flagged"]
