"""Policies come from version control, by the marks of Argo CD and Flux. Tables of what was seen."""

from __future__ import annotations

import pytest

from tests.connectors.kubernetes.objects import findings_of, manifest, netpol, peer, result_of, said, snapshot
from ztassess.domain.findings import Outcome, Unavailable

CHECK = "policy_objects_managed"
TRACKING = "argocd.argoproj.io/tracking-id"
OWN_ID = "mesh:security.istio.io/PeerAuthentication:shop/default"


def application(name, sync):
    return manifest("Application", "argoproj.io/v1alpha1", name, "argocd", status={"sync": {"status": sync}})


def policy(**marks):
    return peer("default", "shop", "STRICT", **marks)


BLIND = {"applications": Unavailable("missing_scope", "applications.argoproj.io")}


@pytest.mark.parametrize(
    ("objects", "more", "outcome"),
    [
        ([policy(annotations={TRACKING: OWN_ID}), application("mesh", "Synced")], {}, Outcome.PASS),
        ([policy(annotations={TRACKING: OWN_ID}), application("mesh", "OutOfSync")], {}, Outcome.FAIL),
        ([policy(annotations={TRACKING: OWN_ID}), application("mesh", "Unknown")], {}, Outcome.FAIL),
        ([policy(annotations={TRACKING: OWN_ID})], {}, Outcome.FAIL),  # no such Application
        ([policy(annotations={TRACKING: OWN_ID})], BLIND, Outcome.PASS),
        ([policy(annotations={TRACKING: f"argocd_{OWN_ID}"}), application("mesh", "Synced")], {}, Outcome.PASS),
        # The mark was copied from another object.
        ([policy(annotations={TRACKING: OWN_ID.replace("default", "other")}), application("mesh", "Synced")], {},
         Outcome.FAIL),
        ([policy(labels={"kustomize.toolkit.fluxcd.io/name": "mesh"})], {}, Outcome.PASS),
        ([policy(labels={"helm.toolkit.fluxcd.io/name": "mesh"})], {}, Outcome.PASS),
        ([policy()], {}, Outcome.FAIL),
        # Helm writes the same label as older Argo CDs: only an Application of this name makes it Argo CD's.
        ([policy(labels={"app.kubernetes.io/instance": "mesh"})], {}, Outcome.FAIL),
        ([policy(labels={"app.kubernetes.io/instance": "mesh"}), application("mesh", "Synced")], {}, Outcome.PASS),
        ([policy(labels={"app.kubernetes.io/instance": "mesh"})], BLIND, Outcome.NOT_CHECKED),
        ([policy(labels={"argocd.argoproj.io/instance": "mesh"}), application("mesh", "OutOfSync")], {}, Outcome.FAIL),
        ([policy(labels={"app.kubernetes.io/managed-by": "Helm"})], {}, Outcome.FAIL),
        ([netpol("n", space="kube-system")], {}, Outcome.NOT_APPLICABLE),
        ([], {}, Outcome.NOT_APPLICABLE),
        ([], {"network_policies": Unavailable("missing_scope")}, Outcome.NOT_CHECKED),
        ([policy(labels={"kustomize.toolkit.fluxcd.io/name": "m"})], {"servers": Unavailable("missing_scope")},
         Outcome.NOT_CHECKED),
    ],
)  # fmt: skip
def test_marks(objects, more, outcome):
    seen = snapshot(*objects, **more)
    assert result_of(CHECK, seen).outcome is outcome, said(CHECK, seen)


def test_some_applied_by_hand_is_a_near_miss():
    seen = snapshot(netpol("hand"), policy(labels={"kustomize.toolkit.fluxcd.io/name": "mesh"}))
    (finding,) = findings_of(CHECK, seen)
    assert finding.verdict.resource == "NetworkPolicy shop/hand"
    assert finding.verdict.near_miss == "1 of 2 policies were applied by hand."
