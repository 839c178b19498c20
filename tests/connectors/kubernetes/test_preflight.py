"""The connection test: the read-only proof, one object of each kind, and what it says of the rest."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.connectors.kubernetes.cluster import status
from tests.connectors.kubernetes.objects import CANARY, deployment
from ztassess.connectors.errors import AuthFailed, Blocked, TlsFailed, Unreachable
from ztassess.connectors.kubernetes.kinds import KINDS
from ztassess.connectors.kubernetes.preflight import preflight
from ztassess.connectors.kubernetes.snapshot import KubernetesSnapshot
from ztassess.connectors.netguard import Guard


def rows(found):
    return {row.part: row for row in found.rows}


def test_good_account_may_read_all_parts(cluster, reading):
    cluster.objects += [deployment(f"w{index}") for index in range(30)]
    found = preflight(reading())
    assert found.refused == ""
    assert set(rows(found)) == {kind.part for kind in KINDS}
    assert all(row.allowed for row in found.rows)
    assert set(rows(found)) <= set(KubernetesSnapshot.__dataclass_fields__)
    assert "servers.policy.linkerd.io is not installed" in rows(found)["servers"].detail
    assert {each.query["limit"] for each in cluster.asked("/apis/apps/v1/.*")} == {"1"}
    assert found.warnings == (
        "Kubernetes lists rights for one namespace at a time; we looked at default and kube-system, not at the others.",
    )
    assert CANARY not in repr(found)


def test_missing_right_is_named(cluster, reading):
    for rule in cluster.rules:
        rule["resources"] = [each for each in rule["resources"] if each != "cronjobs"]
    row = rows(preflight(reading()))["cronjobs"]
    assert (row.allowed, row.missing_scope) == (False, "cronjobs.batch")
    assert row.detail == "The role does not allow listing cronjobs.batch; apply the ClusterRole again."


def test_account_that_can_write_is_refused_and_asked_nothing_more(cluster, reading):
    cluster.rules.append({"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["update"]})
    found = preflight(reading())
    assert found.refused == "This account can update deployments (apps). Use the ClusterRole shown."
    assert found.rows == ()
    assert {each.method for each in cluster.requests} == {"POST"}


def test_right_in_one_of_the_namespaces_is_enough(cluster, reading):
    cluster.fault(
        "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
        change=lambda good: type(good)(
            {**good.value, "status": {**good.value["status"], "resourceRules": WRITES}}, 201
        ),
        after=1,
        times=1,
    )
    assert preflight(reading()).refused.startswith("This account can delete pods.")
    assert len(cluster.requests) == 2


WRITES = [{"verbs": ["delete"], "apiGroups": [""], "resources": ["pods"]}]


def test_incomplete_review_is_said(cluster, reading):
    cluster.incomplete = True
    assert preflight(reading()).warnings[0].startswith("We could not verify that this credential is read-only")


def test_refused_review_is_said(cluster, reading):
    cluster.fault("/apis/authorization.k8s.io/.*", status(403, "Forbidden", CANARY))
    found = preflight(reading())
    assert found.warnings[0].startswith("We could not verify that this credential is read-only")
    assert found.refused == ""


def test_unknown_products_are_rows_that_are_not_allowed(cluster, reading):
    cluster.fault("/apis", status(403, "Forbidden", CANARY))
    found = rows(preflight(reading()))
    assert found["deployments"].allowed
    assert not found["peer_authentications"].allowed


def test_wrong_token_is_one_sentence(reading):
    with pytest.raises(AuthFailed, match="Create a new one"):
        preflight(reading(token="another"))


def test_missing_authority_is_one_sentence(cluster, reading):
    context = reading(ca_certificate="")
    object.__setattr__(context.guard, "extra_ca", "")  # the installation does not know the cluster's CA either
    with pytest.raises(TlsFailed, match="Paste the cluster CA; certificate checks stay on"):
        preflight(context)


def test_api_below_a_path_is_asked_there(cluster, reading):
    """Some providers serve many clusters below one host."""
    cluster.routes = [
        (method, re.compile(f"/k8s/clusters/c-1{pattern.pattern}"), route) for method, pattern, route in cluster.routes
    ]
    context = reading()
    context.config["api_url"] = f"{cluster.base}/k8s/clusters/c-1"
    assert all(row.allowed for row in preflight(context).rows)


def test_refused_address_sounds_like_one_that_does_not_answer(reading):
    context = reading()
    context.config["api_url"] = "https://10.1.2.3:6443"
    with pytest.raises(Blocked) as problem:
        preflight(replace(context, guard=Guard()))
    assert problem.value.sentence == "Could not reach the host. If the API server is private, use the upload."


def test_nobody_answers_is_one_sentence_that_names_the_upload(cluster, reading):
    context = reading()
    context.config["api_url"] = "https://localhost:9"
    with pytest.raises(Unreachable, match="use the upload"):
        preflight(context)
