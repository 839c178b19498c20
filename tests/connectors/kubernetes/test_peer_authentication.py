"""PeerAuthentication is merged as Istio documents it: tables of documented cases, a property over all others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.connectors.kubernetes.objects import ROOT, parsed, peer
from ztassess.connectors.kubernetes.peer_authentication import Effective, effective, mesh_wide, out_of_force
from ztassess.connectors.kubernetes.snapshot_labels import Meta
from ztassess.connectors.kubernetes.snapshot_mesh import PeerAuthentication

LABELS = {"app": "pay", "tier": "back"}
LATER = "2026-02-01T00:00:00Z"
MESH = peer("d", ROOT, "STRICT")
YOUNGER = peer("b", "shop", "STRICT", app="pay", ports={"8080": "DISABLE"}, created=LATER)


def merged(*policies, namespace="shop", labels=LABELS) -> Effective:
    rows = parsed(policies).get("peer_authentications", ())
    return effective(rows, ROOT, namespace, labels)


@pytest.mark.parametrize(
    ("policies", "mode", "by"),
    [
        ([], "PERMISSIVE", None),
        ([peer("default", ROOT, "STRICT")], "STRICT", f"{ROOT}/default"),
        ([peer("default", "shop", "STRICT")], "STRICT", "shop/default"),
        ([peer("default", "other", "STRICT")], "PERMISSIVE", None),
        ([peer("default", ROOT, "STRICT"), peer("default", "shop", "PERMISSIVE")], "PERMISSIVE", "shop/default"),
        ([peer("default", ROOT, "DISABLE"), peer("pay", "shop", "STRICT", app="pay")], "STRICT", "shop/pay"),
        ([peer("default", "shop", "STRICT"), peer("x", "shop", "DISABLE", app="web")], "STRICT", "shop/default"),
        # UNSET and an absent mtls inherit.
        ([peer("default", ROOT, "STRICT"), peer("default", "shop", "UNSET")], "STRICT", f"{ROOT}/default"),
        ([peer("default", ROOT, "STRICT"), peer("pay", "shop", None, app="pay")], "STRICT", f"{ROOT}/default"),
        ([peer("default", ROOT, "UNSET")], "PERMISSIVE", None),
        # The oldest of one scope counts, whatever the order they are listed in.
        ([peer("b", "shop", "DISABLE", created=LATER), peer("a", "shop", "STRICT")], "STRICT", "shop/a"),
        ([peer("b", "shop", "STRICT"), peer("a", "shop", "DISABLE", created=LATER)], "STRICT", "shop/b"),
        ([peer("b", "shop", "STRICT"), peer("a", "shop", "DISABLE")], "DISABLE", "shop/a"),
        ([peer("new", ROOT, "STRICT", created=LATER), peer("old", ROOT, "PERMISSIVE")], "PERMISSIVE", f"{ROOT}/old"),
        # The oldest of a scope counts even if it is UNSET: the younger one does not step in.
        ([peer("old", "shop", "UNSET"), peer("new", "shop", "STRICT", created=LATER)], "PERMISSIVE", None),
        # A selector is without effect in the root namespace.
        ([peer("pay", ROOT, "STRICT", app="pay")], "PERMISSIVE", None),
        # An empty selector is none.
        ([{**peer("e", "shop", "STRICT"), "spec": {"selector": {}, "mtls": {"mode": "STRICT"}}}], "STRICT", "shop/e"),
    ],
)
def test_mode_and_the_object_that_decides(policies, mode, by):
    found = merged(*policies).base
    assert (found.mode, str(found.policy.meta) if found.policy else None) == (mode, by)


def test_policy_of_another_namespace_is_not_mesh_wide():
    """The one mistake that is made most: istio-config instead of the root namespace."""
    assert merged(peer("default", "istio-config", "STRICT")).base.mode == "PERMISSIVE"


@pytest.mark.parametrize(
    ("policies", "port", "mode", "by"),
    [
        ([peer("pay", "shop", "STRICT", app="pay", ports={"8080": "DISABLE"})], 8080, "DISABLE", "shop/pay"),
        ([peer("pay", "shop", "STRICT", app="pay", ports={"8080": "DISABLE"})], 9090, "STRICT", "shop/pay"),
        ([peer("pay", "shop", "PERMISSIVE", app="pay", ports={"8080": "STRICT"})], 8080, "STRICT", "shop/pay"),
        # UNSET on a port inherits from the workload, which inherits further up.
        ([peer("pay", "shop", "STRICT", app="pay", ports={"8080": "UNSET"})], 8080, "STRICT", "shop/pay"),
        ([MESH, peer("pay", "shop", None, app="pay", ports={"8080": ""})], 8080, "STRICT", f"{ROOT}/d"),
        # Modes of single ports count only beside a selector.
        ([peer("default", "shop", "STRICT", ports={"8080": "DISABLE"})], 8080, "STRICT", "shop/default"),
        ([peer("pay", ROOT, "STRICT", app="pay", ports={"8080": "DISABLE"})], 8080, "PERMISSIVE", None),
        # A younger policy of the workload adds no ports.
        ([peer("a", "shop", "STRICT", app="pay"), YOUNGER], 8080, "STRICT", "shop/a"),
    ],
)  # fmt: skip
def test_ports_of_the_workload(policies, port, mode, by):
    found = merged(*policies).on(port)
    assert (found.mode, str(found.policy.meta) if found.policy else None) == (mode, by)


def test_workload_in_the_root_namespace_has_the_mesh_policy_only():
    policies = (peer("default", ROOT, "STRICT"), peer("gw", ROOT, "DISABLE", app="pay"))
    assert merged(*policies, namespace=ROOT).base.mode == "STRICT"


def test_policies_out_of_force_are_told_from_those_that_count():
    rows = parsed(
        [
            peer("a", "shop", "STRICT"),
            peer("late", "shop", "DISABLE", created=LATER),
            peer("ignored", ROOT, "DISABLE", app="pay"),
            peer("one", "shop", "STRICT", app="pay"),
            peer("two", "shop", "DISABLE", app="pay", created=LATER),
            peer("nobody", "shop", "DISABLE", app="ghost"),
        ]
    )["peer_authentications"]
    dead = {each.meta.name for each in out_of_force(rows, ROOT, [("shop", LABELS)])}
    assert dead == {"late", "ignored", "two"}


# --- the property: an independent, naive transcription of Istio's documentation ---------------------------------


def documented(policies, root, namespace, labels, port):
    """Istio's reference, "PeerAuthentication", and its security concepts, sentence by sentence.

    "Istio applies the narrowest matching policy for each workload using the following order: workload-specific,
    namespace-wide, mesh-wide." "If there are multiple mesh- or namespace-wide peer authentication policies ... Istio
    ignores the newer policies. When more than one workload-specific peer authentication policy matches, Istio picks
    the oldest one." "Policies with the unset mode use the mode of the parent policy." "UNSET: inherit from parent, if
    has one, else treated as PERMISSIVE." Port-level settings belong to policies with a selector.
    """

    def first(rows):
        return sorted(rows, key=lambda row: (row.meta.created, row.meta.name, row.meta.namespace))[:1]

    narrowest_first = []
    if namespace != root:
        own = [row for row in policies if row.meta.namespace == namespace and row.selector]
        narrowest_first += first([row for row in own if all(labels.get(k) == v for k, v in row.selector.items())])
        narrowest_first += first([row for row in policies if row.meta.namespace == namespace and not row.selector])
    narrowest_first += first([row for row in policies if row.meta.namespace == root and not row.selector])
    for row in narrowest_first:
        if row.selector and row.ports.get(port, "UNSET") != "UNSET":
            return row.ports[port]
        if row.mode != "UNSET":
            return row.mode
    return "PERMISSIVE"


MODES = st.sampled_from(["UNSET", "DISABLE", "PERMISSIVE", "STRICT"])
SELECTORS = st.sampled_from([{}, {"app": "pay"}, {"app": "web"}, {"tier": "back"}, {"app": "pay", "tier": "back"}])


@st.composite
def policy(draw):
    age = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=draw(st.integers(0, 3)))
    meta = Meta(draw(st.sampled_from([ROOT, "shop", "other"])), draw(st.sampled_from("abcd")), age)
    ports = draw(st.dictionaries(st.sampled_from([80, 8080]), MODES, max_size=2))
    return PeerAuthentication(meta, draw(SELECTORS), draw(MODES), ports)


@settings(max_examples=300, deadline=None)
@given(
    policies=st.lists(policy(), max_size=7, unique_by=lambda each: (each.meta.namespace, each.meta.name)),
    namespace=st.sampled_from([ROOT, "shop", "other", "empty"]),
    labels=st.sampled_from([{"app": "pay", "tier": "back"}, {"app": "web"}, {}]),
    port=st.sampled_from([80, 8080, 9999]),
)
def test_every_mixture_resolves_as_documented(policies, namespace, labels, port):
    found = effective(policies, ROOT, namespace, labels).on(port)
    assert found.mode == documented(policies, ROOT, namespace, labels, port)
    if found.policy is not None:
        assert found.policy in policies
        assert found.policy.meta.namespace in (namespace, ROOT)
    else:
        assert found.mode == "PERMISSIVE"


@settings(max_examples=100, deadline=None)
@given(policies=st.lists(policy(), max_size=6, unique_by=lambda each: (each.meta.namespace, each.meta.name)))
def test_policies_out_of_force_change_nothing(policies):
    """Taking them away leaves every workload as it was; so nothing that counts is called ineffective."""
    workloads = [("shop", {"app": "pay", "tier": "back"}), ("shop", {"app": "web"}), ("other", {"app": "pay"})]
    dead = out_of_force(policies, ROOT, workloads)
    kept = [each for each in policies if each not in dead]
    for namespace, labels in workloads:
        for port in (80, 8080, 9999):
            before = effective(policies, ROOT, namespace, labels).on(port)
            assert effective(kept, ROOT, namespace, labels).on(port).mode == before.mode


def test_the_property_would_notice_the_newest_policy_winning():
    """Control: with the order of age turned round, the documented text disagrees."""
    old = PeerAuthentication(Meta("shop", "a", datetime(2026, 1, 1, tzinfo=UTC)), {}, "STRICT")
    new = PeerAuthentication(Meta("shop", "b", datetime(2026, 2, 1, tzinfo=UTC)), {}, "DISABLE")
    assert documented([old, new], ROOT, "shop", {}, 80) == "STRICT"
    turned = [
        PeerAuthentication(Meta("shop", "a", datetime(2026, 3, 1, tzinfo=UTC)), {}, "STRICT"),
        new,
    ]
    assert documented(turned, ROOT, "shop", {}, 80) == "DISABLE"
    assert effective(turned, ROOT, "shop", {}).base.mode == "DISABLE"


def test_mesh_wide_names_the_policy_that_leaves_it_permissive():
    (unset,) = parsed([peer("default", ROOT, "UNSET")])["peer_authentications"]
    found = mesh_wide([unset], ROOT)
    assert (found.mode, found.policy) == ("PERMISSIVE", unset)
