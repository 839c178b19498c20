"""Exceptions: asked for by one, approved by another, for a while; counted apart, never as a pass."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ztassess.assessments.errors import AccountRefused, ExceptionRefused
from ztassess.assessments.models import BreakGlassAccount, ControlException
from ztassess.assessments.selectors import read_organization
from ztassess.assessments.selectors_exceptions import break_glass_accounts
from ztassess.assessments.services import answer_save
from ztassess.assessments.services_break_glass import account_add, account_remove, account_tested
from ztassess.assessments.services_exceptions import (
    exception_decide,
    exception_request,
    exception_revoke,
    latest_last_day,
)
from ztassess.audit.models import AuditEvent
from ztassess.connectors.contract import ResourceException
from ztassess.organizations.models import FactSheet
from ztassess.organizations.roles import Role
from ztassess.organizations.selectors import organization_declared
from ztassess.scans.models import Scan, StandingResult
from ztassess.scans.services.scans import scan_request
from ztassess.scans.work import scan_work

CONTROL = "identity.inventory"  # what the door connector sees
CHECK = "doors.all_locked"
TODAY = timezone.now().date()
SOON = TODAY + timedelta(days=30)


def ask(organization, actor, *, named="", last_day=SOON, check_id="", control=CONTROL):
    return exception_request(
        organization=organization,
        control_id=control,
        object=named,
        check_id=check_id,
        reason="The door is being replaced.",
        compensating="A guard stands there.",
        last_day=last_day,
        actor=actor,
    )


def approved(organization, requester, approver, **more):
    return exception_decide(row=ask(organization, requester, **more), approve=True, note="", actor=approver)


def judged(organization, now=None):
    return read_organization(organization, now=now).assessment.control(CONTROL)


@pytest.fixture
def scan(connection, in_scope, owner):
    """Claim Advanced, and scan whenever called."""
    answer_save(organization=in_scope, control_id=CONTROL, level=2, note="", version=0, actor=owner)

    def run():
        scan_work(in_scope, scan_request(connection=connection, actor=owner)[0].id, "worker")
        return judged(in_scope)

    return run


def test_only_another_person_approves(in_scope, owner, admin):
    row = ask(in_scope, owner)
    with pytest.raises(ExceptionRefused, match="You asked for this exception yourself"):
        exception_decide(row=row, approve=True, note="", actor=owner)
    assert ControlException.objects.get().standing() == "pending"
    assert exception_decide(row=row, approve=True, note="", actor=admin).standing() == "active"
    with pytest.raises(ExceptionRefused, match="decided already"):
        exception_decide(row=row, approve=False, note="No.", actor=admin)
    actions = AuditEvent.objects.filter(action__startswith="exception").order_by("seq")
    assert list(actions.values_list("action", flat=True)) == ["exception.request", "exception.approved"]


def test_pending_or_refused_exception_changes_nothing(scan, in_scope, owner, admin):
    before = scan()
    assert before.state == "contradicted"
    row = ask(in_scope, owner)
    assert judged(in_scope).state == "contradicted"
    exception_decide(row=row, approve=False, note="Fix the door.", actor=admin)
    assert judged(in_scope).state == "contradicted"


def test_exception_of_the_whole_control_changes_the_word_and_no_number(scan, in_scope, owner, admin):
    before = scan()
    row = approved(in_scope, owner, admin)
    after = judged(in_scope)
    assert (after.state, after.attainment) == ("excepted", before.attainment)
    later = timezone.now() + timedelta(days=31)
    assert judged(in_scope, later).state != "excepted"
    assert row.standing(later.date()) == "ended"
    exception_revoke(row=row, reason="The door is here.", actor=owner, actor_role=Role.OWNER)
    assert judged(in_scope).state == "contradicted"


def test_exception_of_an_object_is_honored_by_the_next_scan_and_moves_no_number(scan, in_scope, owner, admin):
    before = scan()
    row = approved(in_scope, owner, admin, named="back")
    assert organization_declared(in_scope).exceptions == (
        ResourceException("back", "The door is being replaced.", SOON, CHECK),
    )
    assert judged(in_scope).state == "contradicted"  # nobody has looked again
    after = scan()
    assert (after.state, after.attainment) == ("excepted", before.attainment)
    newest = Scan.objects.order_by("-number").first()
    assert newest.diff["fixed"]["count"] == 0
    assert StandingResult.objects.get().latest_reason_code == "excepted"
    exception_revoke(row=row, reason="The door is here.", actor=admin, actor_role=Role.ADMIN)
    assert judged(in_scope).state == "contradicted"


def test_exception_of_an_object_leaves_the_others_failing(scan, in_scope, owner, admin, building):
    building.doors = (("front", False), ("back", False))
    approved(in_scope, owner, admin, named="back")
    assert scan().state == "contradicted"


def test_object_is_excepted_in_the_checks_of_its_control_alone(in_scope, owner, admin, building):
    with pytest.raises(ExceptionRefused, match="No check looks at objects of this control"):
        ask(in_scope, owner, named="back", control="mfa.recovery")
    with pytest.raises(ExceptionRefused, match="says nothing about this control"):
        ask(in_scope, owner, named="back", check_id="doors.other")
    with pytest.raises(ExceptionRefused, match="no control"):
        ask(in_scope, owner, control="mfa.nonsense")
    approved(in_scope, owner, admin)  # the whole control is none of the connectors' business
    assert organization_declared(in_scope).exceptions == ()


def test_lines_declared_before_are_still_read(in_scope, owner, admin, building):
    FactSheet.objects.update(declared={"exceptions": [f"front | {SOON} | ends with the move"]})
    approved(in_scope, owner, admin, named="back")
    assert [each.object for each in organization_declared(in_scope).exceptions] == ["front", "back"]


@pytest.mark.parametrize(
    ("last_day", "words"),
    [(TODAY - timedelta(days=1), "last day is over"), (TODAY + timedelta(days=367), "12 months at the most")],
)
def test_last_day_is_still_to_come_and_within_a_year(in_scope, owner, last_day, words):
    with pytest.raises(ExceptionRefused, match=words):
        ask(in_scope, owner, last_day=last_day)
    assert not ControlException.objects.exists()


def test_a_year_ends_on_the_same_day_or_the_last_of_february():
    assert latest_last_day(date(2027, 6, 1)) == date(2028, 6, 1)
    assert latest_last_day(date(2028, 2, 29)) == date(2029, 2, 28)


def test_expired_request_is_never_approved(in_scope, owner, admin):
    row = ask(in_scope, owner)
    ControlException.objects.update(last_day=TODAY - timedelta(days=1))
    row.refresh_from_db()
    with pytest.raises(ExceptionRefused, match="last day is over"):
        exception_decide(row=row, approve=True, note="", actor=admin)
    assert not ControlException.objects.active().exists()


def test_same_request_twice_is_one(in_scope, owner, editor):
    ask(in_scope, owner)
    with pytest.raises(ExceptionRefused, match="asked for the same exception already"):
        ask(in_scope, editor)
    assert ControlException.objects.count() == 1


def test_only_requester_owner_or_admin_ends_it(in_scope, owner, admin, editor):
    row = approved(in_scope, owner, admin)
    with pytest.raises(ExceptionRefused, match="Only its requester"):
        exception_revoke(row=row, reason="No.", actor=editor, actor_role=Role.EDITOR)
    exception_revoke(row=row, reason="Done.", actor=owner, actor_role=Role.EDITOR)
    with pytest.raises(ExceptionRefused, match="over already"):
        exception_revoke(row=row, reason="Done.", actor=admin, actor_role=Role.ADMIN)


def test_pages_ask_decide_and_list_by_end(client, in_scope, owner, editor, home, building):
    client.force_login(editor)
    form = {
        "scope": "object",
        "object": "back",
        "check_id": CHECK,
        "reason": "The door is being replaced.",
        "compensating": "A guard stands there.",
        "last_day": SOON.isoformat(),
    }
    new = home + f"controls/{CONTROL}/exception/"
    assert 'value="back"' in client.get(new + "?object=back").content.decode()
    for changes, words in (
        ({"reason": "no"}, "at least 10 characters"),
        ({"object": ""}, "Name the object"),
        ({"last_day": "2001-01-01"}, "last day is over"),
        ({"check_id": "aws.other"}, "Select a valid choice"),
    ):
        refused = client.post(new, form | changes)
        assert refused.status_code == 422
        assert words in refused.content.decode()
    address = client.post(new, form)["Location"]
    assert "another owner or admin decides it" in client.get(address).content.decode()
    assert client.post(address + "decide/", {"decision": "approve"}).status_code == 403
    client.force_login(owner)
    assert client.post(address + "decide/", {"decision": "refuse"}).status_code == 422
    assert client.post(address + "decide/", {"decision": "approve"}).status_code == 302
    approved(in_scope, editor, owner, last_day=SOON - timedelta(days=20))
    page = client.get(home + "exceptions/").content.decode()
    assert page.index("Whole control") < page.index(">back<")
    assert ">back<" not in client.get(home + "exceptions/?state=ended").content.decode()
    control = client.get(home + f"controls/{CONTROL}/").content.decode()
    assert "Counted apart, never as a pass" in control


def test_requester_with_the_right_to_decide_is_refused_by_the_page(as_owner, in_scope, owner, home):
    row = ask(in_scope, owner)
    answer = as_owner.post(home + f"exceptions/{row.id}/decide/", {"decision": "approve"})
    assert answer.status_code == 422
    assert "You asked for this exception yourself" in answer.content.decode()
    assert ControlException.objects.get().state == "pending"


def test_list_does_not_ask_more_with_more_exceptions(as_owner, in_scope, owner, home):
    ask(in_scope, owner)
    as_owner.get(home + "exceptions/")
    with CaptureQueriesContext(database) as small:
        as_owner.get(home + "exceptions/")
    for number in range(30):
        row = ask(in_scope, owner, control="mfa.admins", last_day=SOON + timedelta(days=number))
        exception_revoke(row=row, reason="Enough.", actor=owner, actor_role=Role.OWNER)
    with CaptureQueriesContext(database) as large:
        assert as_owner.get(home + "exceptions/").status_code == 200
    assert len(large) <= len(small)


def test_break_glass_accounts_are_rows_with_tests_beside_the_declared_lines(in_scope, owner, editor):
    FactSheet.objects.update(declared={"break_glass": ["root@acme.example", "Glass-1"]})
    row = account_add(organization=in_scope, name="glass-1", where="Safe", actor=owner)
    assert organization_declared(in_scope).break_glass == ("root@acme.example", "Glass-1", "glass-1")
    shown = break_glass_accounts(in_scope)
    assert [(each.name, each.overdue, each.row is None) for each in shown] == [
        ("glass-1", True, False),
        ("root@acme.example", True, True),
    ]
    account_tested(row=row, tested_on=TODAY, note="Signed in.", actor=editor)
    assert [each.name for each in break_glass_accounts(in_scope)] == ["root@acme.example", "glass-1"]
    assert BreakGlassAccount.objects.get().tested_by == editor
    for day, words in ((TODAY + timedelta(days=1), "still to come"), (TODAY - timedelta(days=1), "tested later")):
        with pytest.raises(AccountRefused, match=words):
            account_tested(row=row, tested_on=day, note="", actor=owner)
    with pytest.raises(AccountRefused, match="on the list already"):
        account_add(organization=in_scope, name="GLASS-1", where="", actor=owner)
    account_remove(row=row, actor=owner)
    assert organization_declared(in_scope).break_glass == ("root@acme.example", "Glass-1")


def test_break_glass_pages(as_owner, client, viewer, in_scope, home):
    page = home + "break-glass/"
    assert as_owner.post(page, {"name": "glass-1", "where": "Safe"}).status_code == 302
    twice = as_owner.post(page, {"name": "glass-1"})
    assert twice.status_code == 422
    assert "on the list already" in twice.content.decode()
    row = BreakGlassAccount.objects.get()
    future = as_owner.post(f"{page}{row.id}/test/", {"tested_on": "2999-01-01"})
    assert "still to come" in future.content.decode()
    assert as_owner.post(f"{page}{row.id}/test/", {"tested_on": TODAY.isoformat()}).status_code == 302
    assert "Tested" in as_owner.get(page).content.decode()
    client.force_login(viewer)
    assert client.get(page).status_code == 200
    assert client.post(f"{page}{row.id}/remove/").status_code == 403
