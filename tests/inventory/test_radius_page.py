"""The blast radius page shows the numbers of the example, says what is missing, and stays usable with 500 services."""

from __future__ import annotations

import csv
import io
import re
import time

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from ztassess.assessments.selectors import judged
from ztassess.domain.blast_radius import Measure
from ztassess.domain.findings import Unavailable
from ztassess.domain.inventory_tables import Table
from ztassess.inventory.selectors import inventory_landscape, measures_of_plan, radius_moments
from ztassess.organizations.models import FactSheet

PAGE = "blast-radius/"


def cuts(client, home, query=""):
    text = client.get(home + PAGE + "cuts.csv" + query).content.decode()
    return list(csv.DictReader(io.StringIO(text)))


def number(client, home, *done):
    query = "?if=1" + "".join(f"&done={each}" for each in done)
    text = client.get(home + PAGE + query).content.decode()
    return re.search(r"<strong data-radius>([\d.]+)", text)[1]


def test_pasted_example_shows_the_numbers_of_every_stage(as_owner, home, example):
    rows = cuts(as_owner, home)
    assert [row["Lambda 0.5, %"] for row in rows] == [
        *("100.0", "90.0", "80.0", "73.4", "40.9", "38.9", "22.1"),
        "63.4",
    ]
    assert [row["Lambda 0, %"] for row in rows][4:] == ["18.0", "16.0", "16.0", "63.4"]
    assert [row["Lambda 1, %"] for row in rows][4:] == ["65.4", "63.4", "31.0", "63.4"]
    assert [row["Worst entry point, %"] for row in rows][4:] == ["70.0", "70.0", "64.3", "100.0"]


@pytest.mark.parametrize(
    ("done", "shown"),
    [
        ((), "100.0"),
        (("identity", "mfa", "proxy"), "73.4"),
        (("identity", "mfa", "proxy", "least-privilege"), "40.9"),
        (tuple(measure.value for measure in Measure), "22.1"),
        (("identity", "mfa", "proxy", "credentials", "mesh"), "63.4"),
    ],
)
def test_what_if_computes_what_is_ticked(as_owner, home, example, done, shown):
    assert number(as_owner, home, *done) == shown


def test_page_says_worst_path_band_completeness_and_mesh(as_owner, home, example, in_scope):
    FactSheet.objects.update(values={"n_services": 9, "n_sensitive_paths": 2})
    query = "?if=1&done=identity&done=mfa&done=proxy&done=least-privilege&done=credentials&done=mesh"
    text = as_owner.get(home + PAGE + query).content.decode()
    assert "Between 16.0&nbsp;%" in text
    assert "31.0&nbsp;% if every one does" in text
    assert "api → users (write), 0 hops" in text
    assert "6 of 9 services are listed." in text
    assert "9 services, 2 sensitive paths" in text
    assert "a mesh over shared rights stops at 63.4" in text


def test_nothing_listed_is_said_and_is_no_number(as_owner, home, organization):
    text = as_owner.get(home + PAGE).content.decode()
    assert "data-radius" not in text
    assert "List at least one service" in text
    assert "List at least one service" not in as_owner.get(home + PAGE + "graph.csv").content.decode()


def test_without_proof_nothing_is_in_place(as_owner, home, example):
    text = as_owner.get(home + PAGE).content.decode()
    assert "Today, with what is proven" in text
    assert re.search(r"data-radius>100\.0", text)
    assert "proven today" not in text


def test_proven_controls_are_in_place(as_owner, home, example, monkeypatch):
    from ztassess.inventory import radius_page

    in_place = frozenset({Measure.IDENTITY, Measure.MFA})
    monkeypatch.setattr(radius_page, "measures_in_place", lambda judged: in_place)
    text = as_owner.get(home + PAGE).content.decode()
    assert re.search(r"data-radius>80\.0", text)
    assert text.count("proven today") == 2
    assert "(in place today)" in text


def test_csv_has_every_row_of_graph_and_entries(as_owner, home, example):
    graph = as_owner.get(home + PAGE + "graph.csv").content.decode().splitlines()
    # 9 holders x 4 stores, 3 people in the network, 1 key, 1 flat network, and the head.
    assert len(graph) == 36 + 3 + 1 + 1 + 1
    entries = as_owner.get(home + PAGE + "entries.csv").content.decode().splitlines()
    assert len(entries) == 1 + 10
    assert as_owner.get(home + PAGE + "nonsense.csv").status_code == 404


def test_moments_are_before_now_and_after_the_plan(example, in_scope):
    found = radius_moments(judged(in_scope))
    assert not isinstance(found, Unavailable)
    shares = [round(100 * each.share, 1) for each in (found.before, found.now, found.planned)]
    assert shares == [100.0, 100.0, 40.9]
    assert measures_of_plan(judged(in_scope)) == {
        Measure.IDENTITY,
        Measure.MFA,
        Measure.PROXY,
        Measure.LEAST_PRIVILEGE,
    }


def test_moments_of_an_empty_inventory_are_unavailable(in_scope):
    assert isinstance(radius_moments(judged(in_scope)), Unavailable)


def large(put, size: int) -> None:
    stores = size // 10
    put(Table.SERVICES, "\n".join(f"service-{at:03}" for at in range(size)))
    put(Table.STORES, "\n".join(f"store-{at:02},personal" for at in range(stores)))
    put(Table.CALLS, "\n".join(f"service-{at:03},service-{(at + n) % size:03}" for at in range(size) for n in (1, 2)))
    rights = (f"service-{at:03},store-{(at + n) % stores:02},write,read" for at in range(size) for n in range(4))
    put(Table.PERMISSIONS, "\n".join(rights))


def test_five_hundred_services_take_no_more_queries_than_six(as_owner, home, put, example):
    with CaptureQueriesContext(
        database,
    ) as few:
        as_owner.get(home + PAGE)
    large(put, 500)
    started = time.perf_counter()
    with CaptureQueriesContext(database) as many:
        answer = as_owner.get(home + PAGE)
    print(f"page with 506 services: {time.perf_counter() - started:.2f} s, {len(answer.content)} bytes")  # noqa: T201  a measurement to read
    assert len(many) == len(few) <= 20
    text = answer.content.decode()
    assert len(inventory_landscape().services) == 506
    assert "24 of 506 services" in text
    # The drawing stays small; the tables and the CSV have everything.
    assert text.count('<g class="box service') == 24
    for path in ("tables/services/", "tables/permissions/", "tables/services/?page=3&q=service"):
        with CaptureQueriesContext(database) as queries:
            assert as_owner.get(home + PAGE + path).status_code == 200
        assert len(queries) <= 20


def test_names_are_text_and_never_markup(as_owner, home, put):
    put(Table.SERVICES, "<script>alert(1)</script>")
    put(Table.STORES, "</script><b>,personal")
    put(Table.PERMISSIONS, "<script>alert(1)</script>,</script><b>,write")
    for path in ("", "tables/services/", "tables/permissions/"):
        text = as_owner.get(home + PAGE + path).content.decode()
        assert "<script>alert" not in text
        assert "</script><b>" not in text
