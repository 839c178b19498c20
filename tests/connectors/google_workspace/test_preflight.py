"""The connection test: who we are, what is open, what is refused, how old the key is."""

from __future__ import annotations

import pytest

from tests.connectors.google_workspace.fake import ADMIN_EMAIL, switched_off
from tests.connectors.google_workspace.keys import ACCOUNT, key_file, key_pair
from tests.fakes.vendor import CANARY, Answer
from ztassess.connectors.errors import AuthFailed, ConnectorError
from ztassess.connectors.google_workspace import scopes
from ztassess.connectors.google_workspace.collect import PARTS
from ztassess.connectors.google_workspace.preflight import OWN_RIGHTS, preflight


def test_everything_open_is_a_row_for_each_part(google, run):
    found = preflight(run())
    assert found.identity == f"{ACCOUNT} in the name of {ADMIN_EMAIL}"
    assert [row.part for row in found.rows] == list(PARTS)
    assert all(row.allowed for row in found.rows)
    assert found.refused == ""
    assert found.warnings == (OWN_RIGHTS,)
    assert OWN_RIGHTS.startswith("We could not verify that this credential is read-only.")
    assert OWN_RIGHTS.endswith("give it roles/accesscontextmanager.policyReader alone.")


def test_each_permission_is_asked_for_once_and_small(google, run):
    google.page_size = 2
    preflight(run())
    asked = [request.path for request in google.asked(method="GET")]
    assert len(asked) == len(set(asked)) == 10
    assert [request.query["maxResults"] for request in google.asked("/admin/directory/v1/users")] == ["1"]


@pytest.mark.parametrize(("scope", "allows"), scopes.WRITING)
def test_scope_that_can_write_refuses_the_connection(google, run, scope, allows):
    google.delegated.add(scope)
    found = preflight(run())
    assert found.refused == f"The delegation also allows {allows} ({scope}). Remove that scope."
    assert not google.asked(method="GET"), "nothing is read with it"


def test_unclear_answer_about_write_scopes_is_said(google, run):
    google.fault("/token", Answer({"error": "backend_error"}, 400), after=1)
    warning = preflight(run(organization_id="")).warnings
    assert warning[0].startswith("We could not verify that this credential is read-only. Google did not say whether")


def test_missing_scope_role_and_switched_off_interface_are_told_apart(google, run):
    google.delegated.discard(scopes.AUDIT)
    google.super_admins.clear()
    google.fault("/v1/devices", switched_off())
    rows = {row.part: row for row in preflight(run()).rows}
    assert (rows["logins"].allowed, rows["logins"].missing_scope) == (False, scopes.AUDIT)
    assert rows["policies"].detail == "Only a super administrator may read policies; per-user checks still ran."
    assert rows["device_users"].detail == "Enable cloudidentity.googleapis.com in Cloud project 815."
    assert rows["users"].allowed


def test_age_of_a_key_file_is_reported(google, run):
    warnings = preflight(run(auth="key_file", organization_id="")).warnings
    assert len(warnings) == 1
    assert warnings[0].startswith(f"The key of {ACCOUNT} is 400 days old. A key file works until somebody deletes it")


def test_age_that_cannot_be_told_is_said(google, run):
    secrets = {"service_account_key": key_file(private_key_id="other")}
    (warning,) = preflight(run(auth="key_file", organization_id="", secrets=secrets)).warnings
    assert warning.startswith(f"We could not tell how old the key of {ACCOUNT} is.")
    google.fault("/robot/.*", Answer({"key-1": "no certificate"}))
    (warning,) = preflight(run(auth="key_file", organization_id="")).warnings
    assert warning.startswith("We could not tell how old the key of")


@pytest.mark.parametrize("answer", [Answer({"error": "invalid_grant", "error_description": CANARY}, 400)])
def test_refused_sign_in_keeps_the_secret(google, run, answer):
    google.fault("/token", answer)
    with pytest.raises(AuthFailed, match=r"\(invalid_grant\)") as refused:
        preflight(run(auth="key_file"))
    assert CANARY not in str(refused.value)
    assert key_pair()[0][100:160] not in str(refused.value)


def test_nothing_answers_is_an_error_not_a_row(google, run):
    google.fault("/(admin|v1/[a-z]+s|v1/devices|v1/inbound).*", Answer({}, 500))
    google.fault("/v1/(policies|devices|inbound.*|organizations/.*)", Answer({}, 500))
    with pytest.raises(ConnectorError):
        preflight(run())
