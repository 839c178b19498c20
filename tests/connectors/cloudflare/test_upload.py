"""Exported files: the same snapshot, and refusals of what is not this account's or not whole."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.connectors.cloudflare.account import ACCOUNT, DECLARED, ENTERED, TUNNEL, ZONE, compliant
from tests.connectors.cloudflare.fake import ok, refused
from tests.fakes.vendor import CANARY, NOW, context_for
from ztassess.connectors.cloudflare import CONNECTOR
from ztassess.connectors.cloudflare.upload import parse_upload
from ztassess.connectors.contract import ReadContext, UploadedFile
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.runner import read_upload
from ztassess.domain.findings import Outcome, Unavailable

FILES = {
    "apps": "access/apps",
    "policies": "access/policies",
    "groups": "access/groups",
    "identity_providers": "access/identity_providers",
    "service_tokens": "access/service_tokens",
    "posture": "devices/posture",
    "tunnels": "cfd_tunnel",
    "logpush_jobs": "logpush/jobs",
    "gateway_rules": "gateway/rules",
    "routes": "teamnet/routes",
    "targets": "infrastructure/targets",
    "app_ca": "access/apps/ca",
    "gateway_ca": "access/gateway_ca",
}


def paged(rows: list[Any], total: int | None = None) -> dict[str, Any]:
    """A list as the interface sends it."""
    stated = len(rows) if total is None else total
    return ok(rows, {"page": 1, "per_page": 1000, "count": len(rows), "total_count": stated}).value


def export() -> dict[str, Any]:
    """All files of the compliant account, by name without ``.json``."""
    state = compliant()
    files: dict[str, Any] = {file: paged(state.lists[path]) for file, path in FILES.items()}
    files |= {"account": ok(state.singles[""]).value, "organizations": ok(state.singles["access/organizations"]).value}
    files |= {"zones": paged(state.zones), "dns_records-example.com": paged(state.records[ZONE])}
    files[f"tunnel_config-{TUNNEL}"] = ok(state.configurations[TUNNEL]).value
    for phase in ("http_request_firewall_managed", "http_request_firewall_custom", "http_ratelimit"):
        rules = state.rulesets.get((ZONE, phase))
        missing = refused(404, 10003, "could not find entrypoint ruleset").value
        files[f"{phase}-example.com"] = missing if rules is None else ok({"id": "r", "rules": rules}).value
    return files


def uploaded(files: dict[str, Any]) -> list[UploadedFile]:
    return [
        UploadedFile(f"{name}.json", value if isinstance(value, bytes) else json.dumps(value).encode())
        for name, value in files.items()
    ]


def context(**more: Any) -> ReadContext:
    return context_for(
        CONNECTOR, {**ENTERED, **more.pop("entered", {})}, {}, declared=DECLARED, for_upload=True, **more
    )


def outcomes(files: dict[str, Any]) -> dict[str, Outcome]:
    return {r.check.partition(".")[2]: r.outcome for r in read_upload(CONNECTOR, uploaded(files), context()).results}


def test_a_whole_export_passes_every_check():
    assert set(outcomes(export()).values()) == {Outcome.PASS}


def test_nothing_secret_is_kept():
    assert CANARY not in repr(parse_upload(uploaded(export()), context()))


@pytest.mark.parametrize("missing", sorted(FILES))
def test_a_missing_file_is_no_empty_list(missing: str):
    files = export()
    del files[missing]
    found = parse_upload(uploaded(files), context())
    from ztassess.connectors.cloudflare.upload import _LISTS

    (part,) = [name for name, (file, _, _) in _LISTS.items() if file == missing]
    unread = getattr(found, part)
    assert isinstance(unread, Unavailable)
    assert unread.reason == "input_missing"
    standing = {check.id.partition(".")[2] for check in CONNECTOR.checks if check.parts[0] == part}
    passing = {check for check, outcome in outcomes(files).items() if outcome is Outcome.PASS}
    assert not passing & standing


def test_one_file_alone_is_enough_for_its_checks():
    found = outcomes({"service_tokens": export()["service_tokens"]})
    assert found["service_tokens_expire"] is Outcome.PASS
    assert found["declared_hosts_behind_access"] is Outcome.NOT_CHECKED


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("fewer than stated", paged([], 40), "partial_data"),
        ("nobody says how many", ok([]).value, "partial_data"),
        ("a bare list", [], "partial_data"),
        ("an error", refused(403, 10000, "Authentication error").value, "missing_scope"),
        ("not enabled", refused(403, 9999, "access.api.error.not_enabled").value, "not_configured"),
        ("an error we do not know", refused(400, 1, "what").value, "partial_data"),
        ("another shape", {"apps": []}, "partial_data"),
        ("a row of another kind", paged([{"id": "x"}]), "partial_data"),
        ("the same row twice", paged([compliant().lists["access/apps"][0]] * 2), "partial_data"),
    ],
)
def test_a_file_that_is_not_whole_is_not_judged(name: str, value: Any, reason: str):
    found = parse_upload(uploaded({**export(), "apps": value}), context())
    assert isinstance(found.apps, Unavailable), name
    assert found.apps.reason == reason
    assert outcomes({**export(), "apps": value})["no_anonymous_hole"] is Outcome.NOT_CHECKED


def test_a_shortened_list_says_by_how_much():
    found = parse_upload(uploaded({**export(), "apps": paged([], 40)}), context())
    assert isinstance(found.apps, Unavailable)
    assert "The export has 0 of 40 objects." in found.apps.detail


def test_further_pages_are_put_together():
    rows = compliant().lists["access/apps"]
    files = {**export(), "apps": paged(rows[:1], 3), "apps-2": paged(rows[1:], 3)}
    assert len(parse_upload(uploaded(files), context()).apps) == 3


def test_a_bare_list_counts_where_the_person_says_that_it_is_all():
    files = {**export(), "apps": compliant().lists["access/apps"], "export": {"complete": True}}
    assert len(parse_upload(uploaded(files), context()).apps) == 3


@pytest.mark.parametrize(
    ("name", "files", "words"),
    [
        ("another kind of file", {"users": []}, "is not a file of an export"),
        ("cut off", {"apps": b'{"success": true, "result": ['}, "is not valid JSON"),
        ("empty", {"apps": b""}, "is empty"),
        ("another account", {"account": ok({"id": "f" * 32, "name": "Other"}).value}, "the connection is of account"),
        (
            "another account's tunnels",
            {"tunnels": paged([{"id": "t", "name": "t", "account_tag": "f" * 32}])},
            "of account ffff",
        ),
        (
            "records of another zone",
            {"dns_records-example.org": paged([{"name": "a.example.com", "type": "A", "content": "203.0.113.1"}])},
            "another zone",
        ),
        ("still to come", {"export": {"taken_at": "2030-01-01T00:00:00Z"}}, "still to come"),
    ],
)
def test_wrong_files_are_refused(name: str, files: dict[str, Any], words: str):
    with pytest.raises(InputInvalid, match=words):
        parse_upload(uploaded(files), context())


def test_an_old_export_is_taken_with_its_date():
    files = {**export(), "export": {"taken_at": "2024-02-01T10:00:00Z"}}
    found = parse_upload(uploaded(files), context())
    assert found.taken_at == datetime(2024, 2, 1, 10, tzinfo=UTC)
    assert parse_upload(uploaded(export()), context()).taken_at == NOW


def test_a_phase_without_its_file_is_not_an_empty_one():
    files = export()
    del files["http_ratelimit-example.com"]
    assert outcomes(files)["rate_limits_on_sign_in"] is Outcome.NOT_CHECKED


def test_a_tunnel_without_its_file_leaves_its_hosts_unknown():
    files = export()
    del files[f"tunnel_config-{TUNNEL}"]
    assert isinstance(parse_upload(uploaded(files), context()).ingress, Unavailable)


def test_without_zones_nobody_knows_whether_one_is_paused():
    files = export()
    del files["zones"]
    assert outcomes(files)["waf_managed_rules_block"] is Outcome.NOT_CHECKED
    assert outcomes(files)["origin_hidden"] is Outcome.NOT_CHECKED


def test_the_account_is_told_by_the_files_where_no_connection_names_it():
    found = parse_upload(uploaded(export()), context(entered={"account_id": ""}))
    assert found.account_id == ACCOUNT
