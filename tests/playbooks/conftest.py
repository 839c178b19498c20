"""A firm with a consultant, three clients that granted access differently, and a sprint's doors where one is needed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.conftest import member, person, proven, with_factor
from tests.fakes.doors import bells, building
from ztassess.accounts.models import User
from ztassess.catalog import load_catalog
from ztassess.common.models import organization_scope
from ztassess.domain.playbook_reading import read_playbook
from ztassess.organizations.models import Organization
from ztassess.organizations.roles import Rights, Role
from ztassess.organizations.services import organization_create
from ztassess.organizations.services_grants import Terms, grant_accept, grant_offer
from ztassess.playbooks.models import Playbook, PlaybookVersion
from ztassess.playbooks.services import playbook_create

__all__ = ["bells", "building"]

DOCUMENT = {
    "name": "Series A",
    "preset": {"days": 8, "hours": 4, "weekdays": ["mon", "tue"], "first": ["mfa.admins"]},
    "wording": {"opening": "Dear board", "notes": {"mfa.admins": "Begin with the founders."}},
    "weights": {
        "controls": {"mfa.admins": 1},
        "stages": {"identity": 50, "mfa": 30, "proxy": 10, "least-privilege": 10},
    },
    "branding": {"name": "Northgate Ltd", "accent": "#003366", "footer": "Confidential"},
}


def document(**changes: Any) -> dict[str, Any]:
    return {**DOCUMENT, **changes}


def grant_to(client: Organization, owner: User, user: User, role: Role) -> None:
    """The client gives this person access for a month."""
    terms = Terms(role, timezone.now() + timedelta(days=30))
    with organization_scope(client):
        made, _ = grant_offer(
            organization=client, email=user.email, for_firm=False, terms=terms, actor=owner, rights=Rights(Role.OWNER)
        )
    grant_accept(grant=made, user=user)


@pytest.fixture(autouse=True)
def doors_only(building, bells):
    """One connector, counted bells."""


@pytest.fixture
def firm(db) -> Organization:
    return organization_create(name="Northgate", owner=person("fiona@firm.example", "Fiona Firm"), facts={})


@pytest.fixture
def cora(firm) -> User:
    return with_factor(member(firm, Role.EDITOR, "cora@firm.example", "Cora Consultant"))


@pytest.fixture
def acme(organization, owner, cora) -> Organization:
    """The client where Cora is an editor."""
    grant_to(organization, owner, cora, Role.EDITOR)
    return organization


@pytest.fixture
def other(other_organization, stranger, cora) -> Organization:
    """The client where Cora may only look."""
    grant_to(other_organization, stranger, cora, Role.VIEWER)
    return other_organization


@pytest.fixture
def playbook(firm, cora) -> Playbook:
    written = read_playbook(DOCUMENT, load_catalog())
    with organization_scope(firm):
        return playbook_create(firm=firm, name=written.name, payload=written.payload, logo=b"", actor=cora)


@pytest.fixture
def version(firm, playbook) -> PlaybookVersion:
    with organization_scope(firm):
        return PlaybookVersion.objects.select_related("organization").get(playbook=playbook)


@pytest.fixture
def as_cora(client, cora) -> Client:
    return proven(client, cora)
