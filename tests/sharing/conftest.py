"""What tests of share links make: a link of Acme, and a visitor without an account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from ztassess.sharing.models import ShareLink
from ztassess.sharing.services import Wanted, share_create
from ztassess.sharing.shown import CHAPTERS

EVERY_CHAPTER = tuple(each.slug for each in CHAPTERS)


@dataclass(frozen=True)
class Made:
    """A link, and what only its reader has."""

    link: ShareLink
    path: str

    @property
    def token(self) -> str:
        return self.path.split("/")[2]


def make(organization, actor, **changed: Any) -> Made:
    """A link to all pages, frozen and redacted, for a week."""
    wanted: dict[str, Any] = {
        "title": "Vendor review",
        "audience": "Bigco",
        "chapters": EVERY_CHAPTER,
        "documents": (),
        "live": False,
        "redacted": True,
        "expires_at": timezone.now() + timedelta(days=7),
    }
    link, address = share_create(organization=organization, wanted=Wanted(**wanted | changed), actor=actor)
    return Made(link, urlsplit(address).path)


@pytest.fixture
def visitor(db) -> Client:
    """Somebody without an account and without a session."""
    return Client(enforce_csrf_checks=True)
