"""The demo company, made once for all that ask for it: the real seeding, in the test database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from django.utils import timezone
from django_scopes import scopes_disabled

from ztassess.accounts.models import User
from ztassess.audit.models import AuditEvent
from ztassess.common.models import organization_scope
from ztassess.demo.book.seeding import Book, book_seed
from ztassess.demo.seeding import demo_seed
from ztassess.organizations.models import Organization
from ztassess.organizations.selectors import demo_organizations


@dataclass(frozen=True)
class Demo:
    """The organization, the password of its log-in, and the moment its history ends."""

    organization: Organization
    password: str
    anchor: datetime
    book: Book


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In one worker, one after the other: anything of another folder between them would have it made anew."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("demo"))


@pytest.fixture(scope="package")
def seeded(django_db_setup, django_db_blocker) -> Iterator[Demo]:
    """Committed, so that every test here sees it, and taken away after the last."""
    anchor = timezone.now()
    with django_db_blocker.unblock():
        made = demo_seed(now=anchor)
        book = book_seed(now=anchor)
    assert book is not None
    yield Demo(made.organization, made.password, anchor, book)
    with django_db_blocker.unblock(), scopes_disabled():
        for organization in [*demo_organizations()]:
            AuditEvent.objects.filter(organization=organization).delete()
            organization.delete()
        User.objects.filter(email__endswith=".example").delete()


@pytest.fixture
def demo(seeded, db) -> Iterator[Demo]:
    """The demo company, its organization active."""
    with organization_scope(seeded.organization):
        yield seeded
