"""Owns the names of IAP resources."""

from __future__ import annotations

from ztassess.connectors.google_iap.snapshot_access import Project
from ztassess.connectors.google_iap.snapshot_resources import Backend, RunService


def iap_path(project: Project, of: Backend | RunService | None, *, service: bool = True) -> str:
    """The name of an IAP resource (IAP, "Managing access"): of one service, of its type, or of all of a project.

    Parameters:
        of: None for the project.
        service: False for the type that the service is of.
    """
    whole = f"projects/{project.number}/iap_web"
    if of is None:
        return whole
    region = f"-{of.region}" if of.region else ""
    kind, name = ("cloud_run", of.short) if isinstance(of, RunService) else ("compute", of.name)
    return f"{whole}/{kind}{region}/services/{name}" if service else f"{whole}/{kind}{region}"
