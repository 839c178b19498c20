"""What policies allow: hidden wildcards, split rights, ways to raise one's own, in bounded time."""

from __future__ import annotations

import time
from typing import Any

import pytest
from cloudsplaining.scan.policy_document import PolicyDocument
from hypothesis import given
from hypothesis import strategies as st

from tests.connectors.aws.factory import allow, document
from ztassess.connectors.aws.policies import Breadth, allows, broad_grants, escalations, is_administrator
from ztassess.connectors.aws.policy_actions import escalation_actions
from ztassess.connectors.aws.policy_documents import parse_document
from ztassess.connectors.aws.policy_patterns import covers_all, is_broad, matches
from ztassess.connectors.errors import BadAnswer
from ztassess.domain.findings import Unavailable

DENY = {"Effect": "Deny"}
PASS = allow("iam:PassRole")
TO_LAMBDA = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
TO_ECS = {"StringLike": {"iam:PassedToService": "ecs-tasks.*"}}
MAKE = allow(["lambda:CreateFunction", "lambda:InvokeFunction"])
ANYTHING = "PassExistingRoleToNewLambdaThenInvoke"


@pytest.mark.parametrize(
    ("statement", "breadth"),
    [
        (allow("*"), Breadth.EVERYTHING),
        (allow("*:*"), Breadth.EVERYTHING),
        (allow("**", ["arn:aws:s3:::one", "*"]), Breadth.EVERYTHING),
        (allow("*", "arn:*"), Breadth.EVERYTHING),
        (allow("IAM:*"), Breadth.IAM),
        (allow("iam:*", "arn:aws:iam::111122223333:*"), Breadth.IAM),
        (allow("*", "arn:aws:iam::*:*"), Breadth.IAM),
        ({"NotAction": "iam:*", "Resource": "*"}, Breadth.NOT_ACTION),
        ({"Action": "s3:*", "NotResource": "arn:aws:s3:::secret/*"}, Breadth.NOT_RESOURCE),
        (allow("s3:*"), None),
        (allow("*", "arn:aws:s3:::one/*"), None),
        ({**DENY, "Action": "*", "Resource": "*"}, None),
    ],
)
def test_breadth(statement: dict[str, Any], breadth: Breadth | None) -> None:
    found = broad_grants([document(statement)])
    assert [grant.breadth for grant in found] == ([breadth] if breadth else [])


def test_iam_split_over_policies_is_all_of_iam() -> None:
    parts = [document(allow(["iam:C*", "iam:A*", "iam:U*"])), document(allow(["Iam:P*", "iam:S*"]))]
    assert is_administrator(parts)
    assert not is_administrator(parts[:1])
    assert not is_administrator([*parts, document({**DENY, "Action": "iam:PutRolePolicy", "Resource": "*"})])


def ways(*statements: dict[str, Any]) -> set[str]:
    """Ways of the union of one document for each statement."""
    found = escalations([document(each) for each in statements])
    assert not isinstance(found, Unavailable)
    return {way.method for way in found}


@pytest.mark.parametrize(
    ("statements", "open_way"),
    [
        ((PASS, MAKE), True),
        ((allow("IAM:passrole", "arn:aws:iam::*:role/*"), allow("Lambda:*")), True),
        ((allow("iam:Pass*"), allow("lambda:*Function")), True),
        ((allow("iam:PassRole", Condition=TO_LAMBDA), MAKE), True),
        ((allow("iam:PassRole", Condition=TO_ECS), MAKE), False),
        ((allow("iam:PassRole", "arn:aws:iam::1:role/app-*"), MAKE), False),
        ((PASS,), False),
        ((PASS, MAKE, {**DENY, "Action": "iam:PassRole", "Resource": "*"}), False),
        ((PASS, MAKE, {**DENY, "Action": "iam:PassRole", "Resource": "arn:aws:iam::1:role/admin"}), True),
        ((PASS, MAKE, {**DENY, "Action": "*", "Resource": "*", "Condition": TO_LAMBDA}), True),
        (({"NotAction": ["s3:*"], "Resource": "*"},), True),
        ((allow("*:*"),), True),
        ((allow("*"), {**DENY, "Action": "*", "Resource": "*"}), False),
        ((allow("s3:*"), allow("ec2:Describe*")), False),
    ],
)
def test_passing_a_role_to_a_function(statements: Any, open_way: bool) -> None:
    assert (ANYTHING in ways(*statements)) is open_way


def test_own_keys_only_is_no_way_up() -> None:
    assert ways(allow("iam:CreateAccessKey", "arn:aws:iam::*:user/${aws:username}")) == set()
    assert ways(allow("iam:CreateAccessKey", "arn:aws:iam::*:user/*")) == {"CreateAccessKey"}


