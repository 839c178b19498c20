"""What Google Cloud tells the others: accounts with roles, hosts behind IAP and round it."""

from __future__ import annotations

from tests.connectors.google_iap.factory import (
    CI,
    HOST,
    NO,
    account,
    backend,
    broken_off,
    policy,
    route,
    service,
    snapshot,
)
from tests.connectors.google_iap.rows import PROD
from ztassess.connectors.google_iap import CONNECTOR
from ztassess.connectors.google_iap.sharing import shares
from ztassess.connectors.google_iap.snapshot_access import Binding
from ztassess.connectors.google_iap.snapshot_resources import EndpointGroup
from ztassess.domain.findings import Unavailable
from ztassess.domain.roster import AccountKind

OWNER = Binding("roles/owner", ("user:Anna@acme.example", CI))
NEG = f"projects/{PROD}/regions/europe-west1/networkEndpointGroups/neg"


def host(name, **changed):
    found = shares(snapshot(**changed)).hosts
    rows = found.read if isinstance(found, Unavailable) else found
    return next(each for each in rows if each.name == name)


def test_accounts_are_service_accounts_and_people_with_roles():
    found = {each.id: each for each in shares(snapshot(policies=(policy(OWNER),))).accounts}
    assert found["anna@acme.example"].kind is AccountKind.PERSON
    assert found["anna@acme.example"].emails == ("anna@acme.example",)
    assert found["anna@acme.example"].admin is True
    assert found["anna@acme.example"].active is None, "the directory knows, not we"
    assert found[CI.partition(":")[2]].kind is AccountKind.SERVICE
    assert found[CI.partition(":")[2]].admin is True
    assert found[f"deploy@{PROD}.iam.gserviceaccount.com"].admin is False


def test_disabled_account_is_not_active():
    found = shares(snapshot(service_accounts=(account(disabled=True),))).accounts
    assert [each.active for each in found if each.kind is AccountKind.SERVICE] == [False]


def test_unread_policies_leave_the_accounts_incomplete():
    found = shares(snapshot(policies=NO)).accounts
    assert isinstance(found, Unavailable)
    assert found.read
    assert isinstance(shares(snapshot(service_accounts=NO)).accounts, Unavailable)


def test_hosts_are_covered_where_iap_is_on_every_path():
    assert host(HOST).covered is True
    assert host(HOST).internal is True
    assert host(HOST).served is True
    two = {"backends": (backend(), backend("open", iap=False)), "routes": (route(HOST, "admin-be", "open"),)}
    assert host(HOST, **two).covered is False
    assert host(HOST, routes=(route(HOST, "elsewhere"),)).covered is None


def test_service_that_answers_beside_its_load_balancer_is_an_open_origin():
    group = EndpointGroup(PROD, NEG, "europe-west1", True, "billing")
    behind = {"backends": (backend(groups=(NEG,)),), "endpoint_groups": (group,)}
    assert host(HOST, **behind).origin_open is None
    assert host(HOST, **behind, run_services=(service(ingress="INGRESS_TRAFFIC_ALL"),)).origin_open is True


def test_own_address_of_a_service():
    address = service().hosts[0]
    assert host(address).served is False
    assert host(address, run_services=(service(ingress="INGRESS_TRAFFIC_ALL", iap=True),)).covered is True
    assert host(address, run_services=(service(ingress="INGRESS_TRAFFIC_ALL"),)).covered is False


def test_default_of_a_url_map_is_no_host_and_unread_routes_stay_so():
    found = shares(snapshot(routes=(route("*"),))).hosts
    assert "*" not in {each.name for each in found}
    part = shares(snapshot(routes=broken_off(route()))).hosts
    assert isinstance(part, Unavailable)
    assert HOST in {each.name for each in part.read}
    assert CONNECTOR.shares is shares
