"""The table editor saves a page of rows at once, each only if nobody else changed it, and keeps what was typed."""

from __future__ import annotations

from typing import Any

import pytest

from ztassess.audit.models import AuditEvent
from ztassess.domain.inventory_tables import Table
from ztassess.inventory.models import DataStore, EntryPoint, InventoryState, Permission, Service
from ztassess.inventory.selectors import inventory_contents


@pytest.fixture
def save(as_owner, home, organization):
    """Post rows as the page does: lists of (row or None, cells, further fields)."""

    def post(table: Table, *lines: tuple[Any, tuple[str, ...], dict[str, str]]):
        data = {"for_organization": str(organization.id)}
        for place, (row, cells, extra) in enumerate(lines):
            if row is not None:
                data |= {f"row-{place}-id": str(row.id), f"row-{place}-version": str(row.version)}
            data |= {f"row-{place}-{at}": cell for at, cell in enumerate(cells)}
            data |= {f"row-{place}-{name}": value for name, value in extra.items()}
        return as_owner.post(f"{home}blast-radius/tables/{table}/", data)

    return post


def test_rows_are_added_changed_and_removed_in_one_save(save, put, in_scope):
    put(Table.STORES, "users,internal\nlogs,public")
    users, logs = DataStore.objects.get(name="users"), DataStore.objects.get(name="logs")
    answer = save(
        Table.STORES,
        (users, ("users", "personal"), {}),
        (logs, ("logs", "public"), {"remove": "1"}),
        (None, ("orders", "confidential"), {}),
        (None, ("", ""), {}),
    )
    assert answer.status_code == 302
    assert sorted(inventory_contents().of(Table.STORES).values()) == [
        ("orders", "confidential"),
        ("users", "personal"),
    ]
    line = AuditEvent.objects.filter(action="inventory.save").latest("seq")
    assert line.detail.summary == "Olga Owner changed stores in the editor: 1 added, 1 changed, 1 removed"
    assert line.detail.before == [["users", "internal"], ["logs", "public"]]


def test_renamed_service_keeps_its_calls_and_rights(save, put, example, in_scope):
    api = Service.objects.get(name="api")
    assert save(Table.SERVICES, (api, ("gateway",), {})).status_code == 302
    contents = inventory_contents()
    assert ("web", "gateway") in contents.of(Table.CALLS)
    assert ("gateway", "users") in contents.of(Table.PERMISSIONS)


def test_two_rows_may_swap_their_names(save, put, in_scope):
    put(Table.SERVICES, "a\nb")
    put(Table.STORES, "x,personal")
    put(Table.PERMISSIONS, "a,x,write")
    a, b = Service.objects.get(name="a"), Service.objects.get(name="b")
    assert save(Table.SERVICES, (a, ("b",), {}), (b, ("a",), {})).status_code == 302
    assert Service.objects.get(id=a.id).name == "b"
    assert Permission.objects.get().service_id == a.id


def test_somebody_elses_change_is_never_overwritten(save, put, in_scope):
    put(Table.STORES, "users,internal")
    mine = DataStore.objects.get()
    put(Table.STORES, "users,public")
    answer = save(Table.STORES, (mine, ("users", "personal"), {}), (None, ("new", "internal"), {}))
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Somebody else changed this row meanwhile; it says users, public now." in text
    assert '<option value="personal" selected>' in text
    assert 'value="new"' in text
    assert list(inventory_contents().of(Table.STORES).values()) == [("users", "public")]


def test_row_that_is_gone_is_said(save, put, in_scope):
    put(Table.STORES, "users,internal")
    mine = DataStore.objects.get()
    DataStore.objects.all().delete()
    assert "removed this row meanwhile" in save(Table.STORES, (mine, ("users", "public"), {})).content.decode()
    assert save(Table.STORES, (mine, ("users", "public"), {"remove": "1"})).status_code == 302


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        (("Users", "public"), "Users is listed already; each store stands once."),
        (("logs", ""), "Sensitivity is empty; every store needs one."),
        (("logs", "heavy"), "&#x27;heavy&#x27; is no sensitivity"),
    ],
)
def test_wrong_row_is_refused_with_its_sentence(save, put, in_scope, cells, sentence):
    put(Table.STORES, "users,internal")
    answer = save(Table.STORES, (None, cells, {}))
    assert answer.status_code == 409
    assert sentence.replace("Users is", "users is" if cells[0] == "Users" else "Users is") in answer.content.decode()
    assert DataStore.objects.count() == 1


def test_entry_point_of_a_key_needs_its_service(save, put, in_scope):
    put(Table.SERVICES, "api")
    assert "must name the service" in save(Table.ENTRIES, (None, ("ci", "key", "", "yes"), {})).content.decode()
    assert save(Table.ENTRIES, (None, ("ci", "key", "api", "yes"), {})).status_code == 302
    key = EntryPoint.objects.get()
    assert (key.service.name, key.on_network) == ("api", False)


def test_saving_what_stands_changes_nothing(save, put, in_scope):
    put(Table.STORES, "users,internal")
    version = InventoryState.objects.get().version
    assert save(Table.STORES, (DataStore.objects.get(), ("users", "internal"), {})).status_code == 302
    assert InventoryState.objects.get().version == version


def test_own_rows_of_another_organization_are_unknown(save, put, other_organization, in_scope):
    from ztassess.common.models import organization_scope

    with organization_scope(other_organization):
        foreign = Service.objects.create(organization=other_organization, name="theirs")
    assert save(Table.SERVICES, (foreign, ("mine",), {})).status_code == 409
    with organization_scope(other_organization):
        assert Service.objects.get().name == "theirs"


def test_table_pages_through_many_rows_and_searches(as_owner, home, put, in_scope):
    put(Table.SERVICES, "\n".join(f"s{at:03}" for at in range(120)))
    text = as_owner.get(home + "blast-radius/tables/services/?page=3").content.decode()
    assert 'value="s119"' in text
    assert 'value="s000"' not in text.partition("<datalist")[0]
    found = as_owner.get(home + "blast-radius/tables/services/?q=s07").content.decode()
    assert "10 of 120\N{NO-BREAK SPACE}services" in found


def test_csv_is_what_stands(as_owner, home, example):
    text = as_owner.get(home + "blast-radius/tables/stores.csv").content.decode()
    assert text.splitlines() == [
        "Store,Sensitivity",
        "analytics,internal",
        "orders db,confidential",
        "payments,personal",
        "users,personal",
    ]
