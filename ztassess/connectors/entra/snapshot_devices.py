"""Owns the frozen picture of a tenant's managed devices and what they are held to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Device:
    """One device in Intune.

    Attributes:
        compliance: ``compliant``, ``noncompliant``, ``inGracePeriod``, ``unknown``...; None if Intune did not say.
        encrypted: None if Intune did not say.
        synced: when it last spoke to Intune; the year 1 means never.
    """

    id: str
    name: str
    user_id: str = ""
    upn: str = ""
    compliance: str | None = None
    encrypted: bool | None = None
    synced: datetime | None = None
    owner: str = ""
    agent: str = ""
    jailbroken: str = ""


@dataclass(frozen=True, slots=True)
class DeviceSettings:
    """Tenant-wide settings. ``secure_by_default``: devices without a policy count as not compliant; None: not told."""

    secure_by_default: bool | None


@dataclass(frozen=True, slots=True)
class CompliancePolicy:
    """One compliance policy. ``assignments`` is how many groups it is assigned to; None if Intune did not say."""

    id: str
    name: str
    assignments: int | None
