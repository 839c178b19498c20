"""Reading a cluster over TLS: chunks, expired lists, what may not be listed, what is not installed, the proof first."""

from __future__ import annotations

from dataclasses import fields

import pytest
import trustme

from tests.connectors.kubernetes.cluster import _VERSIONS, SERVED, TOKEN, Cluster, ca_pem, config_map, status
from tests.connectors.kubernetes.conftest import meshed_by_linkerd
from tests.connectors.kubernetes.objects import CANARY, ROOT, deployment
from tests.fakes.vendor import Answer, context_for
from ztassess.connectors.errors import AuthFailed, OverPrivileged, TlsFailed
from ztassess.connectors.kubernetes import CONNECTOR
from ztassess.connectors.kubernetes.collect import collect
from ztassess.connectors.kubernetes.kinds import KINDS, OPTIONAL_GROUPS
from ztassess.connectors.kubernetes.snapshot import KubernetesSnapshot
from ztassess.connectors.runner import judge, read_once
from ztassess.domain.findings import Outcome, Unavailable


def status_of(code: int) -> Answer:
    return status(code, "Faulty", "as asked for")


def outcomes(reading) -> dict[str, str]:
    return {each.check.removeprefix("kubernetes."): each.outcome.value for each in reading.results}


def test_the_company_is_read_and_judged(reading):
    found = read_once(CONNECTOR, reading())
    assert outcomes(found) == {
        "istio_sensitive_workloads_strict": "pass",
        "istio_mesh_strict": "pass",
        "istio_proxies_injected": "pass",
        "istio_clients_use_mtls": "pass",
        "istio_egress_registry_only": "pass",
        "istio_default_deny": "pass",
        "istio_callers_identified": "pass",
        "linkerd_authenticated_inbound": "not_applicable",
        "linkerd_default_deny": "not_applicable",
        "linkerd_pods_meshed": "not_applicable",
        "network_default_deny": "pass",
        "egress_restricted": "pass",
        "no_cluster_admin_workloads": "pass",
        "no_dangerous_rbac": "pass",
        "workloads_have_own_account": "pass",
        "no_secrets_in_environment": "fail",
        "policy_objects_managed": "fail",
    }


def test_no_secret_reaches_the_snapshot_or_a_finding(reading):
    """Environment values, copied manifests, names of token secrets, other keys of a ConfigMap, our own token."""
    context = reading()
    taken = collect(context)
    assert CANARY not in repr(taken)
    assert CANARY not in repr(judge(CONNECTOR, taken))
    assert CANARY not in repr(context)


def test_long_lists_come_in_chunks(cluster, reading):
    cluster.objects += [deployment(f"w{index:04}") for index in range(620)]
    taken = collect(reading())
    assert len(taken.deployments) == 624
    asked = cluster.asked("/apis/apps/v1/deployments")
    assert [each.query["limit"] for each in asked] == ["250"] * 3
    assert [("continue" in each.query) for each in asked] == [False, True, True]


def test_expired_list_is_read_again_from_its_start(cluster, reading):
    """410 Gone in the middle: the first chunk is not kept, the newer list is read whole."""
    cluster.objects += [deployment(f"w{index:04}") for index in range(300)]
    plain = cluster._list

    def slow(request):
        answer = plain(request)
        if request.path.endswith("/deployments") and "continue" not in request.query and cluster.compacted == 0:
            cluster.put(deployment("late"))
            cluster.compacted = cluster.version - 1
        return answer

    cluster.routes = [(method, pattern, cluster._guarded(slow) if "plural" in pattern.pattern else route)
                      for method, pattern, route in cluster.routes]  # fmt: skip
    names = [each.meta.name for each in collect(reading()).deployments]
    assert len(names) == len(set(names)) == 305
    assert "late" in names
    assert len(cluster.asked("/apis/apps/v1/deployments")) == 4


def test_list_that_always_expires_is_partial(cluster, reading):
    cluster.objects += [deployment(f"w{index:04}") for index in range(300)]
    cluster.compacted = 10**9
    taken = collect(reading())
    assert isinstance(taken.deployments, Unavailable)
    assert taken.deployments.reason == "partial_data"
    assert "changed faster" in taken.deployments.detail


