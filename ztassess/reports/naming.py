"""Owns how a report names people and things: as they are, or by whatever stands in for a name."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from ztassess.accounts.models import User

GONE = "Somebody who left"


class Named(StrEnum):
    """What a name is of; the word that a pseudonym begins with."""

    PERSON = "Person"
    ACCOUNT = "Account"
    HOST = "Host"
    RESOURCE = "Resource"
    SYSTEM = "System"
    NOTHING = ""
    """Known, and no name of anybody: it stays as it is, unless it is a part of a longer one."""


class Names(Protocol):
    """The one way by which a name of somebody or something gets into a report."""

    redacted: bool

    def person(self, user: User | None) -> str:
        """A person as the report names them."""

    def one(self, text: str, kind: Named) -> str:
        """A text that is nothing but a name."""

    def prose(self, text: str) -> str:
        """A sentence that may hold names."""

    def term(self, text: str) -> str:
        """A vendor's own term that may hold a name, such as a call or a field."""


class PlainNames:
    """Everything as it is called."""

    redacted = False

    def person(self, user: User | None) -> str:
        return user.get_full_name() if user else GONE

    def one(self, text: str, kind: Named) -> str:
        return text

    def prose(self, text: str) -> str:
        return text

    def term(self, text: str) -> str:
        return text
