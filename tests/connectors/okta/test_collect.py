"""Reading a whole org: by key with and without proofs, by token, on both engines, and what it may not see."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.connectors.okta.conftest import EVERYTHING, MakeContext, no_secret
from tests.connectors.okta.fake import TOKEN_PATH, Org, refusal
from tests.connectors.okta.org import access_rule, app, user
from tests.fakes.fields import undescribed
from tests.fakes.vendor import Answer
from ztassess.connectors.api.rows import heard_fields
from ztassess.connectors.contract import parts_of
from ztassess.connectors.errors import AuthFailed, ConnectorError, OverPrivileged
from ztassess.connectors.okta import CONNECTOR
from ztassess.connectors.okta import client as client_module
from ztassess.connectors.okta.collect import collect
from ztassess.connectors.okta.signing_in import PACE
from ztassess.connectors.runner import judge
from ztassess.domain.findings import Outcome, Unavailable

FIELDS = Path(__file__).parent / "fields.json"


def outcomes(snapshot) -> dict[str, Outcome]:
    return {result.check: result.outcome for result in judge(CONNECTOR, snapshot).results}


def test_well_kept_org_passes_every_check_that_it_can(org: Org, context: MakeContext) -> None:
    org.role = "SUPER_ADMIN"
    # What is shown to Super Administrators only, without the app's own role being shown.
    org.fault("/oauth2/v1/clients/.*", refusal("E0000006", 403))
    snapshot = collect(context())
    assert {part.name: part.seen for part in parts_of(snapshot) if isinstance(part.seen, Unavailable)} == {}
    found = outcomes(snapshot)
    assert found.pop("okta.factor_resets_explained") is Outcome.NOT_APPLICABLE
    assert set(found.values()) == {Outcome.PASS}, {k: v for k, v in found.items() if v is not Outcome.PASS}
    assert len(found) == 22
    no_secret(snapshot, judge(CONNECTOR, snapshot))


def test_every_field_read_is_described_by_okta(org: Org, context: MakeContext) -> None:
    org.role = "SUPER_ADMIN"
    org.fault("/oauth2/v1/clients/.*", refusal("E0000006", 403))
    key = {"authenticationMethods": [{"key": "webauthn", "method": "webauthn"}]}
    password = {"authenticationMethods": [{"key": "okta_password", "method": "password"}], "next": [key]}
    chain = {"type": "AUTH_METHOD_CHAIN", "chains": [password]}
    org.data["rules"]["pol1"].append(access_rule("rul9", method=chain))
    org.data["logs"] = [{"uuid": "e1", "published": "2026-11-01T00:00:00.000Z", "actor": {"alternateId": "a"},
                         "target": [{"type": "User", "alternateId": "b"}]}]  # fmt: skip
    org.data["idps"] = [{"id": "0oi1", "name": "Old", "type": "SAML2", "status": "INACTIVE"}]
    with heard_fields() as heard:
        collect(context())
    assert len(heard) > 90
    assert undescribed(heard, FIELDS) == set()


def test_a_field_that_okta_does_not_describe_would_be_seen() -> None:
    kinds = json.loads(FIELDS.read_text())["kinds"]
    assert undescribed({("User", "favoriteColor")}, FIELDS) == {"User.favoriteColor"}
    assert "AccessPolicyRule" in kinds


def test_every_question_is_one_that_okta_describes(org: Org, context: MakeContext) -> None:
    org.role = "SUPER_ADMIN"
    org.fault("/oauth2/v1/clients/.*", refusal("E0000006", 403))
    collect(context())
    asked = [(request.path, set(request.all)) for request in org.requests if request.method == "GET"]
    assert len({path for path, _ in asked}) > 30
    described = {
        re.compile(re.sub(r"[{].*?[}]", "[^/]+", path)): set(names)
        for path, names in json.loads(FIELDS.read_text())["paths"].items()
    }
    # The cursor of a page comes from Okta itself.
    unknown = [
        (path, names - {"after"})
        for path, names in asked
        if not any(known.fullmatch(path) and names - {"after"} <= allowed for known, allowed in described.items())
    ]
    assert unknown == []


def test_lists_are_read_over_all_pages(org: Org, context: MakeContext) -> None:
    org.data["users"] += [user(f"00x{number}", f"x{number}@acme.example", "SUSPENDED") for number in range(9)]
    snapshot = collect(context())
    assert len(snapshot.users) == 13
    assert len(org.asked("/api/v1/users")) == 8  # one of them for the deactivated


def test_only_the_token_endpoint_is_posted_to(org: Org, context: MakeContext) -> None:
    collect(context())
    assert {request.path for request in org.requests if request.method != "GET"} == {TOKEN_PATH}


def test_every_request_has_its_own_proof_and_a_nonce_is_answered_by_a_new_assertion(
    org: Org, context: MakeContext
) -> None:
    collect(context())
    proofs = [request.headers["dpop"] for request in org.requests]
    assert len(set(proofs)) == len(proofs)
    first, second = org.asked(TOKEN_PATH)
    assert first.form()["client_assertion"] != second.form()["client_assertion"]


def test_resources_may_want_a_nonce_and_change_it_on_the_way(org: Org, context: MakeContext) -> None:
    org.resource_nonce = True

    def rotate(answer: Answer) -> Answer:
        org.nonce = "nonce-2"
        return answer

    org.fault("/api/v1/zones", change=rotate, times=1)
    snapshot = collect(context())
    assert isinstance(snapshot.users, tuple)
    assert org.signed_in == 1, "a missing nonce is no reason for a new token"


def test_app_without_dpop_gets_a_bearer_token(org: Org, context: MakeContext) -> None:
    org.dpop = False
    assert isinstance(collect(context(dpop=False)).apps, tuple)
    assert not any("dpop" in request.headers for request in org.requests)


def test_app_that_requires_dpop_says_so_when_it_is_unticked(context: MakeContext) -> None:
    with pytest.raises(AuthFailed, match="The app requires DPoP"):
        collect(context(dpop=False))


def test_revoked_token_is_renewed_once(org: Org, context: MakeContext) -> None:
    org.fault("/api/v1/zones", refusal("E0000011", 401), times=1)
    assert isinstance(collect(context()).zones, tuple)
    assert org.signed_in == 2


def test_key_that_okta_does_not_know_is_named(org: Org, context: MakeContext) -> None:
    org.fault(TOKEN_PATH, Answer({"error": "invalid_client"}, 401))
    with pytest.raises(AuthFailed, match="Okta refused the key kid-1"):
        collect(context())


def test_scope_that_the_app_lacks_costs_only_its_part(org: Org, context: MakeContext) -> None:
    org.granted -= {"okta.apiTokens.read"}
    snapshot = collect(context())
    assert isinstance(snapshot.tokens, Unavailable)
    assert (snapshot.tokens.reason, snapshot.tokens.missing_scope) == ("missing_scope", "okta.apiTokens.read")
    assert isinstance(snapshot.users, tuple)
    assert outcomes(snapshot)["okta.api_tokens_rotated"] is Outcome.NOT_CHECKED


def test_app_without_any_scope_is_told(org: Org, context: MakeContext) -> None:
    org.granted = set()
    with pytest.raises(AuthFailed, match="none of the scopes"):
        collect(context())


def test_read_only_role_hides_administrators_streams_and_the_console(org: Org, context: MakeContext) -> None:
    snapshot = collect(context())
    for part in (snapshot.roles, snapshot.log_streams):
        assert isinstance(part, Unavailable)
        assert part.reason == "forbidden_role"
    found = outcomes(snapshot)
    for check in ("super_admin_count", "api_token_not_super_admin", "log_stream_active",
                  "admin_console_phishing_resistant"):  # fmt: skip
        assert found[f"okta.{check}"] is Outcome.NOT_CHECKED
    # Every policy that may be theirs demands enough, so what is hidden does too.
    assert found["okta.mfa_required_every_app"] is Outcome.PASS


def test_scopes_that_write_are_refused(org: Org, context: MakeContext) -> None:
    org.granted |= {"okta.users.manage"}
    with pytest.raises(OverPrivileged, match=r"can change your org \(okta.users.manage\)"):
        collect(context())


def test_app_that_is_super_administrator_is_refused(org: Org, context: MakeContext) -> None:
    org.role = "SUPER_ADMIN"
    with pytest.raises(OverPrivileged, match="SUPER_ADMIN"):
        collect(context())


def test_classic_engine_is_told_apart_and_fails_nothing_for_it(org: Org, context: MakeContext) -> None:
    org.data["organization"]["pipeline"] = "v1"
    org.data["apps"] = [app("0oa1", "github", "GitHub", ""), app("0oa2", "x", "Payroll", "")]
    snapshot = collect(context())
    found = outcomes(snapshot)
    for part in (snapshot.access_policies, snapshot.authenticators, snapshot.device_assurances, snapshot.devices):
        assert isinstance(part, Unavailable)
        assert part.reason == "unsupported"
    for check in ("mfa_required_every_app", "phishing_resistant_every_app", "weak_factors_off",
                  "managed_device_required", "context_conditions_used"):  # fmt: skip
        assert found[f"okta.{check}"] is Outcome.NOT_CHECKED, check
    assert found["okta.session_limits"] is Outcome.PASS
    assert not org.asked("/api/v1/authenticators")


def test_plan_without_adaptive_features_is_no_failure(org: Org, context: MakeContext) -> None:
    org.plan = False
    found = {result.verdict.reason_code for result in judge(CONNECTOR, collect(context())).findings
             if result.check == "okta.managed_device_required"}  # fmt: skip
    assert found == {"missing_license"}


def test_roles_through_groups_are_found_with_the_groups_name(org: Org, context: MakeContext) -> None:
    org.role = "SUPER_ADMIN"
    org.fault("/oauth2/v1/clients/.*", refusal("E0000006", 403))
    roles = {(role.user_id, role.group) for role in collect(context()).roles if role.role == "SUPER_ADMIN"}
    assert roles == {("00u1", ""), ("00u3", "Platform")}


def test_factors_end_at_the_budget_and_keep_what_was_read(
    org: Org, context: MakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "MOST_FACTOR_READS", 3)
    snapshot = collect(context())
    assert isinstance(snapshot.factors, Unavailable)
    assert (snapshot.factors.reason, len(snapshot.factors.read)) == ("partial_data", 3)
    assert outcomes(snapshot)["okta.users_enrolled_in_factor"] is Outcome.NOT_CHECKED


def test_factors_of_far_too_many_people_are_not_asked_for(
    org: Org, context: MakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "MOST_FACTOR_READS", 0)
    snapshot = collect(context())
    assert isinstance(snapshot.factors, Unavailable)
    assert snapshot.factors.read == ()
    assert not org.asked("/api/v1/users/.*/factors")
    assert outcomes(snapshot)["okta.users_enrolled_in_factor"] is Outcome.NOT_CHECKED


def test_static_token_is_used_and_reported(org: Org, context: MakeContext) -> None:
    snapshot = collect(context(static=True))
    assert (snapshot.signed_in.by, snapshot.signed_in.name) == ("ssws", "anna@acme.example")
    reasons = [
        each.verdict.reason for each in judge(CONNECTOR, snapshot).findings if each.check == "okta.api_tokens_rotated"
    ]
    assert "anna@acme.example that this assessment itself uses" in reasons[0]
    assert not org.asked(TOKEN_PATH)
    no_secret(snapshot, reasons)


def test_static_token_of_a_super_administrator_is_refused(org: Org, context: MakeContext) -> None:
    org.role = "SUPER_ADMIN"
    with pytest.raises(OverPrivileged, match=r"all rights of anna@acme.example .*SUPER_ADMIN"):
        collect(context(static=True))


def test_deactivated_users_are_asked_for_apart_and_told_as_off(org: Org, context: MakeContext) -> None:
    org.data["users"].append(user("00x1", "gone@acme.example", "DEPROVISIONED"))
    snapshot = collect(context())
    assert [each.login for each in snapshot.deactivated] == ["gone@acme.example"]
    assert "gone@acme.example" not in {each.login for each in snapshot.users}
    share = judge(CONNECTOR, snapshot).share
    assert {account.name for account in share.accounts if account.active is False} == {"gone@acme.example"}


def test_independent_questions_run_side_by_side(org: Org, context: MakeContext) -> None:
    org.latency = 0.01
    collect(context())
    assert 2 < org.most_at_once <= PACE.width


def test_log_is_asked_for_a_closed_span(org: Org, context: MakeContext) -> None:
    collect(context())
    (asked,) = org.asked("/api/v1/logs")
    assert asked.query["until"] == "2026-11-23T09:00:00.000Z"
    assert asked.query["since"] == "2026-08-25T09:00:00.000Z"
    assert asked.query["filter"] == 'eventType eq "user.mfa.factor.reset_all"'


def test_nothing_answers_is_one_sentence(context: MakeContext, org: Org) -> None:
    org.fault(".*", Answer(status=500, raw=b"<html>"))
    with pytest.raises(ConnectorError):
        collect(context(declared=EVERYTHING))
