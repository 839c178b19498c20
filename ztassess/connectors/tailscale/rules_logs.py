"""Owns the check that network flows are logged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ztassess.connectors.judging import unread
from ztassess.connectors.tailscale.judging import SETTINGS, first
from ztassess.connectors.tailscale.scopes import FLOW_LOGS, WHOLE
from ztassess.connectors.tailscale.snapshot import TailscaleSnapshot
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_checked, passed

CHECKS: Checks[TailscaleSnapshot] = Checks("tailscale")
_LICENSE: Final = "Your Tailscale plan may not offer flow logs. Not checked: this is not a failure of your setup."
_SCOPE: Final = (
    f"Tailscale shows whether flow logs are on only with {FLOW_LOGS}, which this credential lacks. That scope would "
    "also let it read the flows, which we never ask for; add it only if you want this check."
)


@CHECKS.check(
    "tailscale.flow_logs_on",
    title="Network flow logs are kept",
    verifies=(Verifies("identity.logging", 1, supporting=True),),
    severity=Severity.LOW,
    parts=("settings", "changes"),
)
def flow_logs_on(snapshot: TailscaleSnapshot) -> Iterator[Verdict]:
    """``networkFlowLoggingOn``; absent means that scope or plan hide it."""
    settings = first(snapshot.settings)
    if settings is None:
        yield not_checked(snapshot.tailnet, unread(snapshot.settings) or "partial_data")
        return
    if settings.flow_logs is None:
        yield not_checked(snapshot.tailnet, _hidden(snapshot))
        return
    line = Evidence(SETTINGS, snapshot.tailnet, "networkFlowLoggingOn", str(settings.flow_logs).lower(), "true")
    if settings.flow_logs:
        yield passed(snapshot.tailnet, "Network flow logs are on.", seen=1, evidence=(line,))
        return
    near = "" if isinstance(snapshot.changes, Unavailable) else "Configuration logs exist; flow logs are off."
    yield failed(snapshot.tailnet, "Network flow logs are off.", evidence=(line,), near_miss=near)


def _hidden(snapshot: TailscaleSnapshot) -> Unavailable:
    scopes = snapshot.credential.scopes
    if scopes is None or (WHOLE | {FLOW_LOGS, "logs:network"}) & scopes:
        return Unavailable("missing_license", detail=_LICENSE)
    return Unavailable("missing_scope", FLOW_LOGS, _SCOPE)
