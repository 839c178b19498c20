"""RBAC: no workload is cluster-admin, nobody has a way to more rights. Tables of what was seen."""

from __future__ import annotations

import pytest

from tests.connectors.kubernetes.objects import account, binding, findings_of, result_of, role, said, snapshot
from ztassess.domain.findings import Outcome, Severity, Unavailable

ADMIN, DANGER = "no_cluster_admin_workloads", "no_dangerous_rbac"
EVERYTHING = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
CLUSTER_ADMIN = role("cluster-admin", EVERYTHING, labels={"kubernetes.io/bootstrapping": "rbac-defaults"})
OWN = {"kubernetes.io/bootstrapping": "rbac-defaults"}
READ = role("reader", [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}])


def group(name):
    return {"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": name}


def user(name):
    return {"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": name}


MASTERS = binding("cluster-admin", "cluster-admin", group("system:masters"), labels=OWN)


@pytest.mark.parametrize(
    ("objects", "outcome"),
    [
        ([CLUSTER_ADMIN, MASTERS], Outcome.PASS),
        ([READ, binding("b", "reader", account("ci"))], Outcome.PASS),
        ([CLUSTER_ADMIN, binding("b", "cluster-admin", account("ci"))], Outcome.FAIL),
        ([CLUSTER_ADMIN, binding("b", "cluster-admin", user("system:serviceaccount:shop:ci"))], Outcome.FAIL),
        ([CLUSTER_ADMIN, binding("b", "cluster-admin", group("system:serviceaccounts"))], Outcome.FAIL),
        ([CLUSTER_ADMIN, binding("b", "cluster-admin", group("system:serviceaccounts:shop"))], Outcome.FAIL),
        ([CLUSTER_ADMIN, binding("b", "cluster-admin", group("system:authenticated"))], Outcome.FAIL),
        ([CLUSTER_ADMIN, binding("b", "cluster-admin", user("system:anonymous"))], Outcome.FAIL),
        ([CLUSTER_ADMIN, binding("b", "cluster-admin", user("anna@example.com"))], Outcome.PASS),
        ([CLUSTER_ADMIN, binding("b", "cluster-admin", account("ci"), space="shop")], Outcome.FAIL),
        # Another name for the same: every verb on every resource.
        ([role("boss", EVERYTHING), binding("b", "boss", account("ci"))], Outcome.FAIL),
        ([role("boss", [{"apiGroups": [""], "resources": ["*"], "verbs": ["*"]}]), binding("b", "boss", account("ci"))],
         Outcome.FAIL),
        ([role("boss", EVERYTHING, space="shop"), binding("b", "boss", account("ci"), space="shop", kind="Role")],
         Outcome.FAIL),
        ([role("half", [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get"]}]),
          binding("b", "half", account("ci"))], Outcome.PASS),
        ([role("one", [{**EVERYTHING[0], "resourceNames": ["a"]}]), binding("b", "one", account("ci"))], Outcome.PASS),
        # A Role of another namespace is another role.
        ([role("boss", EVERYTHING, space="web"), binding("b", "boss", account("ci"), space="shop", kind="Role")],
         Outcome.PASS),
        # A binding to nothing gives nothing.
        ([binding("b", "ghost", account("ci"))], Outcome.PASS),
        # The mark of Kubernetes' own bindings does not excuse an added service account.
        ([CLUSTER_ADMIN, binding("cluster-admin", "cluster-admin", group("system:masters"), account("ci"), labels=OWN)],
         Outcome.FAIL),
        ([], Outcome.NOT_APPLICABLE),
    ],
)  # fmt: skip
def test_cluster_admin(objects, outcome):
    assert result_of(ADMIN, snapshot(*objects)).outcome is outcome


def aggregated():
    """A role that collects another one, which collects the one with all the rights."""

    def chosen(label):
        return {"clusterRoleSelectors": [{"matchLabels": {label: "true"}}]}

    return [
        role("outer", [], aggregationRule=chosen("to-outer")),
        role("middle", [], labels={"to-outer": "true"}, aggregationRule=chosen("to-middle")),
        role("inner", EVERYTHING, labels={"to-middle": "true"}),
    ]  # fmt: skip


def test_aggregated_roles_are_followed():
    seen = snapshot(*aggregated(), binding("b", "outer", account("ci")))
    assert result_of(ADMIN, seen).outcome is Outcome.FAIL


def test_aggregation_in_a_circle_ends():
    circle = role(
        "a", [], labels={"x": "true"}, aggregationRule={"clusterRoleSelectors": [{"matchLabels": {"x": "true"}}]}
    )
    assert result_of(ADMIN, snapshot(circle, binding("b", "a", account("ci")))).outcome is Outcome.PASS


def test_fail_names_subject_binding_and_role():
    (finding,) = findings_of(ADMIN, snapshot(CLUSTER_ADMIN, binding("ci", "cluster-admin", account("ci"))))
    assert finding.verdict.reason == (
        "shop/ci is cluster-admin in the whole cluster by ClusterRoleBinding ci to ClusterRole cluster-admin."
    )
    assert finding.severity is Severity.CRITICAL


def test_one_namespace_only_is_a_near_miss_of_less_harm():
    seen = snapshot(CLUSTER_ADMIN, binding("ci", "cluster-admin", account("ci"), space="shop"))
    (finding,) = findings_of(ADMIN, seen)
    assert finding.verdict.near_miss == "shop/ci is admin in namespace shop only."
    assert finding.severity is Severity.HIGH


def test_people_and_break_glass_are_named_not_judged():
    people = binding("b", "cluster-admin", user("anna@example.com"), user("glass@example.com"))
    seen = snapshot(CLUSTER_ADMIN, people, break_glass=frozenset({"glass@example.com"}))
    text = said(ADMIN, seen)
    assert "User anna@example.com in the whole cluster" in text
    assert "User glass@example.com (break-glass)" in text


def test_dangling_binding_is_noted():
    assert "as their role does not exist: ClusterRoleBinding b." in said(
        ADMIN, snapshot(binding("b", "ghost", account("ci")))
    )


@pytest.mark.parametrize("check", [ADMIN, DANGER])
@pytest.mark.parametrize("part", ["roles", "role_bindings", "cluster_roles", "cluster_role_bindings"])
def test_unread_rights_never_pass(check, part):
    seen = snapshot(READ, binding("b", "reader", account("ci")), **{part: Unavailable("missing_scope")})
    assert result_of(check, seen).outcome is Outcome.NOT_CHECKED


def test_cluster_admin_is_known_by_name_even_if_roles_are_unread():
    seen = snapshot(binding("b", "cluster-admin", account("ci")), cluster_roles=Unavailable("missing_scope"))
    assert result_of(ADMIN, seen).outcome is Outcome.FAIL


def rights(*verbs, resources, groups=("",), **more):
    return role("r", [{"apiGroups": list(groups), "resources": list(resources), "verbs": list(verbs), **more}])


RBAC = ("rbac.authorization.k8s.io",)


@pytest.mark.parametrize(
    ("made", "outcome"),
    [
        (rights("get", resources=["pods"]), Outcome.PASS),
        (rights("escalate", resources=["clusterroles"], groups=RBAC), Outcome.FAIL),
        (rights("bind", resources=["roles"], groups=RBAC), Outcome.FAIL),
        (rights("*", resources=["clusterroles"], groups=RBAC), Outcome.FAIL),
        (rights("update", resources=["clusterroles"], groups=RBAC), Outcome.PASS),
        (rights("impersonate", resources=["users"]), Outcome.FAIL),
        (rights("get", resources=["secrets"]), Outcome.FAIL),
        (rights("watch", resources=["secrets"]), Outcome.FAIL),
        (rights("get", resources=["secrets"], resourceNames=["one"]), Outcome.PASS),
        (rights("create", resources=["pods/exec"]), Outcome.FAIL),
        (rights("get", resources=["pods/exec"]), Outcome.FAIL),
        (rights("get", resources=["*"], groups=("*",)), Outcome.FAIL),
        (rights("get", resources=["secrets"], groups=("other.example.com",)), Outcome.PASS),
    ],
)
def test_rights_in_the_whole_cluster(made, outcome):
    assert result_of(DANGER, snapshot(made, binding("b", "r", account("ci")))).outcome is outcome


def test_secrets_of_one_namespace_are_another_matter():
    made = rights("get", resources=["secrets"])
    assert result_of(DANGER, snapshot(made, binding("b", "r", account("ci"), space="shop"))).outcome is Outcome.PASS
    (finding,) = findings_of(DANGER, snapshot(made, binding("b", "r", account("ci"))))
    assert finding.verdict.near_miss == "r reads secrets in all namespaces; name the one it needs."


def test_commands_in_pods_of_one_namespace_are_a_fail():
    made = rights("create", resources=["pods/exec"])
    assert result_of(DANGER, snapshot(made, binding("b", "r", account("ci"), space="shop"))).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("objects", "outcome"),
    [
        ([role("system:discovery", []), binding("d", "system:discovery", group("system:authenticated"))], Outcome.PASS),
        ([role("system:public-info-viewer", []),
          binding("d", "system:public-info-viewer", group("system:unauthenticated"))], Outcome.PASS),
        ([READ, binding("b", "reader", group("system:authenticated"))], Outcome.FAIL),
        ([READ, binding("b", "reader", group("system:unauthenticated"))], Outcome.FAIL),
        ([READ, binding("b", "reader", user("system:anonymous"))], Outcome.FAIL),
        ([READ, binding("b", "reader", user("system:anonymous"), labels=OWN)], Outcome.FAIL),
        ([READ, binding("b", "reader", account("default"))], Outcome.FAIL),
        ([READ, binding("b", "reader", user("system:serviceaccount:shop:default"))], Outcome.FAIL),
        ([READ, binding("b", "reader", group("system:serviceaccounts:shop"))], Outcome.PASS),
        ([rights("get", resources=["secrets"]), binding("b", "r", user("anna@example.com"))], Outcome.PASS),
        ([], Outcome.NOT_APPLICABLE),
    ],
)  # fmt: skip
def test_grants_to_everybody_and_to_the_default_account(objects, outcome):
    assert result_of(DANGER, snapshot(*objects)).outcome is outcome


def test_grants_without_signing_in_are_worse():
    (finding,) = findings_of(DANGER, snapshot(READ, binding("b", "reader", user("system:anonymous"))))
    assert finding.severity is Severity.CRITICAL


def test_rights_of_people_are_named_not_judged():
    seen = snapshot(rights("impersonate", resources=["users"]), binding("b", "r", user("anna@example.com")))
    assert "User anna@example.com may impersonate others in the whole cluster" in said(DANGER, seen)


def bootstrap(rules):
    made = role("kubeadm:bootstrap-signer-clusterinfo", rules, space="kube-public")
    bound = binding(
        "k", "kubeadm:bootstrap-signer-clusterinfo", user("system:anonymous"), space="kube-public", kind="Role"
    )
    return [made, bound]


def test_kubeadm_shows_one_config_map_to_everybody():
    one = [{"apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["cluster-info"], "verbs": ["get"]}]
    assert result_of(DANGER, snapshot(*bootstrap(one))).outcome is Outcome.PASS
    more = [*one, {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]
    assert result_of(DANGER, snapshot(*bootstrap(more))).outcome is Outcome.FAIL


def test_kubernetes_own_controllers_are_left_alone_until_somebody_else_is_added():
    name = "system:controller:clusterrole-aggregation-controller"
    made = role(name, [{"apiGroups": [*RBAC], "resources": ["clusterroles"], "verbs": ["escalate"]}], labels=OWN)
    own = binding(name, name, account("clusterrole-aggregation-controller", "kube-system"), labels=OWN)
    assert result_of(DANGER, snapshot(made, own)).outcome is Outcome.PASS
    added = binding(name, name, account("x", "kube-system"), account("ci"), labels=OWN)
    assert result_of(DANGER, snapshot(made, added)).outcome is Outcome.FAIL
