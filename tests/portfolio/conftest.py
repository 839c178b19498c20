"""A consultant, their clients, and the doors of the sprint's tests, whose scans prove and refute three controls."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.conftest import person, proven, with_factor
from tests.roadmaps.conftest import connection, doors, scan, today
from ztassess.accounts.models import User
from ztassess.organizations.models import Organization
from ztassess.organizations.roles import Role
from ztassess.organizations.services import organization_create

__all__ = ["connection", "doors", "scan", "today"]


@pytest.fixture
def consultant(db) -> User:
    return with_factor(person("diego@harbor.example", "Diego Santos"))


@pytest.fixture
def web(consultant) -> Client:
    return proven(Client(), consultant)


@pytest.fixture
def client_of(consultant) -> Callable[..., Organization]:
    """Make an organization with an owner of its own, in which the consultant has a role."""

    def make(name: str, role: Role = Role.EDITOR) -> Organization:
        owner = person(f"owner-{name.lower()}@example.com", f"Olga {name}")
        organization = organization_create(name=name, owner=owner, facts={})
        _join(organization, consultant, role)
        return organization

    return make


def _join(organization: Organization, user: User, role: Role) -> None:
    from ztassess.common.models import organization_scope
    from ztassess.organizations.models import Membership

    with organization_scope(organization):
        ends = timezone.now() + timedelta(days=100)
        member = {"user": user, "role": role, "is_consultant": True, "expires_at": ends}
        Membership.objects.create(organization=organization, **member)
