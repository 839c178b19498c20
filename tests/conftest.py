"""The named cast and what every test may rely on: an organization, its people, and a stranger with one of their own."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client, override_settings

from tests.services.migrated import fill
from ztassess.accounts.models import User
from ztassess.common.models import organization_scope
from ztassess.organizations.models import Membership, Organization
from ztassess.organizations.roles import Role
from ztassess.organizations.services import organization_create

PASSWORD = "correct horse battery staple"
TRIGGERS = (
    *("audit_event_no_update", "audit_event_no_delete", "audit_event_not_after_end"),
    *("audit_end_at_head", "audit_end_no_update", "audit_end_no_delete"),
)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings):
    """A database in memory begins as a copy of the migrated one of this run: Django finds nothing to migrate."""
    filled = fill(connection.creation._get_test_db_name()) if connection.vendor == "sqlite" else None
    yield
    if filled is not None:
        filled.close()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The append-only triggers also refuse the flush after a transactional test; their own test brings them back."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for name in TRIGGERS:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
        else:
            cursor.execute("DROP TRIGGER IF EXISTS audit_event_append_only ON audit_auditevent")
            cursor.execute("DROP TRIGGER IF EXISTS audit_event_no_truncate ON audit_auditevent")
            cursor.execute("DROP TRIGGER IF EXISTS audit_event_not_after_end ON audit_auditevent")
            cursor.execute("DROP TRIGGER IF EXISTS audit_end_kept ON audit_chainend")
            cursor.execute("DROP TRIGGER IF EXISTS audit_end_no_truncate ON audit_chainend")


@pytest.fixture(autouse=True, scope="session")
def plain_test_settings() -> Iterator[None]:
    """Fast hashing and plain static files, set once: to set them around each of many thousand tests takes seconds."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        STORAGES={**settings.STORAGES, "staticfiles": plain},
    ):
        yield


def person(email: str, name: str) -> User:
    """A user with a verified address."""
    from allauth.account.models import EmailAddress

    user = User.objects.create_user(email, PASSWORD, name=name)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def member(organization: Organization, role: Role, email: str, name: str) -> User:
    """A user with this role in this organization."""
    user = person(email, name)
    with organization_scope(organization):
        Membership.objects.create(organization=organization, user=user, role=role)
    return user


def with_factor(user: User) -> User:
    """The user with an authenticator app, as everybody who works for a client has."""
    from allauth.mfa.totp.internal.auth import TOTP

    TOTP.activate(user, "JBSWY3DPEHPK3PXP")
    return user


def proven(client: Client, user: User, *, method: str = "", seconds_ago: float = 0) -> Client:
    """The client signed in as this user, who proved it this long ago: what allauth records after it asked.

    Without a method it is the strongest that the user has.
    """
    from ztassess.accounts.second_factor import has_factor

    method = method or ("mfa" if has_factor(user) else "password")
    if client.session.get("_auth_user_id") != str(user.pk):
        client.force_login(user)
    session = client.session
    session["account_authentication_methods"] = [{"method": method, "at": time.time() - seconds_ago}]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return client


@pytest.fixture
def owner(db) -> User:
    return person("owner@acme.example", "Olga Owner")


@pytest.fixture
def organization(owner) -> Organization:
    """Acme, owned by `owner`, facts unknown."""
    return organization_create(name="Acme", owner=owner, facts={})


@pytest.fixture
def in_scope(organization) -> Iterator[Organization]:
    """The organization, active for the whole test."""
    with organization_scope(organization):
        yield organization


@pytest.fixture
def admin(organization) -> User:
    return member(organization, Role.ADMIN, "admin@acme.example", "Ada Admin")


@pytest.fixture
def editor(organization) -> User:
    return member(organization, Role.EDITOR, "editor@acme.example", "Edo Editor")


@pytest.fixture
def viewer(organization) -> User:
    return member(organization, Role.VIEWER, "viewer@acme.example", "Vera Viewer")


@pytest.fixture
def stranger(db) -> User:
    return person("stranger@other.example", "Sten Stranger")


@pytest.fixture
def other_organization(stranger) -> Organization:
    """Another tenant, owned by `stranger`."""
    return organization_create(name="Other", owner=stranger, facts={})
