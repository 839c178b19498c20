"""Owns the list of all checks of the TLS probe."""

from __future__ import annotations

from ztassess.connectors.tls_probe.rules_callers import CALLERS
from ztassess.connectors.tls_probe.rules_certificates import CERTIFICATES
from ztassess.connectors.tls_probe.snapshot import TlsSnapshot
from ztassess.domain.checks import Checks

CHECKS: Checks[TlsSnapshot] = Checks("tls_probe")
CHECKS.include(CALLERS)
CHECKS.include(CERTIFICATES)
