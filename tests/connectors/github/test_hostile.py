"""GitHub at its worst: whatever comes instead of an answer, nothing passes by it, and the reason says what it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.connectors.github.answers import Repo, app_key, refused
from tests.connectors.github.conftest import DECLARED, ENTERED, Open, judged, outcomes, partly
from tests.connectors.github.fake import GitHub
from tests.fakes.vendor import CANARY, Answer, context_for
from ztassess.connectors.api import read_parts
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.errors import BudgetExceeded, ConnectorError
from ztassess.connectors.github import CONNECTOR
from ztassess.connectors.github.client_session import Opened, open_github
from ztassess.connectors.github.collect import inputs_of, readers
from ztassess.connectors.github.snapshot import GitHubSnapshot
from ztassess.domain.findings import Outcome, Unavailable

HTML = Answer(raw=f"<html>{CANARY}</html>".encode(), kind="text/html")
Change = Callable[[Answer], Answer]


def linked(target: str) -> Change:
    return lambda good: Answer(good.value, 200, {**good.headers, "link": f'<{target}>; rel="next"'})


def first_without(field: str) -> Change:
    return lambda good: Answer([{k: v for k, v in row.items() if k != field} for row in good.value])


def first_with(**fields: Any) -> Change:
    return lambda good: Answer([{**row, **fields} for row in good.value])


MEMBERS = "/orgs/acme/members"
CASES: list[tuple[str, Answer | Change, str, str]] = [
    # path, what comes, part, reason
    (MEMBERS, refused(403, "Resource not accessible by integration"), "members", "forbidden_role"),
    (MEMBERS, refused(404, "Not Found"), "members", "unsupported"),
    (
        MEMBERS,
        refused(
            403,
            "Although you appear to have the correct authorization credentials, the `acme` organization "
            "has an IP allow list enabled",
        ),
        "members",
        "unreachable",
    ),
    (MEMBERS, refused(403, "Upgrade to GitHub Enterprise"), "members", "missing_license"),
    (MEMBERS, refused(422, "Validation Failed"), "members", "upstream_error"),
    (MEMBERS, refused(429, "slow", **{"retry-after": "1"}), "members", "rate_limited"),
    (MEMBERS, refused(429, "slow"), "members", "rate_limited"),
    (MEMBERS, refused(429, "slow", **{"retry-after": "9000"}), "members", "rate_limited"),
    (MEMBERS, refused(429, "slow", **{"retry-after": "soon"}), "members", "rate_limited"),
    (MEMBERS, refused(500, "boom"), "members", "upstream_error"),
    (MEMBERS, refused(502, "boom"), "members", "upstream_error"),
    (MEMBERS, Answer(raw=b'[{"login": "an'), "members", "upstream_error"),
    (MEMBERS, Answer(raw=b""), "members", "upstream_error"),
    (MEMBERS, Answer(raw=b"[NaN]"), "members", "upstream_error"),
    (MEMBERS, HTML, "members", "upstream_error"),
    (MEMBERS, Answer({"message": "ok"}), "members", "upstream_error"),
    (MEMBERS, Answer(None), "members", "upstream_error"),
    (MEMBERS, Answer([None]), "members", "upstream_error"),
    (MEMBERS, Answer("text"), "members", "upstream_error"),
    (MEMBERS, first_without("login"), "members", "upstream_error"),
    (MEMBERS, first_with(login=5), "members", "upstream_error"),
    (MEMBERS, first_with(id=None), "members", "upstream_error"),
    (
        MEMBERS,
        Answer(raw=b"", status=302, headers={"location": "https://169.254.169.254/"}),
        "members",
        "upstream_error",
    ),
    (MEMBERS, linked("https://evil.example/next"), "members", "partial_data"),
    (MEMBERS, linked("/orgs/acme/members?page=1"), "members", "partial_data"),
    (
        "/orgs/acme/installations",
        lambda good: Answer({**good.value, "total_count": 9}),
        "installations",
        "partial_data",
    ),
    ("/orgs/acme/installations", lambda good: Answer({"installations": []}), "installations", "upstream_error"),
    ("/orgs/acme/actions/secrets", Answer({"total_count": 3, "secrets": []}), "organization_secrets", "partial_data"),
    ("/repos/acme/shop/keys", refused(500, "boom"), "deploy_keys", "partial_data"),
    ("/repos/acme/[a-z]+/keys", refused(500, "boom"), "deploy_keys", "upstream_error"),
    ("/repos/acme/shop/keys", first_with(read_only="yes"), "deploy_keys", "partial_data"),
    ("/repos/acme/shop/keys", first_with(created_at="yesterday"), "deploy_keys", "partial_data"),
    (
        "/repos/acme/shop/actions/secrets",
        Answer({"total_count": 2, "secrets": []}),
        "repository_secrets",
        "partial_data",
    ),
    ("/orgs/acme/repos", linked("https://evil.example/next"), "repositories", "partial_data"),
    ("/orgs/acme/repos", first_with(owner={"login": "other"}), "repositories", "upstream_error"),
    ("/repos/acme/shop/contents/.github/workflows/deploy.yml", refused(500, "boom"), "workflows", "partial_data"),
    (
        "/repos/acme/shop/contents/.github/workflows/deploy.yml",
        lambda good: Answer({**good.value, "encoding": "none"}),
        "workflows",
        "partial_data",
    ),
    (
        "/graphql",
        Answer({"data": None, "errors": [{"type": "FORBIDDEN", "message": "x"}]}),
        "identity_providers",
        "forbidden_role",
    ),
    ("/graphql", Answer({"data": None, "errors": [{"message": "x"}]}), "identity_providers", "upstream_error"),
    ("/graphql", Answer({"data": {"organization": None}}), "identity_providers", "upstream_error"),
    ("/graphql", Answer({"errors": [{"type": "RATE_LIMITED"}]}), "identity_providers", "rate_limited"),
    ("/graphql", HTML, "identity_providers", "upstream_error"),
]
PARTS = sorted({part for _, _, part, _ in CASES})


@dataclass
class Talk:
    """One open conversation, and a whole picture of the same organization."""

    github: GitHub
    context: ReadContext
    opened: Opened
    whole: GitHubSnapshot

    def with_part(self, part: str) -> GitHubSnapshot:
        """The picture with this part read again, and something else that can always be read."""
        ways = readers(self.opened.source, "acme", inputs_of(self.context))
        asked = {part: ways[part], "other": lambda: ("read",)}
        found = read_parts(self.context, self.opened.source.session, asked)
        return replace(self.whole, **{part: found[part]})


@pytest.fixture(scope="module")
def talk() -> Iterator[Talk]:
    with GitHub() as github:
        endpoints = {"https://api.github.com": github.base}
        context = context_for(
            CONNECTOR, ENTERED, {"app_private_key": app_key()[0]}, endpoints=endpoints, declared=DECLARED, seconds=900
        )
        whole = CONNECTOR.collect(context)
        with open_github(context) as opened:
            yield Talk(github, context, opened, whole)


@pytest.mark.parametrize(("path", "comes", "part", "reason"), CASES)
def test_bad_answer_leaves_its_part_unread_and_passes_nothing_on_it(
    talk: Talk, path: str, comes: Answer | Change, part: str, reason: str
) -> None:
    talk.github.faults.clear()
    if isinstance(comes, Answer):
        talk.github.fault(path, comes)
    else:
        talk.github.fault(path, change=comes)
    found = talk.with_part(part)
    missing = getattr(found, part)
    assert isinstance(missing, Unavailable)
    assert missing.reason == reason
    told = outcomes(found)
    stands_on = {check.id.partition(".")[2] for check in CONNECTOR.checks if part in check.parts}
    assert stands_on
    assert {name for name in stands_on if told[name] is Outcome.PASS} == set()
    assert CANARY not in repr(found) + repr(judged(found))


def test_good_answers_pass_in_the_same_conversation(talk: Talk) -> None:
    talk.github.faults.clear()
    assert {outcomes(talk.with_part(part))["leavers_removed"] for part in PARTS} == {Outcome.PASS}


def test_endless_pages_end_with_the_budget(github: GitHub, opened: Open) -> None:
    github.most = 1
    github.members = [{"login": f"m{number}", "id": number} for number in range(50)]
    context = opened()
    context.budget.max_pages = 10
    found = partly(context, "members", "owners", "outside_collaborators")
    assert isinstance(found.members, Unavailable)
    assert found.members.reason == "partial_data"
    assert outcomes(found)["leavers_removed"] is Outcome.NOT_CHECKED


def test_huge_body_is_cut_off_and_passes_nothing(github: GitHub, opened: Open) -> None:
    github.fault("/orgs/acme/members", Answer(raw=b"[" + b" " * (3 << 20) + b"]"))
    context = opened()
    context.budget.max_wire_bytes = 2 << 20
    try:
        told = set(outcomes(CONNECTOR.collect(context)).values())
    except BudgetExceeded:
        return
    assert Outcome.NOT_CHECKED in told
    assert Outcome.ERROR not in told


def test_everything_down_is_told_as_a_whole(github: GitHub, opened: Open) -> None:
    github.fault("/(orgs/acme(?!/installation$)|repos|installation|graphql).*", refused(500, "boom"))
    with pytest.raises(ConnectorError):
        CONNECTOR.collect(opened())


def test_repository_deleted_between_list_and_question_is_partial(github: GitHub, opened: Open) -> None:
    gone = Repo("gone", "acme")
    github.repos["gone"] = gone
    github.fault("/repos/acme/gone/.*", refused(404, "Not Found"))
    found = partly(opened(), "repositories", "deploy_keys", "protections")
    assert isinstance(found.deploy_keys, Unavailable)
    assert found.deploy_keys.reason == "partial_data"
    assert "gone" in found.deploy_keys.detail
    assert outcomes(found)["protected_default_branches"] is Outcome.NOT_CHECKED


def test_permission_lowered_half_way_passes_nothing(github: GitHub, opened: Open) -> None:
    github.most = 1
    github.fault("/orgs/acme/members", refused(403, "Resource not accessible by integration"), after=1)
    told = outcomes(partly(opened(), "members", "outside_collaborators", "repositories"))
    assert told["member_inventory"] is Outcome.NOT_CHECKED
    assert told["leavers_removed"] is Outcome.NOT_CHECKED


def test_refusal_names_the_permission_to_approve(github: GitHub, opened: Open) -> None:
    del github.granted["administration"]
    del github.granted["organization_secrets"]
    found = partly(opened(), "repositories", "deploy_keys", "organization_secrets")
    assert isinstance(found.deploy_keys, Unavailable)
    assert found.deploy_keys.detail == (
        "Approve the new permission Repository: Administration of the App under Organization settings > GitHub Apps."
    )
    assert isinstance(found.organization_secrets, Unavailable)
    assert "usually means a missing permission (Organization: Secrets)" in found.organization_secrets.detail
