"""A cluster tells what runs in it, without itself and its mesh, or says why it cannot."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.connectors.kubernetes.objects import (
    ROOT,
    account,
    allow_from,
    authz,
    deployment,
    linkerd,
    namespace,
    netpol,
    snapshot,
)
from ztassess.connectors.kubernetes import CONNECTOR
from ztassess.connectors.kubernetes.sharing import shares
from ztassess.connectors.runner import read_once
from ztassess.domain.findings import Unavailable
from ztassess.domain.roster import Workload, WorkloadCall


def test_workloads_of_the_company_are_told(reading) -> None:
    share = read_once(CONNECTOR, reading()).share
    assert share is not None
    assert share.workloads == (Workload("orders", "shop", "Deployment"), Workload("pay", "shop", "Deployment"))


def test_kind_that_could_not_be_read_makes_no_shorter_list(reading) -> None:
    why = Unavailable("missing_scope", "apps/deployments:list")
    snapshot = CONNECTOR.collect(reading())
    told = shares(replace(snapshot, deployments=why))
    assert (told.workloads, told.calls) == (why, why)


RUNS = (deployment("orders"), deployment("pay"), deployment("web", "front"), namespace("front", labels={"team": "web"}))
ORDERS = "cluster.local/ns/shop/sa/orders"
IDENTITY = "orders.shop.serviceaccount.identity.linkerd.cluster.local"
SERVER = linkerd("Server", "pay-http", "shop", {"podSelector": {"matchLabels": {"app": "pay"}}, "port": 8080})
PICKS = {"podSelector": {"matchLabels": {"app": "pay"}}, "policyTypes": ["Ingress"]}


def source(**fields):
    return {"from": [{"source": fields}]}


def ingress(**peer):
    return [{"from": [peer]}]


def tls(**spec):
    return linkerd("MeshTLSAuthentication", "clients", "shop", spec)


def requires(kind, name):
    return linkerd(
        "AuthorizationPolicy",
        "to-pay",
        "shop",
        {
            "targetRef": {"group": "policy.linkerd.io", "kind": "Server", "name": "pay-http"},
            "requiredAuthenticationRefs": [{"kind": kind, "name": name}],
        },
    )


TO_PAY = [("shop/orders", "shop/pay")]


@pytest.mark.parametrize(
    ("objects", "told"),
    [
        # Istio: principals, their short form, and the condition on the principal.
        ([authz("p", "shop", app="pay", action="ALLOW", rules=[allow_from(ORDERS)])], TO_PAY),
        ([authz("p", "shop", app="pay", action="ALLOW", rules=[source(serviceAccounts=["orders"])])], TO_PAY),
        (
            [authz("p", "shop", app="pay", action="ALLOW",
                   rules=[{"when": [{"key": "source.principal", "values": [ORDERS]}]}])],
            TO_PAY,
        ),
        (
            [authz("p", ROOT, app="pay", action="ALLOW", rules=[source(serviceAccounts=["front/web", "shop/pay"])])],
            [("front/web", "shop/pay")],  # nobody calls themselves
        ),
        # An account behind which nothing runs is told by its name.
        (
            [authz("p", "shop", app="pay", action="ALLOW", rules=[allow_from("x/ns/ops/sa/cron")])],
            [("ops/cron as account", "shop/pay")],
        ),
        # Says who may call, not who does.
        ([authz("p", "shop", app="pay", action="ALLOW", rules=[{}])], []),
        ([authz("p", "shop", app="pay", action="ALLOW", rules=[source(namespaces=["front"])])], []),
        ([authz("p", "shop", app="pay", action="ALLOW", rules=[allow_from("cluster.local/ns/shop/sa/*")])], []),
        ([authz("p", "shop", action="ALLOW", rules=[allow_from(ORDERS)])], []),  # about all of the namespace
        ([authz("p", "shop", app="pay", action="DENY", rules=[allow_from(ORDERS)])], []),
        # Linkerd, both forms and all proofs.
        (
            [SERVER, linkerd("ServerAuthorization", "a", "shop", {
                "server": {"name": "pay-http"}, "client": {"meshTLS": {"serviceAccounts": [{"name": "orders"}]}}})],
            TO_PAY,
        ),
        ([SERVER, requires("ServiceAccount", "orders")], TO_PAY),
        ([SERVER, requires("MeshTLSAuthentication", "clients"), tls(identities=[IDENTITY])], TO_PAY),
        (
            [SERVER, requires("MeshTLSAuthentication", "clients"), tls(identityRefs=[account("orders")])],
            TO_PAY,
        ),
        ([SERVER, requires("MeshTLSAuthentication", "clients"), tls(identities=["*"])], []),
        ([SERVER, requires("NetworkAuthentication", "n")], []),
        # Network policies: pods by their labels, in the own namespace or in those selected.
        ([netpol("n", **PICKS, ingress=ingress(podSelector={"matchLabels": {"app": "orders"}}))], TO_PAY),
        ([netpol("n", **PICKS, ingress=ingress(podSelector={"matchLabels": {"app": "web"}}))], []),
        (
            [netpol("n", **PICKS, ingress=ingress(podSelector={"matchLabels": {"app": "web"}},
                                                  namespaceSelector={"matchLabels": {"team": "web"}}))],
            [("front/web", "shop/pay")],
        ),
        ([netpol("n", **PICKS, ingress=ingress(podSelector={}))], []),
        ([netpol("n", ingress=ingress(podSelector={"matchLabels": {"app": "orders"}}), policyTypes=["Ingress"])], []),
    ],
)  # fmt: skip
def test_calls_are_what_a_policy_names_from_one_to_another(objects, told):
    found = shares(snapshot(*RUNS, *objects, mesh="both")).calls
    assert [
        (f"{each.caller_place}/{each.caller}{' as account' if each.caller_is_account else ''}",
         f"{each.callee_place}/{each.callee}")
        for each in found
    ] == told  # fmt: skip
    assert all(each.by for each in found)


def test_calls_of_a_part_that_broke_off_are_told_with_the_reason():
    why = Unavailable("missing_scope", "networking.k8s.io/networkpolicies:list")
    policy = authz("p", "shop", app="pay", action="ALLOW", rules=[allow_from(ORDERS)])
    told = shares(snapshot(*RUNS, policy, network_policies=why)).calls
    call = WorkloadCall("orders", "shop", "pay", "shop", "Istio policy shop/p")
    assert told == replace(why, read=(call,))
