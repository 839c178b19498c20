"""Owns probing all targets of a connection, and the connection test."""

from __future__ import annotations

import tempfile
from pathlib import Path

from ztassess.connectors.contract import Preflight, PreflightRow, ReadContext
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.tls_probe import runner
from ztassess.connectors.tls_probe.certificates import impersonates, read_pem
from ztassess.connectors.tls_probe.client import probe
from ztassess.connectors.tls_probe.form import as_target
from ztassess.connectors.tls_probe.snapshot import ProbedTarget, TlsSnapshot

VANTAGE = "this installation, outside the mesh"
PREFLIGHT_TARGETS = 3


def collect(context: ReadContext) -> TlsSnapshot:
    """Probe every declared target, one after the other.

    A target that cannot be reached, is refused by policy or comes after the end of the budget stays in the snapshot
    with the reason; nothing is dropped.

    Raises:
        InputInvalid: no target is declared.
    """
    return TlsSnapshot(context.now, VANTAGE, _probed(context, _declared(context)))


def preflight(context: ReadContext) -> Preflight:
    """Try the first three targets; there is no credential whose rights could be asked.

    Raises:
        InputInvalid: no target is declared.
    """
    declared = _declared(context)
    rows = tuple(_row(target) for target in _probed(context, declared[:PREFLIGHT_TARGETS]))
    pasted = context.config.get("client_certificate") or ""
    warning = impersonates(read_pem(pasted)) if pasted else ""
    more = len(declared) - len(rows)
    warnings = [warning, f"{more} more services are tried by the scan." if more else ""]
    return Preflight("a caller without a credential", rows, tuple(text for text in warnings if text))


def _declared(context: ReadContext) -> list[runner.Target]:
    name = context.config.get("server_name") or ""
    targets = [as_target(line) for line in context.config.get("targets") or ()]
    if not targets:
        raise InputInvalid("Name at least one service, as host:port.")
    return [
        target._replace(server_name=name) if name and target.server_name == target.host else target
        for target in targets
    ]


def _probed(context: ReadContext, targets: list[runner.Target]) -> tuple[ProbedTarget, ...]:
    found: list[ProbedTarget] = []
    path, authority = context.config.get("http_path") or "/", context.config.get("trusted_ca") or ""
    with tempfile.TemporaryDirectory(prefix="zt-stranger-") as directory:
        stranger = runner.stranger_pair(Path(directory))
        for target in targets:
            found.append(
                probe(context.guard, context.budget, target, path=path, stranger=stranger, authority=authority)
            )
            context.progress("targets", len(found))
    return tuple(found)


def _row(target: ProbedTarget) -> PreflightRow:
    control = target.control
    if not control.server_hello:
        return PreflightRow("targets", allowed=False, detail=target.detail)
    missing = [variant for variant in target.attempts if variant.result == "not_offered"]
    skipped = f" {target.host} offers {control.protocol} only; the missing variant was skipped." if missing else ""
    return PreflightRow("targets", allowed=True, detail=f"{target.label} speaks {control.protocol}.{skipped}")
