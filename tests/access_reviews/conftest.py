"""A directory and a cloud that tell accounts; bells are counted, not rung."""

import pytest

from tests.access_reviews.telling import connected, person, service, tell
from tests.fakes.doors import bells
from ztassess.organizations.models import FactSheet

__all__ = ["bells"]


@pytest.fixture(autouse=True)
def no_broker(bells):
    """Readings are stored without a worker."""


@pytest.fixture
def idp(in_scope, owner):
    return connected(in_scope, owner, "okta", "Directory")


@pytest.fixture
def cloud(in_scope, owner):
    return connected(in_scope, owner, "aws", "Cloud")


@pytest.fixture
def told(in_scope, idp, cloud):
    """Anna administers both systems, Zoe left and is active in the cloud, a service there has no owner."""
    FactSheet.objects.update_or_create(organization=in_scope, defaults={"declared": {"leavers": ["zoe@x.io"]}})
    tell(idp, person("anna", admin=True, second_factor=True), person("ben"), authority=True)
    tell(
        cloud,
        person("anna", admin=True, second_factor=False),
        person("zoe", admin=None),
        service("deployer"),
        person("gone", active=False),
    )
    return in_scope


@pytest.fixture
def as_owner(client, owner):
    client.force_login(owner)
    return client
