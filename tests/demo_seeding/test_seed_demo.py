"""The command: only where it may, once, whole or not at all, and replaceable."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from django_scopes import scopes_disabled

from ztassess.accounts.models import User
from ztassess.assessments.models import ScoreSnapshot
from ztassess.assessments.tasks import snapshot_due
from ztassess.audit.models import AuditDetail, AuditEvent
from ztassess.common.models import organization_scope
from ztassess.demo import seeding
from ztassess.demo.book.seeding import Book
from ztassess.demo.clock import story_clock
from ztassess.demo.company import NAME
from ztassess.demo.management.commands import seed_demo
from ztassess.demo.retiring import demo_retire
from ztassess.demo.seeding import Seeded, demo_seed, may_seed
from ztassess.demo.telling import Teller
from ztassess.organizations.models import Membership, Organization
from ztassess.scans.models import Connection

pytestmark = pytest.mark.xdist_group("demo_seeding")


def run(*arguments: str) -> list[str]:
    out = StringIO()
    call_command("seed_demo", *arguments, stdout=out)
    return out.getvalue().splitlines()


@pytest.mark.parametrize(
    ("embedded", "debug", "force", "allowed"),
    [
        (True, False, False, True),
        (True, False, True, True),
        (False, True, True, True),
        (False, True, False, False),
        (False, False, True, False),
        (False, False, False, False),
    ],
)
def test_made_only_where_an_invented_company_belongs(settings, embedded, debug, force, allowed):
    settings.EMBEDDED, settings.DEBUG = embedded, debug
    assert may_seed(force=force) is allowed


@pytest.mark.parametrize("arguments", [(), ("--force",), ("--again",)])
def test_refused_in_production_with_one_sentence(db, settings, arguments):
    settings.EMBEDDED, settings.DEBUG = False, False
    with pytest.raises(CommandError, match=r"^Northwind Ledger is invented and is not made in a production"):
        run(*arguments)
    assert not Organization.objects.exists()
    assert not User.objects.exists()


def test_prints_what_up_shows_at_its_end(db, settings, monkeypatch):
    settings.EMBEDDED, settings.BASE_URL = True, "http://localhost:8000"
    monkeypatch.setattr(seed_demo, "demo_seed", lambda *, again: Seeded(Organization(name=NAME), "" if again else "pw"))
    firm = Organization(name="Harborlight Advisory")
    monkeypatch.setattr(seed_demo, "book_seed", lambda *, again: Book(firm, "" if again else "pw2"))
    assert run() == [
        "Demo company      http://localhost:8000/demo/ shows Northwind Ledger, no account needed",
        "Demo log-in       demo@northwind.example with the password pw (shown only here)",
        "Demo portfolio    http://localhost:8000/demo/portfolio/ shows the clients of Harborlight Advisory",
        "Consultant log-in consultant@harborlight.example with the password pw2 (shown only here)",
    ]
    assert run("--again")[1::2] == [
        "Demo log-in       demo@northwind.example with its password as before",
        "Consultant log-in consultant@harborlight.example with its password as before",
    ]


def test_whole_or_not_at_all(db, monkeypatch):
    def broken(self: Teller, who: str, slug: str, **more: object) -> None:
        raise OSError("disk full")

    real = timezone.now
    monkeypatch.setattr(Teller, "connect", broken)
    with pytest.raises(OSError, match="disk full"):
        demo_seed()
    assert not Organization.objects.exists()
    assert not User.objects.exists()
    assert timezone.now is real


def test_clock_goes_forward_only():
    start = timezone.now()
    with story_clock(start) as clock:
        later = clock.later(hours=2)
        assert timezone.now() == later > start
        assert clock.at(start) == later


def test_replaced_company_leaves_only_the_chain_of_its_log(db, monkeypatch, owner):
    monkeypatch.setattr(seeding, "STORY", ())
    monkeypatch.setattr(seeding, "epilogue", lambda teller: None)
    old = demo_seed().organization
    slug = old.slug
    new = demo_seed(again=True).organization
    assert new.slug == slug
    assert seeding.demo_organization() == new
    old.refresh_from_db()
    assert not old.is_demo
    with organization_scope(old):
        assert AuditEvent.objects.order_by("-seq")[0].action == "organization.replace"
        left = (AuditDetail, Membership, Connection, ScoreSnapshot)
        assert [model.__name__ for model in left if model.objects.exists()] == []
    snapshot_due()
    with scopes_disabled():
        assert not ScoreSnapshot.objects.filter(organization=old).exists()
        assert ScoreSnapshot.objects.filter(organization=new, day=timezone.now().date()).exists()


def test_retiring_frees_the_address(db, owner):
    from ztassess.organizations.services import organization_create

    organization = organization_create(name="Demo", owner=owner, facts={}, is_demo=True)
    slug = organization.slug
    assert demo_retire(organization) == slug
    assert organization.slug != slug
    assert Organization.objects.filter(slug=slug).count() == 0
