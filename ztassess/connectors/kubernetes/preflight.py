"""Owns the connection test: the read-only proof, and which kinds we may list."""

from __future__ import annotations

from typing import Final

from ztassess.connectors.api import fan_out, unavailable_of
from ztassess.connectors.api.session import ApiSession
from ztassess.connectors.contract import Preflight, PreflightRow, ReadContext
from ztassess.connectors.errors import ConnectorError
from ztassess.connectors.kubernetes.client import count_objects, open_session
from ztassess.connectors.kubernetes.collect import discover, read_rights
from ztassess.connectors.kubernetes.kinds import KINDS, Kind
from ztassess.connectors.kubernetes.rights import excessive_right, unproven

PER_NAMESPACE: Final = (
    "Kubernetes lists rights for one namespace at a time; we looked at default and kube-system, not at the others."
)


def preflight(context: ReadContext) -> Preflight:
    """Ask what we may do, then one object of each kind that is installed.

    Raises:
        ConnectorError: the token was refused, or nothing answered.
    """
    with open_session(context) as session:
        rights = read_rights(session)
        identity = f"the owner of the token at {context.config['api_url']}"
        refused = excessive_right(rights)
        if refused:
            return Preflight(identity, (), refused=refused)
        installed = discover(session)
        asked = [kind for kind in KINDS if kind.part in installed.versions]
        rows = tuple(fan_out(session, asked, lambda kind: _row(session, kind, installed.versions[kind.part])))
    absent = tuple(
        PreflightRow(kind.part, allowed=True, detail=f"{kind.resource} is not installed.")
        for kind in KINDS
        if kind.part not in installed.versions and kind.part not in installed.unknown
    )
    unknown = tuple(PreflightRow.refused(part, why) for part, why in installed.unknown.items())
    doubt = unproven(rights)
    return Preflight(identity, (*rows, *unknown, *absent), warnings=(*((doubt,) if doubt else ()), PER_NAMESPACE))


def _row(session: ApiSession, kind: Kind, version: str) -> PreflightRow:
    try:
        count_objects(session, kind, version)
    except ConnectorError as problem:
        return PreflightRow.refused(kind.part, unavailable_of(problem))
    return PreflightRow(kind.part, allowed=True)
