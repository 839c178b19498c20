"""Reading a whole server: hosts in pages, disks one by one, what another role may not see, and what is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.connectors.fleet.conftest import MakeContext, no_secret
from tests.connectors.fleet.fake import HOSTS, SUMMARY, Server, host, problem
from tests.fakes.fields import undescribed
from tests.fakes.vendor import Answer
from ztassess.connectors.api.rows import heard_fields
from ztassess.connectors.contract import parts_of
from ztassess.connectors.errors import AuthFailed, OverPrivileged
from ztassess.connectors.fleet import CONNECTOR
from ztassess.connectors.fleet.collect import collect
from ztassess.connectors.runner import judge
from ztassess.domain.findings import Outcome, Unavailable

FIELDS = Path(__file__).with_name("fields.json")
CHECK = "fleet.devices_healthy"


def outcome(snapshot: object) -> Outcome:
    (result,) = judge(CONNECTOR, snapshot).results
    return result.outcome


def test_server_in_order_passes_with_its_denominators(server: Server, context: MakeContext) -> None:
    snapshot = collect(context())
    reading = judge(CONNECTOR, snapshot)
    (finding,) = reading.findings
    assert finding.verdict.outcome is Outcome.PASS
    assert finding.verdict.seen == 3
    assert "3 of 3 hosts (2 darwin, 1 windows)" in finding.verdict.reason
    assert "Each of 3 people has one." in finding.verdict.reason
    assert {part.name: part.seen for part in parts_of(snapshot)} == {"hosts": 3, "encryption": 3}
    # What is installed on a host is not our business, and is most of its page.
    assert {request.query.get("exclude_software") for request in server.asked(f"{HOSTS}/.*")} == {"true"}
    no_secret(snapshot, reading)


def test_every_field_and_question_is_one_that_fleet_describes(server: Server, context: MakeContext) -> None:
    server.role, server.teams = "", {1: "observer"}
    server.hosts.append(host(4, platform="ios"))
    with heard_fields() as heard:
        collect(context())
    assert len(heard) > 20
    assert undescribed(heard, FIELDS) == set()
    assert undescribed({("Host", "favorite_color")}, FIELDS) == {"Host.favorite_color"}
    paths = json.loads(FIELDS.read_text())["paths"]
    known = {re.compile(re.sub(r"[{].*?[}]", "[^/]+", path)): set(names) for path, names in paths.items()}
    for request in server.requests:
        (names,) = [names for path, names in known.items() if path.fullmatch(request.path)]
        assert set(request.all) <= names, request.path


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 9])
def test_every_host_of_every_page_is_read(server: Server, context: MakeContext, number: int) -> None:
    server.hosts = [host(each) for each in range(1, number + 1)]
    snapshot = collect(context())
    assert [each.id for each in snapshot.hosts] == [str(each) for each in range(1, number + 1)]
    assert len(server.asked(HOSTS)) == -(-number // 2) + 1
    assert {each.host for each in snapshot.encryption} == {each.id for each in snapshot.hosts}


def test_list_that_tells_of_disks_needs_no_further_question(server: Server, context: MakeContext) -> None:
    server.tells_disks = True
    assert outcome(collect(context())) is Outcome.PASS
    assert not server.asked(f"{HOSTS}/.*")


def test_phones_are_asked_nothing_about_their_disk(server: Server, context: MakeContext) -> None:
    server.hosts.append(host(4, platform="ios"))
    collect(context())
    assert {request.path for request in server.asked(f"{HOSTS}/.*")} == {f"{HOSTS}/{each}" for each in (1, 2, 3)}


def test_only_reading_requests_are_sent(server: Server, context: MakeContext) -> None:
    collect(context())
    assert {request.method for request in server.requests} == {"GET"}


def test_user_of_some_teams_sees_too_little_to_pass(server: Server, context: MakeContext) -> None:
    server.hosts[2]["team_id"] = 2
    server.role, server.teams = "", {1: "observer"}
    snapshot = collect(context())
    assert isinstance(snapshot.hosts, Unavailable)
    assert (snapshot.hosts.reason, len(snapshot.hosts.read)) == ("forbidden_role", 2)
    assert outcome(snapshot) is Outcome.NOT_CHECKED
    server.hosts[0]["disk_encryption_enabled"] = False
    assert outcome(collect(context())) is Outcome.FAIL


@pytest.mark.parametrize("role", ["admin", "maintainer", "gitops", "technician"])
def test_writing_role_is_refused_before_anything_is_read(server: Server, context: MakeContext, role: str) -> None:
    server.role = role
    with pytest.raises(OverPrivileged, match="Give it the role Observer instead"):
        collect(context())
    server.role, server.teams = "", {1: "observer", 2: role}
    with pytest.raises(OverPrivileged):
        collect(context())
    assert not server.asked(HOSTS)


def test_wrong_token_is_one_sentence(server: Server, context: MakeContext) -> None:
    with pytest.raises(AuthFailed) as found:
        collect(context(token="wrong"))
    assert "Fleet refused the credentials" in found.value.sentence
    no_secret(found.value.sentence)


def test_token_revoked_half_way_ends_the_reading(server: Server, context: MakeContext) -> None:
    server.fault(f"{HOSTS}/.*", problem("Authentication required", 401), after=1)
    with pytest.raises(AuthFailed):
        collect(context())


def test_host_deleted_between_list_and_page_is_not_called_good(server: Server, context: MakeContext) -> None:
    server.fault(f"{HOSTS}/2", problem("Resource Not Found", 404))
    snapshot = collect(context())
    assert outcome(snapshot) is Outcome.NOT_CHECKED
    assert "m2 (windows, person2@acme.example)" in judge(CONNECTOR, snapshot).findings[0].verdict.reason


def test_fewer_hosts_than_fleet_counts_prove_nothing(server: Server, context: MakeContext) -> None:
    server.fault(SUMMARY, Answer({"totals_hosts_count": 5}))
    snapshot = collect(context())
    assert isinstance(snapshot.hosts, Unavailable)
    assert snapshot.hosts.detail == "Fleet sent 3 of 5 hosts; what is missing was not judged."
    assert outcome(snapshot) is Outcome.NOT_CHECKED


def test_refused_count_takes_nothing_away(server: Server, context: MakeContext) -> None:
    server.fault(SUMMARY, problem("Forbidden", 403))
    assert outcome(collect(context())) is Outcome.PASS


def test_throttle_that_ends_costs_nothing(server: Server, context: MakeContext) -> None:
    server.fault(HOSTS, Answer({"message": "limit exceeded"}, 429, {"retry-after": "2"}), times=2)
    assert outcome(collect(context())) is Outcome.PASS


def test_edition_that_lacks_it_is_no_failure_of_the_setup(server: Server, context: MakeContext) -> None:
    server.fault(f"{HOSTS}/.*", problem("Requires Fleet Premium license", 402))
    snapshot = collect(context())
    assert isinstance(snapshot.encryption, Unavailable)
    assert (snapshot.encryption.reason, snapshot.encryption.detail) == (
        "missing_license",
        "Needs Fleet Premium; not checked.",
    )
    assert outcome(snapshot) is Outcome.NOT_CHECKED
