"""The end of access by date: told once, with all that follows when a person ends it, and broken rows stop no other."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from tests.conftest import person
from tests.organizations.test_firms import boss, cora, firm, grant, works  # noqa: F401  fixtures
from tests.organizations.test_grants import OWNER, granted, terms
from ztassess.assessments.models import ControlOwner
from ztassess.audit.models import AuditDetail, AuditEvent
from ztassess.common.models import organization_scope
from ztassess.notifications.models import WebhookEndpoint
from ztassess.organizations import services_ending, services_expiry
from ztassess.organizations.models import Grant, Membership
from ztassess.organizations.roles import Role
from ztassess.organizations.services_expiry import ends_notice
from ztassess.organizations.services_grants import grant_change, grant_end
from ztassess.organizations.tasks import notice_ends


def later(**span):
    return time_machine.travel(timezone.now() + timedelta(**span), tick=True)


def owns(organization, user):
    ControlOwner.objects.create(organization=organization, control_id="mfa.all-humans", owner=user)


def ends(organization):
    with organization_scope(organization):
        rows = AuditDetail.objects.filter(event__action__in=["grant.expire", "membership.expire"])
        return list(rows.order_by("event__seq").values_list("summary", flat=True))


@pytest.fixture
def consultant(organization, owner):
    """Works for Acme for 30 days, owns a control and has a webhook."""
    user = person("carl@firm.example", "Carl Consultant")
    granted(organization, owner, user)
    with organization_scope(organization):
        owns(organization, user)
        WebhookEndpoint.objects.create(organization=organization, url="https://x.example", created_by=user)
    return user


def test_end_by_date_is_told_once_and_a_later_end_again(organization, owner, consultant):
    assert ends_notice() == 0
    with later(days=31):
        notice_ends()
        first = ends(organization)
        assert first[0].startswith("The access of Carl Consultant as editor ended by date, on ")
        assert first[1:] == ["Carl Consultant is not a consultant for Acme any more: the access ended by date"]
        with organization_scope(organization):
            assert ControlOwner.objects.get().owner is None
            assert WebhookEndpoint.objects.get().paused_at
            line = AuditEvent.objects.get(action="grant.expire")
            assert (line.actor, line.via) == (None, "task")
        assert ends_notice() == 0
        assert ends(organization) == first
        with organization_scope(organization):
            current = Grant.objects.get()
            grant_change(grant=current, terms=terms(Role.VIEWER, 5), version=1, actor=owner, rights=OWNER)
            owns_again = ControlOwner.objects.update(owner=consultant)
            assert owns_again
        assert ends_notice() == 0, "it lives again"
    with later(days=40):
        assert ends_notice() == 1
        assert len(ends(organization)) == 4
        with organization_scope(organization):
            assert ControlOwner.objects.get().owner is None


def test_what_is_not_an_end_by_date_is_not_told(organization, owner, consultant):
    """Ended by a person, only offered, replaced by a longer one."""
    other, third = person("dana@firm.example", "Dana"), person("eli@firm.example", "Eli")
    short = granted(organization, owner, other)
    with organization_scope(organization):
        grant_end(grant=short, actor=owner)
    granted(organization, owner, third, terms(Role.EDITOR, 3))
    granted(organization, owner, third, terms(Role.EDITOR, 60))
    with later(days=31):
        assert ends_notice() == 1
        assert [line for line in ends(organization) if "Carl" not in line] == []


def test_second_worker_that_saw_the_same_rows_tells_nothing(organization, consultant, monkeypatch):
    """The list is read before any row is locked: whoever comes second finds each row told, and walks away."""
    with later(days=31):
        seen = services_expiry.ends_untold(timezone.now())
        monkeypatch.setattr(services_expiry, "ends_untold", lambda now: seen)
        assert [ends_notice(), ends_notice()] == [1, 0]
        assert len(ends(organization)) == 2


def test_one_that_breaks_is_undone_tried_again_and_stops_no_other(
    organization, owner, consultant, other_organization, stranger, monkeypatch, caplog
):
    granted(other_organization, stranger, owner, terms(Role.VIEWER, 40))
    broken = []

    def breaks(which):
        if which == organization and not broken:
            broken.append(which)
            raise ValueError("a row of elsewhere")

    monkeypatch.setattr(services_ending, "MEMBERS_LISTENERS", [*services_ending.MEMBERS_LISTENERS, breaks])
    with later(days=41):
        assert ends_notice() == 1
        assert "could not be told" in caplog.text
        assert ends(organization) == []
        with organization_scope(organization):
            assert ControlOwner.objects.get().owner == consultant, "what the listeners did is undone with it"
        assert len(ends(other_organization)) == 2
        assert ends_notice() == 1
        assert len(ends(organization)) == 2


def test_firm_and_its_people_are_told_together_and_a_member_with_a_last_day_leaves_the_clients_too(
    organization,
    firm,  # noqa: F811
    boss,  # noqa: F811
    cora,  # noqa: F811
    grant,  # noqa: F811
):
    works(firm, grant, cora, boss)
    works(firm, grant, boss, boss)
    with organization_scope(firm):
        Membership.objects.filter(user=cora).update(expires_at=timezone.now() + timedelta(days=5))
    with later(days=6):
        assert ends_notice() == 1
        assert ends(firm) == ["Cora Consultant is not a member of Northgate any more: the access ended by date"]
        with organization_scope(organization):
            assert [each.user for each in Membership.objects.active().filter(grant=grant)] == [boss]
    with later(days=31):
        assert ends_notice() == 1
        assert [line.split(" as ")[0].split(" is ")[0] for line in ends(organization)] == [
            "The access of Northgate",
            "Fiona Firm",
        ]
