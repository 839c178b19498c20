"""A paste is looked at first, writes all or nothing, and is one audit line; a stale preview writes nothing."""

from __future__ import annotations

import pytest

from tests.inventory.example import TABLES
from ztassess.audit.models import AuditEvent
from ztassess.common.models import organization_scope
from ztassess.domain.inventory_paste import plan_paste
from ztassess.domain.inventory_tables import Table
from ztassess.inventory.errors import InventoryChanged, InventoryRefused
from ztassess.inventory.models import Permission, Service
from ztassess.inventory.selectors import inventory_contents
from ztassess.inventory.services.tables import paste_apply

PASTE = "blast-radius/tables/{}/paste/"


@pytest.fixture
def post(as_owner, home, organization):
    def send(table: str, text: str, **extra: str):
        data = {"for_organization": str(organization.id), "text": text, **extra}
        return as_owner.post(home + PASTE.format(table), data)

    return send


def lines(organization) -> list[str]:
    with organization_scope(organization):
        return [event.detail.summary for event in AuditEvent.objects.filter(action="inventory.save")]


def digest_of(answer) -> str:
    import re

    return re.search(r'name="digest" value="(\w+)"', answer.content.decode())[1]


def test_preview_writes_nothing_and_confirming_writes_it(post, organization, in_scope):
    preview = post("services", "web\napi")
    assert preview.status_code == 200
    assert not Service.objects.exists()
    done = post("services", "web\napi", digest=digest_of(preview))
    assert done.status_code == 302
    assert sorted(Service.objects.values_list("name", "source")) == [("api", "pasted"), ("web", "pasted")]
    assert lines(organization) == ["Olga Owner changed services by paste: 2 added"]


def test_wrong_lines_are_named_kept_and_nothing_is_half_written(post, put, organization, in_scope):
    put(Table.SERVICES, "web\napi")
    answer = post("calls", "web,api\nghost,api\nweb,spook")
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Line 2: ghost is not a listed service." in text
    assert "Line 3: spook is not a listed service." in text
    assert "ghost,api\nweb,spook" in text
    assert 'name="digest"' not in text
    assert inventory_contents().of(Table.CALLS) == {}


def test_a_forged_digest_cannot_write_wrong_lines(post, in_scope):
    answer = post("calls", "ghost,api", digest="0" * 64)
    assert answer.status_code == 422
    assert inventory_contents().of(Table.CALLS) == {}


def test_preview_of_another_inventory_writes_nothing(post, put, in_scope):
    preview = post("services", "web", replace="on")
    put(Table.SERVICES, "api")
    answer = post("services", "web", replace="on", digest=digest_of(preview))
    assert answer.status_code == 409
    assert "The inventory changed since this preview was made." in answer.content.decode()
    assert list(inventory_contents().of(Table.SERVICES)) == [("api",)]


def test_whole_example_is_written_and_pasting_it_again_changes_nothing(put, example, organization, in_scope):
    before = len(lines(organization))
    assert Permission.objects.count() == 36
    for table, text in TABLES.items():
        put(table, text, replace=True)
    assert len(lines(organization)) == before


def test_replacing_services_takes_what_names_them(put, example, in_scope):
    put(Table.SERVICES, "\n".join(("web", "api", "orders", "billing", "reporting")), replace=True)
    assert Permission.objects.count() == 32
    assert len(inventory_contents().of(Table.CALLS)) == 3


def test_changed_rows_keep_their_identity(put, example, in_scope):
    before = dict(Permission.objects.values_list("id", "has"))
    put(Table.PERMISSIONS, "web,users,read,none")
    after = dict(Permission.objects.values_list("id", "has"))
    assert before.keys() == after.keys()
    assert sorted(after.values()).count("read") == 1


def test_service_refuses_wrong_text_with_its_problems(in_scope, owner):
    with pytest.raises(InventoryRefused) as refused:
        paste_apply(organization=in_scope, table=Table.CALLS, text="a,b", replace=False, digest="x", actor=owner)
    assert str(refused.value.problems[0]) == "Line 1: a is not a listed service."
    plan = plan_paste(Table.SERVICES, "a", inventory_contents(), replace=False)
    with pytest.raises(InventoryChanged):
        paste_apply(
            organization=in_scope, table=Table.SERVICES, text="b", replace=False, digest=plan.digest, actor=owner
        )


@pytest.mark.parametrize("table", [table.value for table in Table])
def test_empty_form_is_refused_and_unknown_table_is_404(post, as_owner, home, table, organization):
    assert post(table, "").status_code == 400
    assert as_owner.get(home + PASTE.format(table)).status_code == 200
    assert as_owner.get(home + PASTE.format("nonsense")).status_code == 404


def test_viewer_reads_the_tables_and_may_not_paste(client, viewer, home, example):
    client.force_login(viewer)
    text = client.get(home + "blast-radius/tables/services/").content.decode()
    assert 'value="reporting"' in text
    assert "Save services" not in text
    assert client.get(home + PASTE.format("services")).status_code == 403
    assert client.post(home + PASTE.format("services"), {"text": "x"}).status_code == 403


def test_many_changed_rows_are_written_in_few_queries(put, in_scope):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    put(Table.STORES, "\n".join(f"s{at},public" for at in range(300)))
    with CaptureQueriesContext(connection) as queries:
        put(Table.STORES, "\n".join(f"s{at},personal" for at in range(300)), replace=True)
    assert len(queries) < 40
    assert {row[1] for row in inventory_contents().of(Table.STORES).values()} == {"personal"}
