"""Reading a whole tailnet: what is asked, what is kept, who is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.tailscale.conftest import MakeContext, no_secret
from tests.connectors.tailscale.factory import ZERO, acl, ago, device_json
from tests.connectors.tailscale.fake import CLIENT, FEDERATED, SECRET, Tailscale, refusal
from tests.fakes.fields import undescribed
from tests.fakes.vendor import Answer
from ztassess.connectors.api.rows import heard_fields
from ztassess.connectors.errors import AuthFailed, NotFound, OverPrivileged
from ztassess.connectors.runner import read_once
from ztassess.connectors.tailscale import CONNECTOR
from ztassess.connectors.tailscale.client import AS_TEXT
from ztassess.connectors.tailscale.collect import SAMPLE, collect
from ztassess.connectors.tailscale.signing_in import EXCHANGE, PACE, REVOKED, TOKEN
from ztassess.domain.findings import Outcome, Unavailable

FIELDS = Path(__file__).with_name("fields.json")


def outcomes(tailscale: Tailscale, made: Any) -> dict[str, Outcome]:
    return {result.check.partition(".")[2]: result.outcome for result in read_once(CONNECTOR, made).results}


def test_a_tailnet_in_order(tailscale: Tailscale, context: MakeContext) -> None:
    found = outcomes(tailscale, context())
    assert found == {
        "no_allow_all": Outcome.PASS,
        "no_member_to_prod": Outcome.PASS,
        "declared_apps_granted_by_group": Outcome.PASS,
        "user_key_expiry_on": Outcome.PASS,
        "device_approval_on": Outcome.PASS,
        "devices_known": Outcome.PASS,
        "auth_keys_bounded": Outcome.PASS,
        "posture_used": Outcome.PASS,
        "routes_narrow": Outcome.NOT_APPLICABLE,
        "ssh_needs_check": Outcome.PASS,
        "lost_devices_gone": Outcome.NOT_APPLICABLE,
        "flow_logs_on": Outcome.NOT_CHECKED,
    }


def test_a_tailnet_out_of_order(tailscale: Tailscale, context: MakeContext) -> None:
    tailscale.policy = {
        "acls": [acl(["*"], ["*:*"])],
        "tagOwners": {"tag:prod": []},
        "ssh": [{"action": "accept", "src": ["autogroup:member"], "dst": ["tag:prod"], "users": ["root"]}],
    }
    stray = device_json("old-phone", "dan@acme.example", keyExpiryDisabled=True, lastSeen=ago(days=200))
    tailscale.devices += [stray, device_json("router", tags=["tag:r"], enabledRoutes=["10.0.0.0/8"])]
    tailscale.keys[0] |= {"expires": ZERO}
    tailscale.settings |= {"devicesApprovalOn": False, "networkFlowLoggingOn": False}
    tailscale.changes = []
    tailscale.scopes.add("logs:network:read")
    found = outcomes(tailscale, context(lost_devices=f"old-phone {ago(days=1)}"))
    assert set(found.values()) == {Outcome.FAIL}


def test_every_field_read_is_published(tailscale: Tailscale, context: MakeContext) -> None:
    tailscale.bare_keys = True
    tailscale.policy |= {
        "acls": [acl(["*"], ["tag:wiki:443"], proto="tcp")],
        "ipsets": {"ipset:a": ["10.0.0.0/8"]},
        "defaultSrcPosture": ["posture:managed"],
        "nodeAttrs": [{"target": ["*"], "attr": ["funnel"]}],
    }
    with heard_fields() as heard:
        collect(context())
    assert undescribed(heard, FIELDS) == set()
    kinds = {kind.partition(".")[0] for kind, _ in heard} - {each for each, _ in heard if each.endswith("List")}
    assert {"Device", "User", "Key", "TailnetSettings", "PostureIntegration", "ConfigurationAuditLog", "ACL"} <= kinds


def test_nothing_secret_is_kept_or_said(tailscale: Tailscale, context: MakeContext) -> None:
    made = context()
    snapshot = collect(made)
    reading = read_once(CONNECTOR, context())
    no_secret(snapshot, reading, made)


def test_only_the_token_endpoint_is_posted_to_and_everything_is_asked_once(
    tailscale: Tailscale, context: MakeContext
) -> None:
    collect(context())
    posted = [each.path for each in tailscale.requests if each.method == "POST"]
    assert posted == [TOKEN]
    asked = [each.path for each in tailscale.requests]
    assert len(asked) == len(set(asked))
    assert tailscale.most_at_once <= 4
    (devices,) = tailscale.asked("/api/v2/tailnet/-/devices")
    assert devices.query == {"fields": "all"}
    (policy,) = tailscale.asked("/api/v2/tailnet/-/acl")
    assert policy.headers["accept"] == "application/json"


def test_at_most_two_requests_begin_in_a_second(tailscale: Tailscale, context: MakeContext) -> None:
    waits: list[float] = []

    def pause(seconds: float) -> bool:
        waits.append(seconds)
        return False

    collect(replace(context(), pause=pause))
    assert waits, "requests wait for their turn"
    assert PACE.per_second == 2.0


def test_federated_identity_exchanges_its_token(tailscale: Tailscale, context: MakeContext) -> None:
    snapshot = collect(context(federated=True))
    assert isinstance(snapshot.devices, tuple)
    assert [each.path for each in tailscale.requests if each.method == "POST"] == [EXCHANGE]
    assert tailscale.asked(f"/api/v2/tailnet/-/keys/{FEDERATED.rpartition('-')[2]}")


def test_expired_token_is_renewed_once(tailscale: Tailscale, context: MakeContext) -> None:
    tailscale.fault("/api/v2/tailnet/-/users", refusal("API token invalid", 401), times=1)
    assert isinstance(collect(context()).users, tuple)
    assert tailscale.signed_in == 2


@pytest.mark.parametrize("scope", ["all", "devices:core", "policy_file", "auth_keys"])
def test_a_credential_that_can_write_is_refused_before_anything_is_read(
    tailscale: Tailscale, context: MakeContext, scope: str
) -> None:
    tailscale.scopes.add(scope)
    with pytest.raises(OverPrivileged, match=rf"can change your tailnet \({scope}\)"):
        collect(context())
    assert [each.path for each in tailscale.requests] == [TOKEN]


def test_scopes_come_from_the_key_where_the_token_is_silent(tailscale: Tailscale, context: MakeContext) -> None:
    tailscale.tell_scopes, tailscale.key_scopes = False, {"devices:core:read", "dns"}
    with pytest.raises(OverPrivileged, match=r"\(dns\)"):
        collect(context())
    assert not tailscale.asked("/api/v2/tailnet/-/devices")


def test_a_hidden_own_key_leaves_the_token_s_word(tailscale: Tailscale, context: MakeContext) -> None:
    tailscale.fault(f"/api/v2/tailnet/-/keys/{CLIENT}", refusal("forbidden", 403))
    scopes = collect(context()).credential.scopes
    assert scopes == frozenset(tailscale.scopes)


def test_bare_keys_are_asked_for_one_by_one(tailscale: Tailscale, context: MakeContext) -> None:
    tailscale.bare_keys = True
    keys = collect(context()).keys
    assert isinstance(keys, tuple)
    assert [(key.id, key.kind) for key in keys] == [("k1", "auth")]


def test_a_key_that_vanishes_between_list_and_reading_is_a_hole(tailscale: Tailscale, context: MakeContext) -> None:
    tailscale.bare_keys = True
    tailscale.fault("/api/v2/tailnet/-/keys/k1", refusal("key not found", 404))
    keys = collect(context()).keys
    assert isinstance(keys, Unavailable)
    assert keys.reason == "partial_data"


def test_other_people_s_tokens_are_seen_with_all_scopes_alone(tailscale: Tailscale, context: MakeContext) -> None:
    tailscale.scopes = {"all:read"}
    keys = collect(context()).keys
    assert isinstance(keys, tuple)
    assert {key.id for key in keys} == {"k1", "kTok"}


def test_policy_as_text_is_our_own_mistake(tailscale: Tailscale, context: MakeContext) -> None:
    tailscale.fault("/api/v2/tailnet/-/acl", Answer(raw=b"// c\n{}", kind="application/hujson"))
    policy = collect(context()).policy
    assert isinstance(policy, Unavailable)
    assert (policy.reason, policy.detail) == ("upstream_error", AS_TEXT)


def test_wrong_secret_and_wrong_tailnet(tailscale: Tailscale, context: MakeContext) -> None:
    with pytest.raises(AuthFailed) as refused:
        collect(context(secret=SECRET + "x"))
    assert refused.value.sentence == REVOKED
    with pytest.raises(NotFound, match=r"Tailnet other\.example is not visible to this credential\."):
        collect(context(tailnet="other.example"))


def test_missing_scopes_leave_their_parts_alone(tailscale: Tailscale, context: MakeContext) -> None:
    tailscale.scopes -= {"users:read", "logs:configuration:read"}
    snapshot = collect(context())
    assert isinstance(snapshot.users, Unavailable)
    assert (snapshot.users.reason, snapshot.users.missing_scope) == ("missing_scope", "users:read")
    assert isinstance(snapshot.changes, Unavailable)
    assert isinstance(snapshot.devices, tuple)


def test_attributes_are_sampled_and_only_names_are_kept(tailscale: Tailscale, context: MakeContext) -> None:
    tailscale.devices += [device_json(f"laptop-{number}") for number in range(20)]
    attributes = collect(context()).attributes
    assert isinstance(attributes, tuple)
    assert len(attributes) == SAMPLE
    assert attributes[0].device == "anna-laptop", "the connected one first"
    assert set(attributes[0].names) == {"intune:complianceState", "node:os"}


def test_no_attributes_without_postures(tailscale: Tailscale, context: MakeContext) -> None:
    tailscale.policy["postures"] = {}
    assert collect(context()).attributes == ()
    assert not tailscale.asked("/api/v2/device/.*")


def test_refused_attributes_do_not_end_the_scan(tailscale: Tailscale, context: MakeContext) -> None:
    tailscale.scopes -= {"devices:posture_attributes:read"}
    attributes = collect(context()).attributes
    assert isinstance(attributes, Unavailable)
    assert attributes.missing_scope == "devices:posture_attributes:read"


def test_lost_device_is_found_in_the_audit_log(tailscale: Tailscale, context: MakeContext) -> None:
    reported = ago(days=3, minutes=10)
    found = outcomes(tailscale, context(lost_devices=f"old-phone {reported}"))
    assert found["lost_devices_gone"] is Outcome.PASS
    (log,) = tailscale.asked("/api/v2/tailnet/-/logging/configuration")
    assert "NODE.DELETE" in log.all["event"]
