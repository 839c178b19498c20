"""The external id that a person copies into a trust policy is the one that is stored, and nobody chooses it."""

from __future__ import annotations

import uuid

import pytest

from tests.conftest import proven
from ztassess.common.models import organization_scope
from ztassess.scans.external_id import external_id_read, external_id_sign
from ztassess.scans.models import Connection


@pytest.fixture
def as_owner(client, owner, organization, building):
    return proven(client, owner)


def connect(client, organization, **more):
    form = {
        "for_organization": str(organization.id),
        "connection_name": "Doors",
        "address": "d.example.com",
        "key": "k",
    }
    return client.post(f"/o/{organization.slug}/connectors/doors/connect/", form | more)


def stored(organization):
    with organization_scope(organization):
        return Connection.objects.get().external_id


def test_shown_id_is_the_stored_one(as_owner, organization):
    page = as_owner.get(f"/o/{organization.slug}/connectors/doors/connect/")
    connect(as_owner, organization, external=page.context["external"])
    assert stored(organization) == page.context["connection"].external_id


def test_form_with_a_mistake_keeps_the_shown_id(as_owner, organization):
    first = as_owner.get(f"/o/{organization.slug}/connectors/doors/connect/")
    again = connect(as_owner, organization, external=first.context["external"], address="")
    assert again.status_code == 400
    assert again.context["connection"].external_id == first.context["connection"].external_id


@pytest.mark.parametrize("kind", ["plain", "another organization's", "altered", "missing"])
def test_chosen_id_is_never_taken(as_owner, organization, other_organization, kind):
    wanted = uuid.uuid4()
    sent = {
        "plain": str(wanted),
        "another organization's": external_id_sign(other_organization, wanted),
        "altered": external_id_sign(organization, wanted)[:-1],
        "missing": "",
    }[kind]
    connect(as_owner, organization, external=sent)
    assert stored(organization) != wanted


def test_signed_id_reads_back(organization):
    wanted = uuid.uuid4()
    assert external_id_read(organization, external_id_sign(organization, wanted)) == wanted
