"""What OpenBao cannot show: cloud engines, Enterprise standbys, warnings, and a server that breaks in every way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.connectors.vault.fake import FakeVault, with_warning
from tests.fakes.fields import undescribed
from tests.fakes.vendor import CANARY, Answer, context_for
from ztassess.connectors.api import rows
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.errors import AuthFailed, ConnectorError
from ztassess.connectors.runner import Reading, judge
from ztassess.connectors.vault import CONNECTOR
from ztassess.domain.checks import fold
from ztassess.domain.findings import Unavailable

PARTS = {
    "/v1/sys/mounts": "mounts",
    "/v1/sys/auth": "sign_ins",
    "/v1/sys/audit": "audit_devices",
    "/v1/sys/policies/acl": "policies",
    "/v1/database/roles": "database_roles",
    "/v1/database/roles/app": "database_roles",
    "/v1/aws/roles/deploy": "cloud_roles",
    "/v1/gcp/rolesets": "cloud_roles",
    "/v1/pki/roles/web": "certificate_roles",
    "/v1/auth/approle/role": "app_roles",
    "/v1/auth/approle/role/zt-auditor": "sign_in_roles",
}
ERRORS: dict[str, tuple[Answer, str]] = {
    "401": (Answer({"errors": ["no"]}, 401), "raise"),
    "403": (Answer({"errors": ["permission denied"]}, 403), "missing_scope"),
    "404 with words": (Answer({"errors": ["no handler for route"]}, 404), "unsupported"),
    "429": (Answer({"errors": ["quota"]}, 429), "rate_limited"),
    "429 with Retry-After": (Answer({"errors": []}, 429, {"retry-after": "120"}), "rate_limited"),
    "500": (Answer({"errors": ["internal error"]}, 500), "upstream_error"),
    "503 sealed": (Answer({"errors": ["Vault is sealed"]}, 503), "rate_limited"),
    "cut": (Answer(raw=b'{"data": {"database/": {"type": "datab'), "upstream_error"),
    "page of a proxy": (Answer(raw=b"<html>Sign in</html>", kind="text/html"), "upstream_error"),
    "403 page of a proxy": (Answer(raw=b"<html>no</html>", status=403, kind="text/html"), "missing_scope"),
    "empty": (Answer(raw=b""), "upstream_error"),
    "list": (Answer([]), "upstream_error"),
    "null data": (Answer({"data": None}), "upstream_error"),
    "text for data": (Answer({"data": "database"}), "upstream_error"),
    "numbers for rows": (Answer({"data": {"keys": [1], "a/": 3, "policy": 7}}), "upstream_error"),
    "empty rows": (Answer({"data": {"a/": {}, "keys": "app"}}), "upstream_error"),
    "redirect": (Answer(status=307, headers={"location": "https://elsewhere.example/"}, raw=b""), "upstream_error"),
    "NaN": (Answer(raw=b'{"data": {"default_ttl": NaN}}'), "upstream_error"),
    "twice": (Answer(raw=b'{"data": {}, "data": {"keys": []}}'), "upstream_error"),
    "deep": (Answer(raw=b"[" * 10_000), "upstream_error"),
}


@pytest.fixture(scope="module")
def running() -> Any:
    with FakeVault() as made:
        yield made


@pytest.fixture
def vault(running: FakeVault) -> FakeVault:
    running.reset()
    return running


def context(vault: FakeVault, **more: Any) -> ReadContext:
    fields = {"address": vault.base, "role_id": "role", "data_stores": "shop"} | more
    return context_for(CONNECTOR, fields, {"secret_id": f"secret-{CANARY}"})


def outcomes(reading: Reading) -> dict[str, str]:
    return {result.check.partition(".")[2]: result.outcome.value for result in reading.results}


def test_good_server_is_read_whole_and_passes(vault: FakeVault) -> None:
    with rows.heard_fields() as heard:
        snapshot = CONNECTOR.collect(context(vault))
        assert undescribed(heard, Path(__file__).parent / "fields.json") == set()
    assert not [name for name in snapshot.__slots__ if isinstance(getattr(snapshot, name), Unavailable)]
    found = judge(CONNECTOR, snapshot)
    assert set(outcomes(found).values()) == {"pass"}
    assert CANARY not in repr(snapshot) + repr(found)
    assert vault.tokens == set()


# Without this part, none of these may be in order.
NEEDED_BY = {
    "mounts": ("dynamic_engine_in_use", "database_leases_short", "cloud_roles_temporary", "pki_names_restricted"),
    "sign_ins": ("strong_sign_in_methods", "approle_secrets_bounded"),
    "audit_devices": ("audit_device_enabled",),
    "policies": ("policies_narrow",),
    "database_roles": ("database_leases_short",),
    "cloud_roles": ("cloud_roles_temporary",),
    "certificate_roles": ("pki_names_restricted",),
    "app_roles": ("approle_secrets_bounded",),
    "sign_in_roles": ("approle_secrets_bounded",),
}
CASES = [
    *((path, error) for path in PARTS for error in ("403", "500", "cut")),
    *((path, error) for path in ("/v1/sys/audit", "/v1/database/roles") for error in ERRORS),
]


@pytest.mark.parametrize(("path", "error"), CASES)
def test_broken_answer_is_never_a_pass(vault: FakeVault, path: str, error: str) -> None:
    answer, reason = ERRORS[error]
    vault.fault(path, answer)
    if reason == "raise":
        with pytest.raises(AuthFailed):
            CONNECTOR.collect(context(vault))
        return
    snapshot = CONNECTOR.collect(context(vault))
    missing = getattr(snapshot, PARTS[path])
    assert isinstance(missing, Unavailable)
    assert missing.reason == reason
    assert CANARY not in missing.detail
    found = outcomes(judge(CONNECTOR, snapshot))
    assert {found[check] for check in NEEDED_BY[PARTS[path]]} == {"not_checked"}
    assert vault.tokens == set()


def test_huge_answer_is_cut_and_judges_nothing(vault: FakeVault) -> None:
    vault.fault("/v1/sys/audit", Answer(raw=b'{"data": {"a": "' + b"x" * (65 << 20) + b'"}}'))
    snapshot = CONNECTOR.collect(context(vault))
    assert isinstance(snapshot.audit_devices, Unavailable)
    assert snapshot.audit_devices.reason == "partial_data"


@pytest.mark.parametrize("path", ["/v1/sys/mounts", "/v1/sys/auth"])
def test_empty_map_is_not_believed_where_vault_always_has_something(vault: FakeVault, path: str) -> None:
    """A proxy that swallows a 403 and answers with an empty object."""
    vault.fault(path, Answer({"data": {}}))
    snapshot = CONNECTOR.collect(context(vault))
    assert isinstance(getattr(snapshot, PARTS[path]), Unavailable)


@pytest.mark.parametrize(
    ("path", "check"),
    [
        ("/v1/database/roles", "database_leases_short"),
        ("/v1/sys/audit", "audit_device_enabled"),
        ("/v1/sys/policies/acl", "policies_narrow"),
        ("/v1/auth/approle/role", "approle_secrets_bounded"),
    ],
)
def test_list_with_a_warning_is_partial(vault: FakeVault, path: str, check: str) -> None:
    vault.fault(path, change=lambda answer: with_warning(answer, data=True))
    assert outcomes(judge(CONNECTOR, CONNECTOR.collect(context(vault))))[check] == "not_checked"


@pytest.mark.parametrize("path", PARTS)
def test_success_without_data_but_with_a_warning_is_not_read(vault: FakeVault, path: str) -> None:
    vault.fault(path, change=lambda answer: with_warning(answer, data=False))
    snapshot = CONNECTOR.collect(context(vault))
    missing = getattr(snapshot, PARTS[path])
    assert isinstance(missing, Unavailable)
    assert CANARY not in missing.detail


def test_role_with_a_warning_beside_its_data_is_read(vault: FakeVault) -> None:
    vault.fault("/v1/database/roles/app", change=lambda answer: with_warning(answer, data=True))
    assert outcomes(judge(CONNECTOR, CONNECTOR.collect(context(vault))))["database_leases_short"] == "pass"


def test_role_that_vanished_between_list_and_read_leaves_the_rest_partial(vault: FakeVault) -> None:
    vault.tree["database/roles/other"] = dict(vault.tree["database/roles/app"])
    vault.fault("/v1/database/roles/other", Answer({"errors": []}, 404))
    snapshot = CONNECTOR.collect(context(vault))
    assert isinstance(snapshot.database_roles, Unavailable)
    assert snapshot.database_roles.reason == "partial_data"


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (472, "This is a standby of another cluster; connect the active address."),
        (473, "This is a standby of another cluster; connect the active address."),
        (503, "Vault is sealed; nothing was read."),
        (501, "Vault is not initialized; nothing was read."),
    ],
)
def test_node_that_cannot_be_asked_says_why_and_gets_no_secret(vault: FakeVault, status: int, sentence: str) -> None:
    vault.standby = status
    for entry in (CONNECTOR.preflight, CONNECTOR.collect):
        with pytest.raises(ConnectorError) as stopped:
            entry(context(vault))
        assert stopped.value.sentence == sentence
    assert {request.path for request in vault.requests} == {"/v1/sys/health"}


def test_plain_standby_forwards_and_is_read(vault: FakeVault) -> None:
    vault.standby = 429
    assert set(outcomes(judge(CONNECTOR, CONNECTOR.collect(context(vault)))).values()) == {"pass"}


def test_jwt_signs_in_without_a_stored_secret(vault: FakeVault) -> None:
    made = context_for(CONNECTOR, {"address": vault.base, "jwt_role": "ci"}, {"jwt": f"jwt-{CANARY}"})
    assert CONNECTOR.preflight(made).refused == ""
    assert vault.tokens == set()
    assert next(field for field in CONNECTOR.fields if field.name == "jwt").single_use


def test_refused_secret_is_named_without_its_text(vault: FakeVault) -> None:
    made = context_for(CONNECTOR, {"address": vault.base, "role_id": "role"}, {"secret_id": CANARY})
    with pytest.raises(AuthFailed) as refused:
        CONNECTOR.preflight(made)
    assert CANARY not in refused.value.sentence
    assert "auth/approle" in refused.value.sentence


@pytest.mark.parametrize(
    ("path", "capability"),
    [("kv/data/x", "read"), ("database/creds/x", "update"), ("sys/policies/acl/x", "sudo"), ("aws/creds/x", "read")],
)
def test_vaults_own_word_on_our_capabilities_counts(vault: FakeVault, path: str, capability: str) -> None:
    """The text of a policy does not show what an identity group adds."""
    vault.capabilities[path] = [capability]
    tested = CONNECTOR.preflight(context(vault))
    assert tested.refused == f"This token can read secrets or change policies. It may {capability} on {path}."
    assert vault.tokens == set()


def test_token_that_cannot_be_given_back_is_said(vault: FakeVault) -> None:
    vault.fault("/v1/auth/token/revoke-self", Answer({"errors": ["internal error"]}, 500))
    assert CONNECTOR.preflight(context(vault)).warnings == ("Our token could not be given back; it ends by itself.",)


def test_namespace_travels_with_every_request_but_health(vault: FakeVault) -> None:
    CONNECTOR.collect(context(vault, namespace="team/"))
    for request in vault.requests:
        assert request.headers.get("x-vault-namespace", "") == ("" if request.path == "/v1/sys/health" else "team")
        assert request.method == "GET" or request.path in (
            "/v1/auth/approle/login",
            "/v1/sys/capabilities-self",
            "/v1/auth/token/revoke-self",
        )


@pytest.mark.parametrize(
    ("role", "word"),
    [
        ({"credential_type": "iam_user", "max_sts_ttl": 0}, "fail"),
        ({"credential_type": "assumed_role,iam_user", "max_sts_ttl": 900}, "fail"),
        ({"credential_type": "assumed_role", "max_sts_ttl": 0}, "fail"),
        ({"credential_type": "session_token", "max_sts_ttl": 3600}, "pass"),
        ({"credential_type": "brand_new", "max_sts_ttl": 60}, "not_checked"),
        ({"credential_type": "", "max_sts_ttl": 60}, "not_checked"),
    ],
)
def test_kinds_of_aws_credentials(vault: FakeVault, role: dict[str, Any], word: str) -> None:
    vault.tree["aws/roles/deploy"] = role
    assert outcomes(judge(CONNECTOR, CONNECTOR.collect(context(vault))))["cloud_roles_temporary"] == word


def test_every_finding_of_every_check_names_its_denominator(vault: FakeVault) -> None:
    found = judge(CONNECTOR, CONNECTOR.collect(context(vault)))
    assert len(found.results) == 8
    for finding in found.findings:
        assert finding.verdict.seen >= 1
        assert fold(finding.check, [finding]).outcome is finding.verdict.outcome
