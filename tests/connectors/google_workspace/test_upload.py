"""Exports: users as CSV from the Admin console and from gam, pages of policies; wrong, cut and foreign files."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from tests.connectors.google_workspace.conftest import outcomes
from tests.connectors.google_workspace.fake import GOOD_POLICIES, policy, user
from tests.fakes.vendor import CANARY, NOW, context_for
from ztassess.connectors.contract import Declared, UploadedFile
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.google_workspace import CONNECTOR
from ztassess.connectors.runner import judge, read_upload
from ztassess.domain.findings import Unavailable

CONSOLE = (
    "First Name [Required],Last Name [Required],Email Address [Required],Password [Required],"
    "Org Unit Path [Required],Status [READ ONLY],Last Sign In [READ ONLY],Recovery Email,"
    "2sv Enrolled [READ ONLY],2sv Enforced [READ ONLY]\n"
    f"Anna,A,Anna@x.io,****,/,Active,2026/11/20 08:00:00,{CANARY},True,True\n"
    f"Ben,B,ben@x.io,****,/sales,Active,Never logged in,{CANARY},True,False\n"
    f"Cleo,C,cleo@x.io,****,/,Suspended,2026/01/02 03:04:05,{CANARY},False,False\n"
)
GAM = (
    "primaryEmail,archived,id,isAdmin,isDelegatedAdmin,isEnforcedIn2Sv,isEnrolledIn2Sv,lastLoginTime,orgUnitPath,suspended\n"
    "root@x.io,False,1,True,False,True,True,2026-11-20T08:00:00.000Z,/,False\n"
    "admin-anna@x.io,False,2,True,False,True,True,Never,/,False\n"
    "anna@x.io,False,3,False,False,True,True,1970-01-01T00:00:00.000Z,/,False\n"
)


def _file(name: str, content: object) -> UploadedFile:
    text = content if isinstance(content, str) else json.dumps(content)
    return UploadedFile(name, text.encode())


def _context(declared: Declared | None = None, exported_at=None, **entered: str):
    return context_for(CONNECTOR, entered, for_upload=True, declared=declared, exported_at=exported_at)


def _parse(*files: UploadedFile, **entered: str):
    return CONNECTOR.parse_upload(files, _context(**entered))


def test_console_list_gives_people_and_no_administrators():
    snapshot = _parse(_file("User_Download.csv", CONSOLE))
    assert [(each.email, each.enforced, each.suspended, each.unit) for each in snapshot.users] == [
        ("anna@x.io", True, False, "/"),
        ("ben@x.io", False, False, "/sales"),
        ("cleo@x.io", False, True, "/"),
    ]
    assert snapshot.users[1].last_login is None
    assert snapshot.users[1].logins_told
    found = outcomes(judge(CONNECTOR, snapshot))
    assert found["two_step_enforced_users"] == "fail"
    assert found["admins_two_step"] == found["super_admin_count"] == "not_checked"
    assert CANARY not in repr(snapshot)


def test_gam_list_gives_administrators_too():
    found = outcomes(read_upload(CONNECTOR, (_file("users.csv", GAM),), _context()))
    assert found["two_step_enforced_users"] == found["admins_two_step"] == found["super_admin_count"] == "pass"
    assert found["two_step_policy_on"] == found["devices_healthy"] == found["audit_logs_readable"] == "not_checked"


def test_missing_column_is_not_judged():
    cut = "primaryEmail,suspended\nanna@x.io,False\n"
    found = outcomes(read_upload(CONNECTOR, (_file("users.csv", cut),), _context()))
    assert found["two_step_enforced_users"] == "not_checked"
    assert found["shared_mailboxes_absent"] == "pass"


def test_leavers_are_judged_from_a_list_alone():
    declared = Declared(leavers=("ben@x.io", "cleo@x.io"), people=("anna@x.io",))
    snapshot = CONNECTOR.parse_upload((_file("u.csv", CONSOLE),), _context(declared))
    reading = judge(CONNECTOR, snapshot)
    assert outcomes(reading)["leavers_suspended"] == "fail"
    resources = {f.verdict.resource for f in reading.findings if f.check.endswith("leavers_suspended")}
    assert resources == {"ben@x.io"}


PAGES = [policy(setting, dict(value)) for setting, value in GOOD_POLICIES]
UNITS = {
    "kind": "admin#directory#orgUnits",
    "organizationUnits": [{"orgUnitId": "id:03root", "orgUnitPath": "/"}],
}
USERS = {"kind": "admin#directory#users", "users": [user("root@x.io", isAdmin=True), user("p1@x.io")]}


def test_pages_of_the_interfaces_are_judged_as_if_read():
    files = (
        _file("policies-1.json", {"policies": PAGES[:9], "nextPageToken": "a"}),
        _file("policies-2.json", {"policies": PAGES[9:]}),
        _file("orgunits.json", UNITS),
        _file("users.json", USERS),
        _file("export.json", {"taken_at": "2026-11-01T00:00:00Z"}),
    )
    snapshot = _parse(*files, admin_email="root@x.io")
    found = outcomes(judge(CONNECTOR, snapshot))
    for check in ("two_step_policy_on", "security_keys_only", "session_length_limited", "no_weak_bypass"):
        assert found[check] == "pass"
    assert f"{snapshot.taken_at:%Y-%m-%d}" == "2026-11-01"
    assert CANARY not in repr(snapshot)


def test_old_export_is_taken_with_its_date():
    old = NOW - timedelta(days=400)
    context = _context(exported_at=old)
    assert CONNECTOR.parse_upload((_file("users.csv", GAM),), context).taken_at == old


def test_policies_without_units_are_not_placed():
    snapshot = _parse(_file("policies.json", {"policies": PAGES}), _file("users.json", USERS))
    assert isinstance(snapshot.org_units, Unavailable)
    assert outcomes(judge(CONNECTOR, snapshot))["two_step_policy_on"] == "not_checked"


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ((), "No file was uploaded"),
        ((_file("notes.txt", "hello"),), "not a file of an export"),
        ((_file("users.csv", ""),), "empty"),
        ((_file("users.csv", "name,mail\na,b\n"),), "neither the list of users of the Admin console"),
        ((_file("users.csv", "primaryEmail\na@x.io\n"),), "lacks the column suspended"),
        ((_file("users.csv", "primaryEmail,suspended\n"),), "lists no users"),
        ((_file("users.csv", "primaryEmail,suspended\na@x.io,perhaps\n"),), "line 2"),
        ((_file("users.csv", "primaryEmail,suspended\na@x.io,False\nb@x"),), "line 3"),
        ((_file("users.csv", CONSOLE[:-12]),), "line 4"),
        ((_file("users.csv", CONSOLE.replace("Suspended", "On leave")),), "the status is not"),
        ((_file("users.csv", GAM.replace("Never", "yesterday")),), "no date"),
        ((_file("users.csv", GAM), _file("more.csv", GAM)), "twice"),
        ((_file("policies.json", '{"policies": [{"na'),), "cut off"),
        ((_file("policies.json", []),), "not a page of that list"),
        ((_file("policies.json", {"error": {"code": 403}}),), "not a page of that list"),
        ((_file("users.json", UNITS),), "not a page of that list"),
        ((_file("policies.json", {"policies": PAGES, "nextPageToken": "more"}),), "more exist"),
        ((_file("policies-1.json", {"policies": PAGES}), _file("policies-2.json", {"policies": PAGES})), "more exist"),
        (
            (_file("policies.json", {"policies": [PAGES[0], PAGES[1] | {"customer": "customers/C02"}]}),),
            "different customers",
        ),
        ((_file("users.csv", GAM), _file("export.json", {"taken_at": "2030-01-01T00:00:00Z"})), "still to come"),
    ],
)
def test_wrong_cut_and_foreign_files_are_refused(files, sentence):
    with pytest.raises(InputInvalid, match=sentence):
        _parse(*files)


def test_list_of_another_customer_is_refused():
    with pytest.raises(InputInvalid, match=r"of x\.io, not of other\.io"):
        _parse(_file("users.csv", GAM), admin_email="root@other.io")


def test_powershell_writes_utf_16():
    snapshot = _parse(UploadedFile("users.csv", GAM.encode("utf-16")))
    assert len(snapshot.users) == 3
