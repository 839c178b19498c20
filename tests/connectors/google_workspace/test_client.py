"""Single answers as they are parsed: what proves an empty list, what of a policy is kept, which events tell what."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.google_workspace.fake import activity, policy, switched_off, throttled
from tests.fakes.vendor import CANARY
from ztassess.connectors.api import row_of
from ztassess.connectors.api.google import reasons, rows_in, throttle
from ztassess.connectors.errors import BadAnswer
from ztassess.connectors.google_workspace.client_cloud import policy_of
from ztassess.connectors.google_workspace.client_reports import events_of
from ztassess.connectors.google_workspace.snapshot import Policy
from ztassess.connectors.netguard import Answer

WORD = "admin#directory#users"


def _rows(value: Any, word: str = "") -> int:
    return len(rows_in(value, kind="Envelope", field="users", of="User", word=word))


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ({}, ""),
        ({"nextPageToken": ""}, ""),
        ({"users": []}, ""),
        ({"kind": WORD}, WORD),
        ({"kind": WORD, "etag": "x"}, WORD),
    ],
)
def test_list_that_google_left_out_is_empty(value, word):
    assert _rows(value, word) == 0


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ({"users": None}, ""),
        ({"users": {}}, ""),
        ({"users": ["a"]}, ""),
        ({"users": [], "error": {"code": 403}}, ""),
        ({"kind": WORD, "error": {"code": 403}}, WORD),
        ({"groups": []}, ""),
        ({}, WORD),
        ({"kind": "admin#directory#groups"}, WORD),
        ([], ""),
        (None, ""),
    ],
)
def test_what_does_not_prove_itself_is_no_empty_list(value, word):
    with pytest.raises(BadAnswer):
        _rows(value, word)


def _policy(setting: str, value: dict[str, Any], **query: Any) -> Policy:
    return policy_of(row_of(policy(setting, value, **query), "Policy"))


def test_policy_keeps_the_bare_ids_and_the_fields_that_rules_look_at():
    found = _policy("gmail.imap_access", {"enableImapAccess": True, "note": CANARY}, order=201.5, group="groups/g1")
    assert (found.setting, found.unit, found.group, found.order) == ("gmail.imap_access", "03root", "g1", 201.5)
    assert found.values == {"enableImapAccess": True}


@pytest.mark.parametrize(("inner", "kept"), [(["a.apps"], "present"), ({"clients": []}, "present"), ("all", "all")])
def test_of_an_inner_list_only_its_presence_is_kept(inner, kept):
    value = {"enableImapAccess": True, "imapAccessRestriction": {"allowedOauthMailClientList": inner}}
    found = _policy("gmail.imap_access", value)
    assert found.values["imapAccessRestriction.allowedOauthMailClientList"] == kept


@pytest.mark.parametrize("order", ["1", True, [1]])
def test_order_that_is_no_number_is_no_policy(order):
    with pytest.raises(BadAnswer, match="sortOrder"):
        _policy("gmail.pop_access", {"enablePopAccess": True}, order=order)


def test_number_where_a_flag_is_expected_is_no_policy():
    with pytest.raises(BadAnswer, match="enablePopAccess"):
        _policy("gmail.pop_access", {"enablePopAccess": 0})


def test_event_keeps_app_client_and_scopes_and_nothing_else():
    row = activity(
        1, "P1@x.io", "authorize", app_name="Planner", client_id="p.apps", scope=["a", "b"], method_name=CANARY
    )
    (event,) = events_of(row_of(row, "Activity"))
    assert (event.actor, event.name, event.app, event.client, event.scopes) == (
        "p1@x.io",
        "authorize",
        "Planner",
        "p.apps",
        ("a", "b"),
    )
    assert CANARY not in repr(event)


def _answer(fake: Any) -> Answer:
    return Answer("https://x", fake.status, (), fake.body, truncated=False, address="127.0.0.1")


@pytest.mark.parametrize("reason", ["rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded"])
def test_reasons_of_a_throttle_are_told_from_a_refusal(reason):
    assert throttle(_answer(throttled(reason))) == 4.0
    assert throttle(_answer(throttled("forbidden"))) is None
    assert throttle(_answer(switched_off())) is None
    assert throttle(_answer(throttled("dailyLimitExceeded"))) == 86_400.0


@pytest.mark.parametrize("value", [None, [], {"error": 7}, {"error": {"errors": 7, "details": [7], "status": 7}}])
def test_errors_of_another_form_give_no_words(value):
    assert list(reasons(value)) == []
