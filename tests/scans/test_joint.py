"""What connections tell each other is kept, joined by itself and read again when it changes, in one organization."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from ztassess.audit.models import AuditEvent
from ztassess.common.models import organization_scope
from ztassess.connectors.contract import UploadedFile
from ztassess.connectors.registry import connector
from ztassess.connectors.runner import Reading
from ztassess.domain.findings import Evidence, Finding, Outcome, Severity, Verdict
from ztassess.domain.roster import Account, AccountKind, Share, SharedView
from ztassess.organizations.models import FactSheet
from ztassess.organizations.services import organization_create
from ztassess.scans.errors import NotReady
from ztassess.scans.models import Connection, ConnectionShare, Scan, ScanState, Schedule, StandingResult, Trigger
from ztassess.scans.selectors_shares import declared_everywhere, shared_views
from ztassess.scans.services.connections import connection_create, connection_remove
from ztassess.scans.services.results import result_store
from ztassess.scans.services.scans import scan_request, scan_upload
from ztassess.scans.work import _context, scan_work

CLEO = Account("c1", "cleo@x.io\0", AccountKind.PERSON, ("cleo@x.io",), active=True)
CLEO_OFF = Account("c1", "cleo@x.io", AccountKind.PERSON, ("cleo@x.io",), active=False)


def connected(organization, owner, slug, name) -> Connection:
    return connection_create(
        organization=organization, connector=connector(slug), name=name, entered={}, secrets={}, actor=owner
    )


def tell(connection, *accounts, authority=False, trigger=Trigger.UPLOAD) -> Scan:
    """A finished reading of a connection that tells these accounts."""
    scan, _ = scan_request(connection=connection, actor=None, trigger=trigger)
    Scan.objects.filter(id=scan.id).update(state=ScanState.RUNNING, started_at=timezone.now())
    scan.refresh_from_db()
    verdict = Verdict(Outcome.PASS, "all", "Good.", evidence=(Evidence("s", "o", "f", "1", "1"),))
    finding = Finding("aws.no_admin_roles", Severity.HIGH, timezone.now(), verdict)
    with transaction.atomic():
        result_store(scan, Reading((), (finding,), (), Share(tuple(accounts), authority=authority)), requests=1)
    return scan


@pytest.fixture
def idp(in_scope, owner):
    return connected(in_scope, owner, "aws", "Directory")


@pytest.fixture
def cloud(in_scope, owner):
    return connected(in_scope, owner, "postgres", "Shop database")


def joined() -> Connection:
    return Connection.objects.get(connector_slug="across")


def run(scan: Scan) -> Scan:
    assert scan_work(scan.organization, scan.id, "test-worker")
    scan.refresh_from_db()
    return scan


def pending(connection: Connection) -> Scan:
    return Scan.objects.get(connection=connection, state=ScanState.PENDING)


def test_the_second_system_that_tells_brings_the_joining_one(idp, cloud):
    tell(idp, CLEO_OFF, authority=True)
    assert not Connection.objects.filter(connector_slug="across").exists()
    tell(cloud, CLEO)
    scan = run(pending(joined()))
    assert (scan.state, scan.trigger) == (ScanState.DONE, Trigger.FOLLOW)
    standing = {row.check_id: row.outcome for row in StandingResult.objects.filter(connection=joined())}
    assert standing["across.disabled_people_inactive_elsewhere"] == "fail"
    assert (
        "ztassess connected Across your systems"
        in AuditEvent.objects.get(object=f"connection:{joined().id}", action="connection.create").detail.summary
    )


def test_each_new_reading_is_joined_again(idp, cloud):
    tell(idp, CLEO_OFF, authority=True)
    tell(cloud, CLEO)
    run(pending(joined()))
    tell(cloud, CLEO_OFF)
    run(pending(joined()))
    standing = {row.check_id: row.outcome for row in StandingResult.objects.filter(connection=joined())}
    assert standing["across.disabled_people_inactive_elsewhere"] == "pass"
    assert not Scan.objects.active().filter(connection=joined()).exists()


def test_what_was_told_while_it_joined_is_joined_once_more(idp, cloud):
    tell(idp, CLEO_OFF, authority=True)
    tell(cloud, CLEO)
    scan = pending(joined())
    Scan.objects.filter(id=scan.id).update(started_at=timezone.now() - timedelta(minutes=1), state=ScanState.RUNNING)
    scan.refresh_from_db()
    tell(cloud, CLEO_OFF)
    with transaction.atomic():
        finding = Finding(
            "across.internal_hosts_behind_proxy", Severity.HIGH, timezone.now(), Verdict(Outcome.PASS, "all", "Good.")
        )
        result_store(scan, Reading((), (finding,), ()), requests=0)
    assert pending(joined()).trigger == Trigger.FOLLOW


def test_a_person_may_join_again_without_a_test(idp, cloud, owner):
    tell(idp, CLEO, authority=True)
    tell(cloud, CLEO)
    run(pending(joined()))
    scan, created = scan_request(connection=joined(), actor=owner)
    assert created
    assert run(scan).state == ScanState.DONE


def test_what_somebody_removed_does_not_come_back(idp, cloud, owner):
    tell(idp, CLEO, authority=True)
    tell(cloud, CLEO)
    connection_remove(connection=joined(), reason="not wanted", actor=owner)
    tell(cloud, CLEO)
    assert Connection.objects.filter(connector_slug="across").count() == 1
    assert not Scan.objects.active().filter(connection=joined()).exists()


def test_a_removed_connection_tells_nothing_any_more(idp, cloud, owner):
    tell(idp, CLEO, authority=True)
    tell(cloud, CLEO)
    assert [view.connection for view in shared_views()] == ["Directory", "Shop database"]
    connection_remove(connection=cloud, reason="gone", actor=owner)
    assert [view.connection for view in shared_views()] == ["Directory"]
    assert ConnectionShare.objects.count() == 1


def test_a_share_is_stored_without_what_a_database_refuses(cloud):
    tell(cloud, CLEO)
    (view,) = shared_views()
    assert view.share.accounts[0].name == "cleo@x.io\N{REPLACEMENT CHARACTER}"


def test_nothing_is_told_to_another_organization(idp, cloud, stranger):
    tell(idp, CLEO, authority=True)
    other = organization_create(name="Other", owner=stranger, facts={})
    with organization_scope(other):
        assert shared_views() == ()
        assert declared_everywhere(other).leavers is None


def test_an_uploaded_list_of_leavers_counts_everywhere(in_scope, idp, owner):
    tell(idp, CLEO, authority=True)
    leavers = connected(in_scope, owner, "leavers", "People who left")
    file = UploadedFile("left.csv", b"email,aliases\ncleo@x.io,ck\n")
    scan = run(scan_upload(connection=leavers, files=[file], actor=owner))
    assert scan.state == ScanState.DONE
    assert StandingResult.objects.get(connection=leavers).outcome == "fail"
    assert declared_everywhere(in_scope).leavers == ("cleo@x.io", "ck")
    tell(idp, CLEO_OFF, authority=True)
    assert run(pending(leavers)).state == ScanState.DONE
    assert StandingResult.objects.get(connection=leavers).outcome == "pass"


def test_the_declared_and_the_uploaded_list_are_one(in_scope, owner):
    FactSheet.objects.filter(organization=in_scope).update(declared={"leavers": ["dave@x.io", "cleo@x.io"]})
    leavers = connected(in_scope, owner, "leavers", "People who left")
    run(scan_upload(connection=leavers, files=[UploadedFile("l.csv", b"email\ncleo@x.io\n")], actor=owner))
    assert declared_everywhere(in_scope).leavers == ("dave@x.io", "cleo@x.io")


@pytest.fixture
def app(in_scope, owner):
    """A connection that reads a system of its own and is told about the others."""
    return connection_create(
        organization=in_scope,
        connector=connector("scim"),
        name="Shop app",
        entered={"base_url": "https://app.example/scim/v2"},
        secrets={"bearer_token": "token-1234567890"},
        actor=owner,
    )


def after_test(connection: Connection, refused: str = "") -> Connection:
    Connection.objects.filter(id=connection.id).update(preflight={"refused": refused}, preflight_at=timezone.now())
    connection.refresh_from_db()
    return connection


def page(*accounts: dict[str, object]) -> list[UploadedFile]:
    return [
        UploadedFile("users.json", json.dumps({"totalResults": len(accounts), "Resources": list(accounts)}).encode())
    ]


CLEO_IN_APP = {"id": "7", "userName": "Cleo@x.io", "active": True}
CLEO_OFF_IN_APP = CLEO_IN_APP | {"active": False}


def outcome_of(connection: Connection, check: str) -> str:
    return StandingResult.objects.get(connection=connection, check_id=check).latest_outcome


def test_a_live_connection_that_is_told_about_others_keeps_its_own_time(idp, app):
    assert Schedule.objects.filter(connection=app).exists()
    tell(idp, CLEO_OFF, authority=True)
    tell(after_test(app), CLEO, trigger=Trigger.PERSON)
    tell(idp, CLEO, authority=True)
    assert not Scan.objects.filter(connection=app, trigger=Trigger.FOLLOW).exists()
    assert not Scan.objects.active().filter(connection=app).exists()
    assert pending(joined()).trigger == Trigger.FOLLOW


@pytest.mark.parametrize("trigger", [Trigger.FOLLOW, Trigger.PERSON, Trigger.SCHEDULE])
def test_its_credential_goes_nowhere_before_its_test(app, trigger):
    with pytest.raises(NotReady, match="Test the connection first"):
        scan_request(connection=app, actor=None, trigger=trigger)
    with pytest.raises(NotReady, match="This credential is not used: It can write"):
        scan_request(connection=after_test(app, refused="It can write."), actor=None, trigger=trigger)


def test_who_is_switched_off_in_the_identity_provider_is_found_in_the_app_by_both(idp, app, owner):
    tell(idp, CLEO_OFF, authority=True)
    run(scan_upload(connection=app, files=page(CLEO_IN_APP), actor=owner))
    assert outcome_of(app, "scim.leavers_inactive") == "fail"
    run(pending(joined()))
    assert outcome_of(joined(), "across.disabled_people_inactive_elsewhere") == "fail"
    run(scan_upload(connection=app, files=page(CLEO_OFF_IN_APP), actor=owner))
    run(pending(joined()))
    assert outcome_of(app, "scim.leavers_inactive") == "pass"
    assert outcome_of(joined(), "across.disabled_people_inactive_elsewhere") == "pass"


def test_who_is_switched_off_after_the_app_was_read_is_found_at_once_and_asks_the_app_nothing(idp, app, owner):
    tell(idp, CLEO, authority=True)
    run(scan_upload(connection=app, files=page(CLEO_IN_APP), actor=owner))
    run(pending(joined()))
    assert outcome_of(joined(), "across.disabled_people_inactive_elsewhere") == "not_applicable"
    tell(idp, CLEO_OFF, authority=True)
    run(pending(joined()))
    assert outcome_of(joined(), "across.disabled_people_inactive_elsewhere") == "fail"
    assert not Scan.objects.active().filter(connection=app).exists()


def test_a_connection_that_takes_no_views_is_given_none(idp, cloud, app):
    tell(idp, CLEO_OFF, authority=True)
    tell(cloud, CLEO)
    scan, _ = scan_request(connection=after_test(app), actor=None)
    assert [view.connection for view in _context(scan, {"bearer_token": "t"}, no_progress).views] == [
        "Directory",
        "Shop database",
    ]
    plain = Scan(connection=cloud, organization=cloud.organization, trigger=Trigger.UPLOAD)
    assert _context(plain, {}, no_progress).views == ()


def no_progress(part: str, seen: int) -> None:
    """Nobody watches."""


def test_a_list_of_leavers_that_came_about_by_itself_is_not_an_empty_one(idp, cloud):
    tell(idp, CLEO, authority=True)
    tell(cloud, CLEO)
    leavers = Connection.objects.get(connector_slug="leavers")
    for _ in range(2):
        run(pending(leavers))
        assert outcome_of(leavers, "leavers.left_people_have_no_account") == "not_checked"
        assert declared_everywhere(leavers.organization).leavers is None
        tell(cloud, CLEO)


def test_a_new_list_replaces_the_old_one_at_once(in_scope, idp, owner):
    tell(idp, CLEO, authority=True)
    leavers = connected(in_scope, owner, "leavers", "People who left")
    run(scan_upload(connection=leavers, files=[UploadedFile("l.csv", b"email\ncleo@x.io\n")], actor=owner))
    assert outcome_of(leavers, "leavers.left_people_have_no_account") == "fail"
    run(scan_upload(connection=leavers, files=[UploadedFile("l.csv", b"email\ndave@x.io\n")], actor=owner))
    assert outcome_of(leavers, "leavers.left_people_have_no_account") == "pass"
    assert declared_everywhere(in_scope).leavers == ("dave@x.io",)


def test_an_upload_carries_the_day_it_was_made(in_scope, owner):
    leavers = connected(in_scope, owner, "leavers", "People who left")
    made = datetime(2026, 1, 5, tzinfo=UTC)
    files = [UploadedFile("l.csv", b"email\ncleo@x.io\n")]
    scan = scan_upload(connection=leavers, files=files, actor=owner, exported_at=made)
    assert Scan.objects.get(id=scan.id).exported_at == made


@pytest.mark.parametrize(
    ("day", "answer", "words"),
    [
        ("2099-01-01", 400, "still to come"),
        ("2001-01-01", 400, "more than two years ago"),
        ("yesterday", 400, "Enter a valid date"),
        ("", 302, ""),
    ],
)
def test_the_day_of_an_export_is_asked_for_and_judged(client, owner, organization, bells, day, answer, words):
    from django.core.files.uploadedfile import SimpleUploadedFile

    client.force_login(owner)
    file = SimpleUploadedFile("left.csv", b"email\ncleo@x.io\n")
    found = client.post(
        f"/o/{organization.slug}/connectors/leavers/upload/", {"exports": file, "exported_on": day}, follow=False
    )
    assert found.status_code == answer
    assert words in found.content.decode()


def test_shares_of_the_command_line_can_be_joined(tmp_path, capsys):
    from ztassess.connectors.sharing import view_json

    views = {
        "okta": SharedView("Okta", "okta", timezone.now(), Share((CLEO_OFF,), authority=True)),
        "aws": SharedView("AWS", "aws", timezone.now(), Share((CLEO,))),
    }
    paths = []
    for name, view in views.items():
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(view_json(view)))
        paths += ["--upload", str(path)]
    with pytest.raises(SystemExit) as ended:
        call_command("check_system", "across", "--json", *paths)
    assert ended.value.code == 1
    found = json.loads(capsys.readouterr().out)
    assert {each["check"]: each["outcome"] for each in found["findings"]}[
        "across.disabled_people_inactive_elsewhere"
    ] == "fail"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("people: [a@x", "could not be understood"),
        ("- a@x", "not a mapping"),
        ("nobody: [a@x]", "names 'nobody'"),
        ("exceptions: [a]", "could not be understood"),
    ],
)
def test_a_file_of_declarations_that_says_something_else_is_refused(tmp_path, capsys, text, words):
    path = tmp_path / "declared.yaml"
    path.write_text(text)
    with pytest.raises(SystemExit) as ended:
        call_command("check_system", "across", "--declared", str(path), "--upload", str(path))
    assert ended.value.code == 2
    assert words in capsys.readouterr().err
