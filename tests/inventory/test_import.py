"""What connections found can be taken over by choice: workloads, stores with what they hold, rights of accounts."""

from __future__ import annotations

import re

import pytest

from ztassess.domain.findings import Unavailable
from ztassess.domain.inventory_tables import Table
from ztassess.domain.roster import Account, DataGrant, Share, Workload, WorkloadCall
from ztassess.inventory.importing import found_by
from ztassess.inventory.selectors import inventory_contents
from ztassess.scans.selectors_shares import shared_views

IMPORT = "blast-radius/import/"
WORKLOADS = (Workload("api", "shop", "Deployment"), Workload("web", "shop"), Workload("web", "blog"))
GRANTS = (
    DataGrant("api_user", "shop/public", "write", "read", "api"),
    DataGrant("api_user", "shop/audit", "read"),
    DataGrant("report@%", "shop/public", "read", "none"),
)


def found():
    return found_by(shared_views(), inventory_contents())


@pytest.fixture
def take(as_owner, home, organization):
    def post(place: int, name: str, **chosen: str):
        data = {"for_organization": str(organization.id), "connection": str(place), "name": name, **chosen}
        return as_owner.post(home + IMPORT, data)

    return post


def test_only_connections_that_tell_services_or_grants_are_offered(tells):
    tells("Okta", Share(accounts=(Account("a", "a"),)))
    assert found() == []
    tells("Cluster", Share(workloads=WORKLOADS))
    assert [each.workloads for each in found()] == [("api", "shop/web", "blog/web")]


def test_page_without_such_a_connection_says_what_to_connect(as_owner, home, organization):
    text = as_owner.get(home + IMPORT).content.decode()
    assert "No connection tells services or rights yet" in text


def test_chosen_workloads_become_services_and_are_offered_no_more(tells, take, in_scope):
    tells("Cluster", Share(workloads=WORKLOADS))
    answer = take(0, "Cluster", w0="on", w2="on")
    assert answer.status_code == 302
    assert list(inventory_contents().of(Table.SERVICES)) == [("api",), ("blog/web",)]
    assert found()[0].workloads == ("shop/web",)


def test_accounts_become_rights_of_the_chosen_service(tells, take, put, in_scope):
    put(Table.SERVICES, "reporting")
    tells("Orders DB", Share(grants=GRANTS))
    (each,) = found()
    assert each.stores == ("shop/public", "shop/audit")
    assert each.accounts == (("api_user", "api"), ("report@%", "report"))
    answer = take(0, "Orders DB", s0="personal", s1="", a0="+", a1="=reporting")
    assert answer.status_code == 302
    contents = inventory_contents()
    assert set(contents.of(Table.SERVICES)) == {("api",), ("reporting",)}
    assert list(contents.of(Table.STORES).values()) == [("shop/public", "personal")]
    assert set(contents.of(Table.PERMISSIONS).values()) == {
        ("api", "shop/public", "write", "read"),
        ("reporting", "shop/public", "read", "none"),
    }


def test_undeclared_needs_are_all_of_it_so_that_nothing_is_promised(tells, take, in_scope):
    tells("DB", Share(grants=(DataGrant("app", "shop", "write"),)))
    assert take(0, "DB", s0="confidential", a0="+").status_code == 302
    assert list(inventory_contents().of(Table.PERMISSIONS).values()) == [("app", "shop", "write", "write")]


def test_two_accounts_of_one_service_give_the_stronger_right(tells, take, in_scope):
    tells("DB", Share(grants=(DataGrant("app", "shop", "read"), DataGrant("app2", "shop", "write", "", "app"))))
    assert take(0, "DB", s0="internal", a0="+", a1="+").status_code == 302
    assert list(inventory_contents().of(Table.PERMISSIONS).values()) == [("app", "shop", "write", "write")]


def test_nothing_chosen_takes_nothing_over(tells, take, in_scope):
    tells("DB", Share(grants=GRANTS, workloads=WORKLOADS))
    assert take(0, "DB").status_code == 302
    assert inventory_contents().of(Table.SERVICES) == {}


def test_another_connection_at_this_place_takes_nothing_over(tells, take, in_scope):
    tells("DB", Share(grants=GRANTS))
    for place, name in ((0, "Other"), (7, "DB")):
        take(place, name, s0="personal", a0="+")
    assert inventory_contents().of(Table.STORES) == {}


