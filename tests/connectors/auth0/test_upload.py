"""An export: the same verdicts as a live reading, and never a pass from one that is not whole."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.connectors.auth0.conftest import MakeContext, no_secret
from tests.connectors.auth0.fake import Tenant
from tests.connectors.auth0.tenant import client, good_tenant, user
from tests.fakes.vendor import context_for
from ztassess.connectors.auth0 import CONNECTOR
from ztassess.connectors.auth0.collect import collect
from ztassess.connectors.auth0.upload import KNOWN, UPLOADS, parse_upload
from ztassess.connectors.contract import ReadContext, UploadedFile
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.runner import judge
from ztassess.domain.findings import Outcome, Unavailable

PASS, FAIL, SKIP = Outcome.PASS, Outcome.FAIL, Outcome.NOT_CHECKED
PAGED = {"resource-servers": "resource_servers", "clients": "clients", "users": "users"}


def page(name: str, rows: list[Any], total: int | None = None) -> dict[str, Any]:
    stated = len(rows) if total is None else total
    return {"start": 0, "limit": 100, "length": len(rows), "total": stated, PAGED[name]: rows}


def file(name: str, value: Any) -> UploadedFile:
    return UploadedFile(f"{name}.json", json.dumps(value).encode())


def files(data: dict[str, Any] | None = None, **instead: Any) -> list[UploadedFile]:
    data = good_tenant() if data is None else data
    found = {name: page(name, rows) if name in PAGED else rows for name, rows in data.items()}
    return [file(name, value) for name, value in {**found, **instead}.items()]


def without(name: str) -> list[UploadedFile]:
    return [each for each in files() if each.name != f"{name}.json"]


def context(domain: str = "", **more: Any) -> ReadContext:
    entered = {"tenant_domain": domain} if domain else {}
    return context_for(CONNECTOR, entered, for_upload=True, **more)


def outcomes(uploaded: list[UploadedFile]) -> dict[str, Outcome]:
    found = judge(CONNECTOR, parse_upload(uploaded, context())).results
    return {each.check.removeprefix("auth0."): each.outcome for each in found}


def test_export_and_live_reading_say_the_same(tenant: Tenant, context: MakeContext) -> None:
    live = judge(CONNECTOR, collect(context())).results
    assert {each.check.removeprefix("auth0."): each.outcome for each in live} == outcomes(files())
    assert set(outcomes(files()).values()) == {PASS}


def test_nothing_secret_of_an_export_is_kept() -> None:
    snapshot = parse_upload(files(), context())
    no_secret(snapshot, judge(CONNECTOR, snapshot))
    assert snapshot.tenant == "acme"


@pytest.mark.parametrize(
    ("lacking", "skipped"),
    [
        ("policies", {"mfa_all_applications", "phishing_resistant_factors_only"}),
        ("factors", {"mfa_all_applications", "phishing_resistant_factors_only"}),
        ("resource-servers", {"access_token_lifetime"}),
        ("clients", {"access_token_lifetime", "machine_clients_use_keys"}),
        ("settings", {"session_limits"}),
        ("users", set()),
    ],
)
def test_file_that_is_missing_is_a_hole(lacking: str, skipped: set[str]) -> None:
    found = outcomes(without(lacking))
    assert {check for check, outcome in found.items() if outcome is SKIP} == skipped


def test_list_without_a_total_passes_only_if_it_is_said_to_be_whole() -> None:
    bare = [*without("clients"), file("clients", good_tenant()["clients"])]
    assert outcomes(bare)["machine_clients_use_keys"] is SKIP
    assert outcomes([*bare, file("export", {"complete": True})])["machine_clients_use_keys"] is PASS


def test_fewer_rows_than_were_stated_can_fail_but_not_pass() -> None:
    rows = good_tenant()["clients"]
    found = outcomes([*without("clients"), file("clients", page("clients", rows, 101))])
    assert found["machine_clients_use_keys"] is SKIP
    weak = [*rows, client("job", "client_credentials")]
    found = outcomes([*without("clients"), file("clients", page("clients", weak, 101))])
    assert found["machine_clients_use_keys"] is FAIL


def test_pages_of_a_list_come_together() -> None:
    rows = [user(f"x{number}") for number in range(150)]
    pages = [file("users", page("users", rows[:100], 150)), file("users-2", page("users", rows[100:], 150))]
    assert len(parse_upload([*without("users"), *pages], context()).users) == 150


def test_users_of_an_export_end_at_1000_too() -> None:
    rows = [user(f"x{number}") for number in range(1000)]
    users = parse_upload([*without("users"), file("users", page("users", rows, 1000))], context()).users
    assert isinstance(users, Unavailable)
    assert (users.reason, len(users.read)) == ("partial_data", 1000)


def test_old_export_is_taken_and_bears_its_date() -> None:
    about = file("export", {"tenant": "acme.eu.auth0.com", "taken_at": "2025-01-01T00:00:00Z"})
    snapshot = parse_upload([*files(), about], context("acme.eu.auth0.com"))
    assert (snapshot.taken_at, snapshot.tenant) == (datetime(2025, 1, 1, tzinfo=UTC), "acme.eu.auth0.com")


@pytest.mark.parametrize(
    ("uploaded", "said"),
    [
        ([], "No file"),
        ([file("holiday", {})], "not a file of an export of Auth0"),
        ([UploadedFile("clients.json", b'{"total": 1, "cli')], "may be cut off"),
        ([UploadedFile("users.json", b"<html>Sign in</html>")], "not valid JSON"),
        ([UploadedFile("users.json", b"")], "empty"),
        ([file("users", {"statusCode": 401, "error": "Unauthorized"})], "nothing was judged"),
        ([file("clients", [7])], "nothing was judged"),
        ([file("policies", {"a": 1})], "nothing was judged"),
        ([file("policies", [7])], "nothing was judged"),
        ([file("settings", {"session_lifetime": "long"})], "nothing was judged"),
        ([file("clients", page("clients", [client("a"), client("b", tenant="other")]))], "different tenants"),
        ([*files(), file("export", {"tenant": "other.eu.auth0.com"})], "different tenants"),
        ([*files(), file("export", {"taken_at": "2031-01-01T00:00:00Z"})], "still to come"),
    ],
)
def test_file_that_cannot_be_used_is_one_sentence(uploaded: list[UploadedFile], said: str) -> None:
    with pytest.raises(InputInvalid, match=said) as problem:
        parse_upload(uploaded, context())
    no_secret(problem.value.sentence)


def test_export_of_another_tenant_is_refused() -> None:
    with pytest.raises(InputInvalid, match=r"of acme, but this connection is to other.eu.auth0.com"):
        parse_upload(files(), context("other.eu.auth0.com"))


def test_commands_name_every_file_that_is_read() -> None:
    for name in KNOWN:
        assert f" {name}\n" in UPLOADS[0].commands
