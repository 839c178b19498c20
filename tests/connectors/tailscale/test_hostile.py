"""Answers that Tailscale should never give, one part at a time: each with its reason, none ending in a pass."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.connectors.tailscale.conftest import MakeContext, no_secret
from tests.connectors.tailscale.factory import device_json
from tests.connectors.tailscale.fake import Tailscale, refusal
from tests.fakes.vendor import Answer
from ztassess.connectors.errors import AuthFailed, BadAnswer, ConnectorError
from ztassess.connectors.netguard import Budget
from ztassess.connectors.runner import judge
from ztassess.connectors.tailscale import CONNECTOR
from ztassess.connectors.tailscale.collect import collect
from ztassess.connectors.tailscale.signing_in import TOKEN
from ztassess.domain.findings import Outcome, Unavailable

DEVICES = "/api/v2/tailnet/-/devices"
ROW = device_json("x")
STANDS_ON_DEVICES = ("user_key_expiry_on", "devices_known", "routes_narrow", "declared_apps_granted_by_group")
COMMON: list[tuple[str, Answer, str]] = [
    ("403", refusal("forbidden", 403), "missing_scope"),
    ("404", refusal("tailnet not found", 404), "unsupported"),
    ("400", refusal("bad request", 400), "upstream_error"),
    ("429 with Retry-After", Answer({"message": "slow"}, 429, {"retry-after": "1"}), "rate_limited"),
    ("429 far away", Answer({"message": "slow"}, 429, {"retry-after": "9999"}), "rate_limited"),
    ("429 bare", Answer({"message": "slow"}, 429), "rate_limited"),
    ("500", refusal("internal", 500), "upstream_error"),
    ("503", Answer(None, 503), "rate_limited"),
    ("504", refusal("took too long", 504), "upstream_error"),
    ("redirect", Answer(None, 302, {"location": "http://169.254.169.254/"}), "upstream_error"),
    ("truncated JSON", Answer(raw=b'{"devices": [{"nodeId": "n1'), "upstream_error"),
    ("HTML with 200", Answer(raw=b"<html>Sign in</html>", kind="text/html"), "upstream_error"),
    ("empty body", Answer(raw=b""), "upstream_error"),
    ("a list for an object", Answer([]), "upstream_error"),
    ("an error with 200", refusal("not now", 200), "upstream_error"),
    ("null for the list", Answer({"devices": None, "users": None, "keys": None}), "upstream_error"),
    ("an object for the list", Answer({"devices": {}, "users": {}, "keys": {}}), "upstream_error"),
    ("numbers for rows", Answer({"devices": [1], "users": [1], "keys": [1]}), "upstream_error"),
    ("NaN", Answer(raw=b'{"devices": NaN, "users": NaN, "keys": NaN}'), "upstream_error"),
]
OF_DEVICES: list[tuple[str, Answer, str]] = [
    ("wrong type", Answer({"devices": [{**ROW, "authorized": "yes"}]}), "upstream_error"),
    ("tags as text", Answer({"devices": [{**ROW, "tags": "tag:x"}]}), "upstream_error"),
    ("missing field", Answer({"devices": [{"nodeId": "n1"}]}), "upstream_error"),
    ("null everywhere", Answer({"devices": [dict.fromkeys(ROW)]}), "upstream_error"),
    ("no moment", Answer({"devices": [{**ROW, "lastSeen": "soon"}]}), "upstream_error"),
]


@pytest.mark.parametrize(("answer", "reason"), [pytest.param(*case[1:], id=case[0]) for case in COMMON + OF_DEVICES])
def test_hostile_list_of_devices(tailscale: Tailscale, context: MakeContext, answer: Answer, reason: str) -> None:
    tailscale.fault(DEVICES, answer)
    snapshot = collect(context())
    assert isinstance(snapshot.devices, Unavailable)
    assert snapshot.devices.reason == reason
    assert isinstance(snapshot.users, tuple), "one part's trouble is not another's"
    found = {result.check.partition(".")[2]: result.outcome for result in judge(CONNECTOR, snapshot).results}
    assert {found[check] for check in STANDS_ON_DEVICES} == {Outcome.NOT_CHECKED}
    no_secret(snapshot, found)


NEED = {
    "acl": ("no_allow_all", "no_member_to_prod", "posture_used", "ssh_needs_check"),
    "keys": ("auth_keys_bounded",),
    "settings": ("user_key_expiry_on", "device_approval_on", "flow_logs_on"),
}


WORST = {
    "404",
    "429 bare",
    "500",
    "truncated JSON",
    "HTML with 200",
    "a list for an object",
    "an error with 200",
    "NaN",
}


@pytest.mark.parametrize("part", NEED)
@pytest.mark.parametrize("answer", [pytest.param(case[1], id=case[0]) for case in COMMON if case[0] in WORST])
def test_hostile_answers_of_other_parts_never_pass(
    tailscale: Tailscale, context: MakeContext, part: str, answer: Answer
) -> None:
    tailscale.fault(f"/api/v2/tailnet/-/{part}", answer)
    found = {each.check.partition(".")[2]: each.outcome for each in judge(CONNECTOR, collect(context())).results}
    assert {found[check] for check in NEED[part]} == {Outcome.NOT_CHECKED}


POLICIES: list[tuple[str, Any]] = [
    ("rules as an object", {"acls": {}}),
    ("a rule as text", {"grants": ["*"]}),
    ("sources as text", {"acls": [{"action": "accept", "src": "*", "dst": ["*:*"]}]}),
    ("a number among sources", {"acls": [{"action": "accept", "src": [1], "dst": ["*:*"]}]}),
    ("groups as a list", {"acls": [], "groups": []}),
    ("a group as text", {"acls": [], "groups": {"group:a": "x"}}),
    ("a host as a number", {"acls": [], "hosts": {"a": 1}}),
    ("a section twice by case", {"acls": [], "ACLs": [{"action": "accept", "src": ["*"], "dst": ["*:*"]}]}),
    ("details instead of the policy", {"acl": "e30=", "warnings": [], "errors": None}),
    ("nothing", {}),
]


@pytest.mark.parametrize("value", [pytest.param(case[1], id=case[0]) for case in POLICIES])
def test_policy_of_another_shape_proves_nothing(tailscale: Tailscale, context: MakeContext, value: Any) -> None:
    tailscale.policy = value
    found = {each.check.partition(".")[2]: each.outcome for each in judge(CONNECTOR, collect(context())).results}
    assert {found[check] for check in NEED["acl"]} == {Outcome.NOT_CHECKED}


def test_self_referring_ip_set_ends(tailscale: Tailscale, context: MakeContext) -> None:
    rule = {"action": "accept", "src": ["ipset:a"], "dst": ["*:*"]}
    tailscale.policy |= {"acls": [rule], "ipsets": {"ipset:a": ["ipset:a"]}}
    found = {each.check: each.outcome for each in judge(CONNECTOR, collect(context())).results}
    assert found["tailscale.no_allow_all"] is Outcome.NOT_CHECKED


def test_token_refused_half_way_ends_the_reading(tailscale: Tailscale, context: MakeContext) -> None:
    tailscale.fault("/api/v2/tailnet/-/.*", refusal("API token invalid", 401), after=2)
    with pytest.raises(AuthFailed):
        collect(context())


@pytest.mark.parametrize(
    "answer",
    [
        Answer(raw=b"<html>"),
        Answer({}),
        Answer({"access_token": 7}),
        Answer({"access_token": "a\r\nb", "token_type": "Bearer"}),
        Answer({"access_token": "a", "token_type": "mac"}),
        refusal("no", 500),
    ],
)
def test_hostile_token_endpoint(tailscale: Tailscale, context: MakeContext, answer: Answer) -> None:
    tailscale.fault(TOKEN, answer)
    with pytest.raises(BadAnswer):
        collect(context())


def test_throttled_everywhere_is_one_sentence(tailscale: Tailscale, context: MakeContext) -> None:
    tailscale.fault("/api/v2/tailnet/.*", Answer({"message": "slow"}, 429, {"retry-after": "3600"}))
    with pytest.raises(ConnectorError) as stopped:
        collect(context())
    assert stopped.value.code == "rate_limited"
    no_secret(stopped.value)


def test_huge_body_ends_with_the_budget_and_proves_nothing(tailscale: Tailscale, context: MakeContext) -> None:
    huge = b'{"devices": [{"nodeId": "' + b"x" * (3 << 20) + b'"}]}'
    tailscale.fault(DEVICES, Answer(raw=huge))
    tight = Budget(seconds=60, wire_bytes=1 << 20, decoded_bytes=1 << 20, pages=100)
    snapshot = collect(replace(context(), budget=tight))
    assert isinstance(snapshot.devices, Unavailable)
    assert snapshot.devices.reason == "partial_data"
    found = {each.check.partition(".")[2]: each.outcome for each in judge(CONNECTOR, snapshot).results}
    assert {found[check] for check in STANDS_ON_DEVICES} == {Outcome.NOT_CHECKED}