def test_forbidden_kind_is_named_with_the_right_that_lacks(cluster, reading):
    for rule in cluster.rules:
        rule["resources"] = [each for each in rule["resources"] if each != "pods"]
    taken = collect(reading())
    assert taken.pods == Unavailable(
        "missing_scope", "pods", "The role does not allow listing pods; apply the ClusterRole again."
    )
    assert isinstance(taken.deployments, tuple)
    results = outcomes(judge(CONNECTOR, taken))
    assert results["istio_sensitive_workloads_strict"] == "not_checked"
    assert results["no_cluster_admin_workloads"] == "pass"


def test_what_is_not_installed_is_empty_and_what_is_not_known_is_not(cluster, reading):
    cluster.fault("/apis/policy.linkerd.io/v1beta3", status_of(500))
    cluster.products = ("istio", "linkerd")
    taken = collect(reading())
    assert taken.gitops == () == taken.applications
    assert isinstance(taken.servers, tuple)  # v1beta1 is served too, and was seen
    assert isinstance(taken.http_routes, Unavailable)
    results = outcomes(judge(CONNECTOR, taken))
    assert results["linkerd_authenticated_inbound"] == "not_checked"


def test_unknown_products_are_not_taken_for_absent_ones(cluster, reading):
    cluster.fault("/apis", status_of(403))
    taken = collect(reading())
    assert isinstance(taken.istio, Unavailable)
    assert isinstance(taken.deployments, tuple)
    results = outcomes(judge(CONNECTOR, taken))
    assert {results[name] for name in results if name.startswith(("istio", "linkerd"))} == {"not_checked"}


def test_versions_that_nobody_understands_are_unsupported(cluster, reading, monkeypatch):
    monkeypatch.setitem(SERVED, "security.istio.io", ("v9",))
    taken = collect(reading())
    assert taken.peer_authentications.reason == "unsupported"
    assert "served in v9 only" in taken.peer_authentications.detail


def test_older_versions_are_read_where_the_newest_is_not_served(cluster, reading, monkeypatch):
    monkeypatch.setitem(SERVED, "security.istio.io", ("v1beta1",))
    assert len(collect(reading()).peer_authentications) == 1
    assert cluster.asked("/apis/security.istio.io/v1beta1/peerauthentications")


def test_resource_that_its_group_does_not_serve_is_empty(cluster, reading, monkeypatch):
    """Proven by the group's own list of resources, so it is not taken for a refused one."""
    monkeypatch.setitem(_VERSIONS, "requestauthentications", ("v9",))
    taken = collect(reading())
    assert taken.request_authentications == ()
    assert "requestauthentications.security.istio.io" not in taken.istio
    assert not cluster.asked(".*/requestauthentications")


