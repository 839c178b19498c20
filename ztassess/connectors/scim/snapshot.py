"""Owns the frozen picture of one SCIM application, and of whom to look for in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ztassess.connectors.joining import Names
from ztassess.domain.findings import Part
from ztassess.domain.roster import SharedView


@dataclass(frozen=True, slots=True)
class User:
    """One account (RFC 7643, 4.1).

    Attributes:
        name: ``userName``; empty if the app did not say.
        emails: in lower case.
        active: None if the app did not say, or something that is neither true nor false.
        modified: when anything of it was changed last; None if the app did not say.
    """

    id: str
    name: str
    emails: tuple[str, ...]
    active: bool | None
    modified: datetime | None = None

    @property
    def label(self) -> str:
        """How people know it."""
        return self.name or next(iter(self.emails), self.id)


@dataclass(frozen=True, slots=True)
class ServiceConfig:
    """What the service says that it can do (RFC 7643, 5).

    Attributes:
        patch: accounts can be changed in part, which is how identity providers deactivate.
        filter: lists can be filtered; None if it did not say.
    """

    patch: bool
    filter: bool | None = None


@dataclass(frozen=True, slots=True)
class ScimSnapshot:
    """One reading.

    Attributes:
        app: host of the application.
        config: exactly one, or why it could not be read.
        views: what identity providers and lists of leavers told last.
        leavers: declared addresses and user names; None if nobody declared them.
        break_glass: declared emergency accounts.
    """

    taken_at: datetime
    app: str
    config: Part[ServiceConfig]
    users: Part[User]
    views: tuple[SharedView, ...]
    names: Names
    leavers: tuple[str, ...] | None = None
    break_glass: tuple[str, ...] = ()
