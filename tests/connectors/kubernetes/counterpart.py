"""The company's cluster over TLS: strict in Istio's mesh, with a password written into a template."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.connectors.kubernetes.cluster import TOKEN, Cluster, ca_pem
from tests.connectors.kubernetes.conftest import company
from tests.fakes.counterpart import Counterpart


@contextmanager
def counterpart() -> Iterator[Counterpart]:
    with Cluster(*company(), products=("istio",)) as cluster:
        yield Counterpart(
            entered={
                "api_url": cluster.base,
                "ca_certificate": ca_pem(),
                "sensitive_workloads": "shop/deployment/pay",
            },
            secrets={"token": TOKEN},
            fails="kubernetes.no_secrets_in_environment",
            passes="kubernetes.istio_sensitive_workloads_strict",
        )
