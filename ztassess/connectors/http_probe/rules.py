"""Owns the list of the probe's checks, in reading order."""

from __future__ import annotations

from ztassess.connectors.http_probe import rules_front, rules_origin, rules_ports
from ztassess.connectors.http_probe.snapshot import HttpProbeSnapshot
from ztassess.domain.checks import Checks

CHECKS: Checks[HttpProbeSnapshot] = Checks("http_probe")
for _module in (rules_front, rules_origin, rules_ports):
    CHECKS.include(_module.CHECKS)
