"""Every field that is read exists in what Kubernetes, Istio, Linkerd and Argo CD publish."""

from __future__ import annotations

from pathlib import Path

from tests.connectors.kubernetes.cluster import TOKEN, Cluster, ca_pem, config_map
from tests.connectors.kubernetes.everything import everything
from tests.connectors.kubernetes.objects import ROOT
from tests.fakes.fields import described, undescribed
from tests.fakes.vendor import context_for
from ztassess.connectors.api.rows import heard_fields
from ztassess.connectors.kubernetes import CONNECTOR
from ztassess.connectors.kubernetes.collect import collect
from ztassess.connectors.kubernetes.kinds import KINDS
from ztassess.domain.findings import Unavailable

FIELDS = Path(__file__).with_name("fields.json")


def test_fields_are_published():
    settings = (config_map("istio", ROOT, mesh="{}"), config_map("linkerd-config", "linkerd", values="proxy: {}"))
    with Cluster(*everything(), *settings) as running, heard_fields() as heard:
        entered = {"api_url": running.base, "ca_certificate": ca_pem()}
        taken = collect(context_for(CONNECTOR, entered, {"token": TOKEN}))
    for kind in KINDS:
        part = getattr(taken, kind.part)
        assert not isinstance(part, Unavailable), f"{kind.part}: {part}"
        assert part, f"no {kind.part} was read, so none of its fields was heard"
    assert {kind.partition(".")[0] for kind, _ in heard} <= set(described(FIELDS))
    assert undescribed(heard, FIELDS) == set()


def test_a_field_that_nobody_publishes_would_be_seen():
    assert undescribed({("Pod", "spec.strictTls")}, FIELDS) == {"Pod.spec.strictTls"}
