"""What the company listed: the inventory behind the blast radius, and the board of internal tools."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from tests.inventory import example
from ztassess.assessments.selectors import read_organization
from ztassess.demo.landscape import PASTED
from ztassess.domain.blast_radius import Measure
from ztassess.domain.findings import Unavailable
from ztassess.domain.inventory_tables import Table
from ztassess.inventory.models import AppTick, InternalApp, InventoryState
from ztassess.inventory.selectors import inventory_contents, radius_moments


@pytest.fixture(autouse=True)
def shown(settings):
    settings.DEMO_AT = True


def test_inventory_is_the_worked_example_pasted_row_by_row(demo):
    assert example.TABLES == PASTED
    contents = inventory_contents()
    assert {table: len(contents.of(table)) for table in Table} == {
        Table.SERVICES: 6,
        Table.STORES: 4,
        Table.CALLS: 5,
        Table.ENTRIES: 4,
        Table.PERMISSIONS: 36,
    }
    assert InventoryState.objects.get().changed_at < demo.anchor


def test_blast_radius_counts_only_what_is_proven_today(demo):
    moments = radius_moments(read_organization(demo.organization, now=demo.anchor).assessment)
    assert not isinstance(moments, Unavailable)
    assert moments.in_place == {Measure.CREDENTIALS}
    page = Client().get("/demo/blast-radius/").content.decode()
    found = re.search(r"<strong data-radius>([\d.]+)", page)
    assert found
    assert found[1] == "90.0"
    assert "6 of 7 services are listed." in page


def test_board_shows_tools_ticks_and_where_a_scan_says_otherwise(demo):
    assert sorted(InternalApp.objects.values_list("name", flat=True)) == [
        "Admin",
        "Grafana",
        "Jobs",
        "Metabase",
        "Wiki",
    ]
    assert AppTick.objects.filter(says=True).count() == 10
    assert all(app.added_at < demo.anchor for app in InternalApp.objects.all())
    page = Client().get("/demo/apps/").content.decode()
    assert "Contradicted" in page
