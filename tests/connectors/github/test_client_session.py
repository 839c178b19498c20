"""Signing in as an App: what is signed, what is asked, what is refused, how long we wait."""

from __future__ import annotations

from datetime import timedelta

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.connectors.github.answers import APP_ID, INSTALLATION, app_key, refused
from tests.connectors.github.conftest import Open, outcomes, partly
from tests.connectors.github.fake import GitHub
from tests.fakes.vendor import CANARY, NOW, Answer
from ztassess.connectors.errors import AuthFailed, Blocked, OverPrivileged, RateLimited
from ztassess.connectors.github import CONNECTOR, client_session
from ztassess.connectors.github.client_session import app_token, open_github
from ztassess.connectors.github.permissions import ADMINISTRATION, MEMBERS
from ztassess.connectors.github.source import read_only
from ztassess.domain.findings import Outcome, Unavailable


def test_app_token_is_a_minute_old_and_lives_ten(opened: Open) -> None:
    key, public = client_session.app_key(opened()), RSAKey.import_key(app_key()[1])
    token = jwt.decode(app_token(key, opened()), public, algorithms=["RS256"])
    assert token.header == {"alg": "RS256", "typ": "JWT"}
    assert token.claims["iss"] == APP_ID
    assert token.claims["iat"] == int((NOW - timedelta(seconds=60)).timestamp())
    assert token.claims["exp"] - token.claims["iat"] == 600
    later = jwt.decode(app_token(key, opened(), 30.0), public, algorithms=["RS256"])
    assert later.claims["iat"] - token.claims["iat"] == 30


def test_only_a_token_is_posted_and_everything_else_is_read(github: GitHub, opened: Open) -> None:
    CONNECTOR.collect(opened())
    posts = {request.path for request in github.requests if request.method == "POST"}
    assert posts == {f"/app/installations/{INSTALLATION}/access_tokens", "/graphql"}
    assert github.made == 1
    assert {request.method for request in github.requests} == {"GET", "POST"}


@pytest.mark.parametrize(
    ("permission", "right", "named"),
    [
        ("contents", "write", "Repository: Contents (write)"),
        ("organization_projects", "admin", "organization projects (admin)"),
        ("workflows", "write", "workflows (write)"),
    ],
)
def test_app_that_may_change_something_is_refused_by_name(
    github: GitHub, opened: Open, permission: str, right: str, named: str
) -> None:
    github.granted[permission] = right
    with pytest.raises(OverPrivileged) as caught:
        CONNECTOR.collect(opened())
    assert caught.value.sentence == f"The App installation may change {named}. Use the read-only App."
    assert github.made == 0, "no token was taken"


def test_rights_are_read_back_from_the_token_too(github: GitHub, opened: Open) -> None:
    token = {"token": f"ghs_{CANARY}", "expires_at": "2026-11-23T10:00:00Z", "permissions": {"secrets": "write"}}
    github.fault("/app/installations/.*", Answer(token, 201))
    with pytest.raises(OverPrivileged, match=r"Repository: Secrets \(write\)") as caught:
        CONNECTOR.collect(opened())
    assert CANARY not in str(caught.value)


def test_token_that_ends_is_renewed_once_and_reading_goes_on(github: GitHub, opened: Open) -> None:
    def end(answer: Answer) -> Answer:
        github.live = set()
        return answer

    github.fault("/orgs/acme/repos", change=end, times=1)
    found = partly(opened(), "repositories", "deploy_keys")
    assert github.made >= 2
    assert not isinstance(found.deploy_keys, Unavailable)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda fake: setattr(fake, "org", "other"), "not installed in acme"),
        (lambda fake: setattr(fake, "suspended", "2026-01-01T00:00:00Z"), "suspended"),
        (lambda fake: fake.fault("/orgs/acme/installation", refused(401, "Bad")), "refused the credentials"),
        (lambda fake: fake.fault("/app/installations/.*", refused(401, "Bad")), "refused the credentials"),
    ],
)
def test_key_or_installation_that_is_not_accepted(github: GitHub, opened: Open, spoil: object, said: str) -> None:
    assert callable(spoil)
    spoil(github)
    with pytest.raises(AuthFailed, match=said):
        CONNECTOR.collect(opened())


def test_another_installation_than_entered_is_refused(opened: Open) -> None:
    with pytest.raises(AuthFailed, match="not the one in acme"), open_github(opened({"installation_id": "5"})):
        pass


def test_enterprise_server_has_its_interfaces_side_by_side(github: GitHub, opened: Open) -> None:
    found = CONNECTOR.collect(opened({"api_base": f"{github.base}/api/v3"}))
    paths = {request.path for request in github.requests}
    assert "/api/graphql" in paths
    assert {path for path in paths if not path.startswith("/api/v3/")} == {"/api/graphql"}
    assert found.reading.server
    assert outcomes(found)["saml_sso_enforced"] is Outcome.NOT_CHECKED
    assert outcomes(found)["protected_default_branches"] is Outcome.PASS


@pytest.mark.parametrize(
    "answer",
    [
        refused(403, "You have exceeded a secondary rate limit.", **{"retry-after": "3"}),
        refused(403, "You have exceeded a secondary rate limit. Please wait a few minutes."),
        refused(403, "API rate limit exceeded", **{"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1"}),
        refused(429, "Too many requests", **{"retry-after": "2"}),
        refused(429, "Too many requests"),
    ],
)
def test_throttle_is_waited_for_and_is_no_missing_permission(github: GitHub, opened: Open, answer: Answer) -> None:
    github.fault("/repos/acme/shop/keys", answer, times=1)
    with open_github(opened()) as conversation:
        assert len(tuple(conversation.source.pages("/repos/acme/shop/keys", ADMINISTRATION))) == 1
    assert len(github.asked("/repos/acme/shop/keys")) == 2


def test_throttle_without_end_is_told_as_one(github: GitHub, opened: Open) -> None:
    github.fault("/repos/acme/[a-z]+/keys", refused(403, "secondary rate limit", **{"retry-after": "1"}))
    found = partly(opened(), "repositories", "deploy_keys")
    assert isinstance(found.deploy_keys, Unavailable)
    assert found.deploy_keys.reason == "rate_limited"
    assert "permission" not in found.deploy_keys.detail
    assert outcomes(found)["deploy_keys_read_only_and_fresh"] is Outcome.NOT_CHECKED


def test_quota_of_the_customer_is_left_alone(github: GitHub, opened: Open) -> None:
    low = {"x-ratelimit-limit": "5000", "x-ratelimit-remaining": "400", "x-ratelimit-reset": "4000000000"}
    github.fault("/orgs/acme/installation", change=lambda good: Answer(good.value, 200, low))
    with pytest.raises(RateLimited):
        CONNECTOR.collect(opened())


@pytest.mark.parametrize("text", ["mutation { x }", "query { a } MUTATION { b }", "query($x: Int) { mutation }"])
def test_query_that_could_change_something_is_never_sent(text: str) -> None:
    with pytest.raises(Blocked):
        read_only(text)


def test_refused_query_is_never_sent(github: GitHub, opened: Open) -> None:
    with open_github(opened()) as conversation, pytest.raises(Blocked):
        next(iter(conversation.source.query("mutation { x }", {}, MEMBERS, lambda _: None)))
    assert github.asked("/graphql") == []


def test_post_elsewhere_is_blocked(github: GitHub, opened: Open) -> None:
    with open_github(opened()) as conversation, pytest.raises(Blocked):
        conversation.source.session.post("/repos/acme/shop/keys", b"{}")
    assert github.asked(method="POST", path="/repos/.*") == []