@given(
    st.lists(st.sampled_from(sorted(escalation_actions())), min_size=1, max_size=6, unique=True),
    st.sampled_from(["*", "arn:aws:iam::1:role/one"]),
)
def test_explicit_actions_are_judged_as_cloudsplaining_judges_them(actions: list[str], resource: str) -> None:
    from ztassess.connectors.aws.policy_actions import written

    statement = {"Effect": "Allow", "Action": [written(each) for each in actions], "Resource": resource}
    theirs = PolicyDocument({"Version": "2012-10-17", "Statement": [statement]}).allows_privilege_escalation
    assert ways(statement) == {each["type"] for each in theirs}


def test_document_beyond_awss_limits_is_not_judged_forever() -> None:
    huge = document(allow([f"*a*{number}*b*c*d*e*" for number in range(6000)]))
    assert isinstance(escalations([huge, document(PASS)]), Unavailable)


def test_five_hundred_documents_are_judged_once_each(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    original = PolicyDocument.__init__

    def counted(self: Any, *args: Any, **more: Any) -> None:
        made.append(1)
        original(self, *args, **more)

    monkeypatch.setattr(PolicyDocument, "__init__", counted)
    unique = str(time.monotonic())
    documents = [document(allow("lambda:Create*", f"arn:aws:lambda:::{unique}-{number}")) for number in range(25)]
    for _ in range(20):
        for each in documents:
            escalations([each])
    assert len(made) == 25


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("*", "", True),
        ("a*b*c", "axxbyyc", True),
        ("a*b*c", "axxbyy", False),
        ("a?c", "abc", True),
        ("a?c", "ac", False),
        ("iam:*", "iam:passrole", True),
        ("[a]", "a", False),
    ],
)
def test_patterns(pattern: str, text: str, fits: bool) -> None:
    assert matches(pattern, text) is fits


@given(st.text("ab*?", max_size=12), st.text("ab", max_size=12))
def test_patterns_agree_with_a_plain_definition(pattern: str, text: str) -> None:
    def plain(p: str, t: str) -> bool:
        if not p:
            return not t
        if p[0] == "*":
            return plain(p[1:], t) or (bool(t) and plain(p, t[1:]))
        return bool(t) and p[0] in ("?", t[0]) and plain(p[1:], t[1:])

    assert matches(pattern, text) is plain(pattern, text)


def test_pattern_of_many_stars_ends() -> None:
    assert not matches("*a" * 200 + "b", "a" * 2000)


@pytest.mark.parametrize(
    ("pattern", "service", "broad", "all_types"),
    [
        ("*", "", True, True),
        ("*", "iam", True, True),
        ("arn:*", "", True, True),
        ("arn:aws:iam::*", "iam", True, True),
        ("arn:aws:iam::*:role/*", "iam", True, False),
        ("arn:aws:iam::1:*", "iam", True, True),
        ("arn:aws:iam::1:role/app-*", "iam", False, False),
        ("arn:aws:iam::1:role/app/*", "iam", False, False),
        ("arn:aws:s3:::*", "iam", False, False),
        ("arn:aws:s3:::*", "s3", True, True),
        ("arn:aws:s3:::bucket/*", "s3", False, False),
        ("arn:aws:lambda:*:*:function:*", "lambda", True, False),
        ("arn:aws:iam::*:role/*", "", False, False),
    ],
)
def test_breadth_of_resources(pattern: str, service: str, broad: bool, all_types: bool) -> None:
    assert (is_broad(pattern, service), covers_all(pattern, service)) == (broad, all_types)


def test_single_rights() -> None:
    reports = document(allow("s3:GetObject", "arn:aws:s3:::reports/*"))
    assert allows([reports], "s3:GetObject", "arn:aws:s3:::reports/a")
    assert not allows([reports], "s3:GetObject", "*")
    denied = document({**DENY, "Action": "s3:*", "Resource": "*"})
    assert not allows([reports, denied], "s3:GetObject", "arn:aws:s3:::reports/a")


@pytest.mark.parametrize(
    "raw",
    [
        "not json",
        "[]",
        7,
        {},
        {"Statement": ["x"]},
        {"Statement": [{"Effect": "Maybe"}]},
        {"Statement": [{"Effect": "Allow", "Action": [{}]}]},
        {"Statement": [{"Effect": "Allow", "Condition": {"StringEquals": "x"}}]},
    ],
)
def test_what_is_no_document_is_refused(raw: object) -> None:
    with pytest.raises(BadAnswer):
        parse_document(raw)


def test_documents_in_any_wrapping_are_equal() -> None:
    plain = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
    import json
    from urllib.parse import quote

    assert parse_document(plain) == parse_document(json.dumps(plain)) == parse_document(quote(json.dumps(plain)))
    assert len({parse_document(plain), parse_document(json.dumps(plain))}) == 1