def test_name_that_is_an_entry_point_is_refused_in_a_sentence(tells, take, put, in_scope):
    put(Table.ENTRIES, "api,session")
    tells("Cluster", Share(workloads=WORKLOADS))
    answer = take(0, "Cluster", w0="on", w1="on")
    assert answer.status_code == 409
    assert "api is listed as an entry point already" in answer.content.decode()
    assert inventory_contents().of(Table.SERVICES) == {}


def test_part_that_could_not_be_read_is_said(tells, as_owner, home):
    tells("DB", Share(grants=Unavailable("missing_scope", "SELECT", "The grants could not be read.")))
    assert "The grants could not be read." in as_owner.get(home + IMPORT).content.decode()


def test_same_service_is_preselected(tells, put, as_owner, home):
    put(Table.SERVICES, "API")
    tells("DB", Share(grants=GRANTS))
    text = as_owner.get(home + IMPORT).content.decode()
    assert re.search(r'<option value="=API"\s+selected', text)
    assert "A new service: api<" not in text


CALLS = (
    WorkloadCall("web", "shop", "api", "shop", "Istio policy shop/api"),
    WorkloadCall("web", "blog", "api", "shop", "NetworkPolicy shop/api"),
    WorkloadCall("cron", "ops", "api", "shop", "Istio policy shop/api", caller_is_account=True),
    WorkloadCall("api", "ops", "web", "shop", "Istio policy shop/web", caller_is_account=True),
)


def test_calls_are_previewed_and_unknown_ends_are_listed_and_kept_aside(tells, as_owner, home, in_scope):
    tells("Cluster", Share(workloads=WORKLOADS, calls=CALLS))
    (each,) = found()
    assert [call.words for call in each.calls] == ["shop/web to api", "blog/web to api"]
    # An account of this name is not the workload of this name.
    assert [(call.words, call.unknown) for call in each.aside] == [
        ("ops/cron to api", ("ops/cron",)),
        ("ops/api to shop/web", ("ops/api",)),
    ]
    text = as_owner.get(home + IMPORT).content.decode()
    assert "2\u00a0calls kept aside" in text
    assert "NetworkPolicy shop/api" in text
    assert not inventory_contents().of(Table.CALLS)


def test_chosen_calls_are_written_with_both_ends_and_wait_without(tells, take, as_owner, home, in_scope):
    tells("Cluster", Share(workloads=WORKLOADS, calls=CALLS))
    answer = take(0, "Cluster", w0="on", w1="on", c0="on", c1="on")
    assert answer.status_code == 302
    contents = inventory_contents()
    assert list(contents.of(Table.SERVICES)) == [("api",), ("shop/web",)]
    assert list(contents.of(Table.CALLS)) == [("shop/web", "api")]
    said = as_owner.get(answer["Location"]).content.decode()
    assert "1 call was kept aside, because a service of it is not listed: blog/web to api." in said
    assert [call.words for call in found()[0].calls] == ["blog/web to api"]
    take(0, "Cluster", w0="on", c0="on")
    assert not found()[0].calls


def test_known_service_makes_an_account_known_and_refusal_writes_nothing(tells, take, put, in_scope):
    put(Table.SERVICES, "OPS/cron")
    tells("Cluster", Share(workloads=WORKLOADS, calls=CALLS))
    assert ("OPS/cron to api", ()) in [(call.words, call.unknown) for call in found()[0].calls]
    put(Table.ENTRIES, "api\tpassword")  # the name is taken, so the service is refused
    before = inventory_contents()
    assert take(0, "Cluster", w0="on", w1="on", w2="on", c0="on", c1="on").status_code == 409
    assert inventory_contents() == before


def test_calls_alone_are_enough_and_many_come_in_parts(tells, put, in_scope):
    put(Table.SERVICES, "\n".join(f"s{number}" for number in range(30)))
    calls = tuple(WorkloadCall(f"s{a}", "", f"s{b}", "", "x") for a in range(30) for b in range(30) if a != b)
    tells("Cluster", Share(calls=calls))
    (each,) = found()
    assert (len(each.calls), each.more_calls, each.empty) == (400, 470, False)