def test_only_reads_and_the_one_question_are_sent(cluster, reading):
    read_once(CONNECTOR, reading())
    posts = {(each.method, each.path) for each in cluster.requests if each.method != "GET"}
    assert posts == {("POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews")}
    assert not cluster.asked(".*secrets.*")
    assert {each.path for each in cluster.asked(".*configmaps.*")} == {
        f"/api/v1/namespaces/{ROOT}/configmaps/istio"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"apiGroups": [""], "resources": ["pods"], "verbs": ["create"]}, "create pods"),
        ({"apiGroups": [""], "resources": ["pods", "services"], "verbs": ["get", "delete"]}, "delete pods"),
        ({"apiGroups": ["", "apps"], "resources": ["pods", "secrets"], "verbs": ["list"]}, "list secrets"),
        ({"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["patch"]}, "patch deployments (apps)"),
        ({"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}, "do everything with all resources"),
        ({"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list"]}, "get all resources"),
        ({"apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]}, "list secrets"),
        ({"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"], "resourceNames": ["a"]}, "get secrets"),
        ({"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["get"]}, "get pods/exec"),
        ({"apiGroups": [""], "resources": ["nodes/proxy"], "verbs": ["get"]}, "get nodes/proxy"),
        ({"apiGroups": [""], "resources": ["users"], "verbs": ["impersonate"]}, "impersonate users"),
        ({"apiGroups": ["authorization.k8s.io"], "resources": ["selfsubjectrulesreviews"], "verbs": ["*"]},
         "do everything with selfsubjectrulesreviews (authorization.k8s.io)"),
    ],
)  # fmt: skip
def test_account_that_can_do_more_is_refused_before_anything_is_read(cluster, reading, rule, words):
    cluster.rules.append(rule)
    with pytest.raises(OverPrivileged) as problem:
        collect(reading())
    assert problem.value.sentence == f"This account can {words}. Use the ClusterRole shown."
    assert {each.method for each in cluster.requests} == {"POST"}
    assert CANARY not in problem.value.sentence


def test_rights_that_cannot_be_listed_do_not_stop_the_reading(cluster, reading):
    cluster.fault("/apis/authorization.k8s.io/.*", status_of(403))
    assert isinstance(collect(reading()).deployments, tuple)


def test_expired_token_is_told_in_one_sentence(reading):
    with pytest.raises(AuthFailed) as problem:
        collect(reading(token="another"))
    assert problem.value.sentence == "The token has expired (they live 1 h) or was refused. Create a new one."


def test_token_revoked_half_way_ends_the_scan(cluster, reading):
    cluster.fault("/apis/apps/.*", status_of(401), after=1)
    with pytest.raises(AuthFailed):
        collect(reading())


def test_certificate_of_another_authority_is_refused(reading):
    with pytest.raises(TlsFailed, match="Paste the cluster CA; certificate checks stay on"):
        collect(reading(ca_certificate=trustme.CA().cert_pem.bytes().decode()))


def test_root_namespace_of_the_mesh_beats_the_declared_one(cluster, reading):
    cluster.objects = [each for each in cluster.objects if each["kind"] != "ConfigMap"]
    cluster.objects.append(config_map("istio", ROOT, mesh="rootNamespace: mesh-root\n"))
    assert collect(reading()).root_namespace == "mesh-root"


@pytest.mark.parametrize(
    ("mesh", "reason"),
    [
        ("outboundTrafficPolicy: [not, an, object]", "upstream_error"),
        ("just text", "upstream_error"),
        ("a: [unclosed", "upstream_error"),
        ("outboundTrafficPolicy: {mode: 7}", "upstream_error"),
    ],
)
def test_settings_in_another_form_are_not_guessed(cluster, reading, mesh, reason):
    cluster.objects = [each for each in cluster.objects if each["kind"] != "ConfigMap"]
    cluster.objects.append(config_map("istio", ROOT, mesh=mesh))
    assert collect(reading()).istio_config.reason == reason


def test_missing_settings_are_not_checked(cluster, reading):
    cluster.objects = [each for each in cluster.objects if each["kind"] != "ConfigMap"]
    assert collect(reading()).istio_config.reason == "unsupported"
    cluster.rules = [each for each in cluster.rules if "configmaps" not in each["resources"]]
    assert collect(reading()).istio_config.reason == "missing_scope"


def test_linkerd_is_read_and_judged():
    with Cluster(*meshed_by_linkerd(), products=("linkerd",)) as running:
        entered = {"api_url": running.base, "ca_certificate": ca_pem(), "sensitive_workloads": "shop/deployment/pay"}
        found = read_once(CONNECTOR, context_for(CONNECTOR, entered, {"token": TOKEN}))
    results = outcomes(found)
    assert results["linkerd_authenticated_inbound"] == "pass"
    assert results["linkerd_default_deny"] == "pass"
    assert results["linkerd_pods_meshed"] == "pass"
    assert results["istio_mesh_strict"] == "not_applicable"
    assert not any(each.verdict.outcome is Outcome.ERROR for each in found.findings)
    assert running.asked("/apis/policy.linkerd.io/v1beta3/servers")


def test_every_part_of_the_snapshot_is_filled_by_a_reading(cluster, reading):
    """A part that nobody reads would stay empty and look like nothing there."""
    parts = {each.name for each in fields(KubernetesSnapshot)}
    told = {"taken_at", "cluster", "root_namespace", "sensitive", "break_glass", "environment_read"}
    read = {kind.part for kind in KINDS} | set(OPTIONAL_GROUPS) | {"istio_config", "linkerd_config"}
    assert parts == told | read
