"""Shells, callers and accounts of machines and services."""

from __future__ import annotations

import pytest

from tests.connectors.google_iap.factory import (
    NO,
    broken_off,
    instance,
    judged,
    only,
    opening,
    outcome,
    policy,
    run_policy,
    service,
)
from tests.connectors.google_iap.rows import DEV, PROD
from ztassess.connectors.google_iap.snapshot_access import Binding
from ztassess.connectors.google_iap.snapshot_resources import Login, ProjectLogin

SSH, CALLERS, OWN = "admin_via_iap_and_os_login", "run_services_not_public", "workloads_have_own_identity"
PUBLIC = Binding("roles/run.invoker", ("allUsers",))
ON = ProjectLogin(PROD, Login(True, False))


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        pytest.param({}, "pass", id="on, and IAP alone"),
        pytest.param({"project_logins": (ProjectLogin(PROD, Login(None, False)),)}, "fail", id="not set"),
        pytest.param({"project_logins": (ProjectLogin(PROD, Login(False, False)),)}, "fail", id="off"),
        pytest.param({"instances": (instance(login=Login(False, False)),)}, "fail", id="off on one machine"),
        pytest.param({"project_logins": (ProjectLogin(PROD, Login(True, True)),)}, "fail", id="keys of the project"),
        pytest.param({"instances": (instance(login=Login(None, True)),)}, "fail", id="keys of a machine"),
        pytest.param({"openings": (opening("22", sources=("203.0.113.0/24",)),)}, "fail", id="SSH from the office"),
        pytest.param({"openings": (opening("0-65535", sources=("10.0.0.0/8",)),)}, "fail", id="all from inside"),
        pytest.param({"openings": (opening(protocol="all", sources=("10.0.0.0/8",)),)}, "fail", id="no ports named"),
        pytest.param({"openings": (opening("3389", sources=(), senders=("bastion",)),)}, "fail", id="from a tag"),
        pytest.param({"policy_openings": (opening("22", sources=("1.2.3.4/32",)),)}, "fail", id="by a policy"),
        pytest.param({"openings": (opening("22", protocol="udp"),)}, "pass", id="not TCP"),
        pytest.param({"openings": (opening("22", sources=("2600:2d00:1:7::/64",)),)}, "pass", id="IAP by IPv6"),
        pytest.param({"instances": ()}, "not_applicable", id="no machine"),
        pytest.param({"instances": NO}, "not_checked", id="machines refused"),
        pytest.param({"project_logins": NO}, "not_checked", id="metadata refused"),
        pytest.param({"policy_openings": NO}, "not_checked", id="firewall policies refused"),
        pytest.param({"openings": broken_off(opening("22"))}, "fail", id="open before it broke off"),
        pytest.param(
            {
                "instances": (instance(), instance("d", project=DEV)),
                "project_logins": (ON, ProjectLogin(DEV, Login(None, False))),
            },
            "fail",
            id="off in the other project",
        ),
    ],
)
def test_shells(changed, expected):
    assert outcome(SSH, **changed) == expected


def test_shell_near_miss_counts_machines():
    machines = (instance(), instance("vm-2", login=Login(False, False)))
    assert only(SSH, instances=machines).near_miss == "OS Login is on for the project, off on 1 instance."
    assert only(SSH, instances=machines).seen == 2


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        pytest.param({}, "pass", id="one caller named"),
        pytest.param({"run_policies": (run_policy(),)}, "pass", id="nobody named"),
        pytest.param({"run_policies": (run_policy(PUBLIC),)}, "fail", id="everybody"),
        pytest.param(
            {"run_policies": (run_policy(Binding("roles/run.invoker", ("allAuthenticatedUsers",))),)},
            "fail",
            id="every account",
        ),
        pytest.param(
            {"run_policies": (run_policy(Binding("projects/p/roles/x", ("allUsers",))),)}, "fail", id="custom role"
        ),
        pytest.param({"run_services": (service(invoker_checked=False),)}, "fail", id="check switched off"),
        pytest.param(
            {"policies": (policy(Binding("roles/run.invoker", ("allAuthenticatedUsers",))),)},
            "fail",
            id="on the project",
        ),
        pytest.param({"run_policies": ()}, "not_checked", id="its policy is not there"),
        pytest.param({"run_policies": NO}, "not_checked", id="policies refused"),
        pytest.param({"run_services": NO}, "not_checked", id="services refused"),
        pytest.param({"inputs": {"internal_services": ("nothing",)}}, "not_checked", id="no such service"),
        pytest.param({"inputs": {"internal_services": (), "internal_hosts": None}}, "not_checked", id="none declared"),
        pytest.param({"inputs": {"internal_services": ()}}, "not_applicable", id="hosts are not on Cloud Run"),
        pytest.param(
            {
                "inputs": {"internal_services": (), "internal_hosts": ("billing-abc-ew.a.run.app",)},
                "run_policies": (run_policy(PUBLIC),),
            },
            "fail",
            id="by host",
        ),
        pytest.param({"run_policies": broken_off(run_policy(PUBLIC))}, "fail", id="public before it broke off"),
    ],
)
def test_callers(changed, expected):
    assert outcome(CALLERS, **changed) == expected


def test_internal_ingress_is_a_near_miss_not_an_identity():
    found = only(CALLERS, run_policies=(run_policy(PUBLIC),))
    assert found.near_miss == "Ingress is internal, but any caller inside is accepted."
    open_ = {"run_services": (service(ingress="INGRESS_TRAFFIC_ALL"),)}
    assert only(CALLERS, run_policies=(run_policy(PUBLIC),), **open_).near_miss == ""


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        pytest.param({}, "pass", id="own accounts"),
        pytest.param({"run_services": (service(account=""),)}, "fail", id="none named means the default"),
        pytest.param(
            {"run_services": (service(account="111-compute@developer.gserviceaccount.com"),)}, "fail", id="default"
        ),
        pytest.param(
            {"run_services": (service(account="acme-prod@appspot.gserviceaccount.com"),)}, "fail", id="App Engine's"
        ),
        pytest.param(
            {"instances": (instance(accounts=("111-compute@developer.gserviceaccount.com",)),)},
            "fail",
            id="machine with the default",
        ),
        pytest.param({"instances": (instance(accounts=()),)}, "pass", id="machine without any"),
        pytest.param({"run_services": (service(), service("mailer", account=service().account))}, "fail", id="shared"),
        pytest.param({"run_services": (), "instances": ()}, "not_applicable", id="nothing runs"),
        pytest.param({"run_services": (), "instances": (instance(accounts=()),)}, "not_applicable", id="no account"),
        pytest.param({"run_services": NO}, "not_checked", id="services refused"),
        pytest.param({"instances": NO}, "not_checked", id="machines refused"),
        pytest.param({"instances": NO, "run_services": (service(account=""),)}, "fail", id="refused, one seen"),
    ],
)
def test_own_identity(changed, expected):
    assert outcome(OWN, **changed) == expected


def test_shared_account_is_named():
    both = (service(), service("mailer", account=service().account))
    assert only(OWN, run_services=both).near_miss == f"2 services share {service().account}."
    assert judged(OWN)[1][0].seen == 2
