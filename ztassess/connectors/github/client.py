"""Owns the questions about the organization: one function per endpoint, its reply made typed values at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ztassess.connectors.api import Row, row_of
from ztassess.connectors.errors import Forbidden, Refused
from ztassess.connectors.github.permissions import (
    ALERTS,
    MEMBERS,
    ORG_ADMINISTRATION,
    ORG_SECRETS,
    TOKENS,
    changing,
)
from ztassess.connectors.github.refusals import FORBIDDEN, NOT_FOUND, UNPROCESSABLE, OwnersOnly, PlanLacks
from ztassess.connectors.github.snapshot import (
    Alert,
    Authorization,
    IdentityProvider,
    InstalledApp,
    LinkedIdentity,
    Person,
    PersonalToken,
    Settings,
)
from ztassess.connectors.github.snapshot_pipelines import OidcSubject, Secret, SecretLevel, WorkflowDefault
from ztassess.connectors.github.source import Source, counted_rows, lacks, list_rows, path_of

NO_TWO_FACTOR: Final = {"filter": "2fa_disabled"}
IDENTITIES: Final = """
query($login: String!, $endCursor: String) {
  organization(login: $login) {
    samlIdentityProvider {
      ssoUrl
      issuer
      externalIdentities(first: 100, after: $endCursor) {
        pageInfo { hasNextPage endCursor }
        nodes { user { login } samlIdentity { nameId username emails { value } } }
      }
    }
  }
}
"""


def settings(source: Source, org: str) -> Iterator[Settings]:
    """The organization ("Get an organization"). Raises `ConnectorError`."""
    row = row_of(source.one(path_of("orgs", org), ORG_ADMINISTRATION), "organization-full")
    public, private = row.number("public_repos", None), row.number("total_private_repos", None)
    yield Settings(
        row.text("login"),
        row.flag("two_factor_requirement_enabled", None),
        row.text("default_repository_permission", None),
        row.flag("deploy_keys_enabled_for_repositories", None),
        row.text("plan.name", "").lower(),
        None if public is None or private is None else public + private,
    )


def members(source: Source, org: str) -> Iterator[Person]:
    """All members ("List organization members"). Raises `ConnectorError`."""
    return _people(source, path_of("orgs", org, "members"), {})


def owners(source: Source, org: str) -> Iterator[Person]:
    """Members who own the organization ("List organization members", role). Raises `ConnectorError`."""
    return _people(source, path_of("orgs", org, "members"), {"role": "admin"})


def outside_collaborators(source: Source, org: str) -> Iterator[Person]:
    """People with access to repositories only ("List outside collaborators"). Raises `ConnectorError`."""
    return _people(source, path_of("orgs", org, "outside_collaborators"), {})


def without_two_factor(source: Source, org: str) -> Iterator[Person]:
    """Members and outside collaborators without a second factor (the same lists, filter).

    Raises:
        OwnersOnly: GitHub tells owners only.
        ConnectorError: else.
    """
    try:
        yield from _people(source, path_of("orgs", org, "members"), NO_TWO_FACTOR)
        yield from _people(source, path_of("orgs", org, "outside_collaborators"), NO_TWO_FACTOR)
    except Refused as problem:
        if problem.status != UNPROCESSABLE:
            raise
        raise OwnersOnly(
            "Only owners may list this; the organization setting was judged without names.",
            status=problem.status,
            word=problem.word,
            scope=problem.scope,
        ) from problem


def _people(source: Source, path: str, narrowed: dict[str, str]) -> Iterator[Person]:
    for row in list_rows(source, path, MEMBERS, "simple-user", narrowed):
        yield Person(row.text("login"), row.number("id"))


def identity_pages(source: Source, org: str) -> Iterator[Row]:
    """The organization with its SAML provider and a page of identities (GraphQL, ``organization``).

    GitHub shows them to Apps that may read members; without that right "none" may just mean "hidden".

    Raises:
        Forbidden: it is hidden.
        ConnectorError: else.
    """
    for data in source.query(IDENTITIES, {"login": org}, MEMBERS, _next_identities):
        row = row_of(data, "Query").row("organization")
        row = Row("Organization", row.value)
        if not row.has("samlIdentityProvider") and lacks(source, MEMBERS):
            raise Forbidden(f"GitHub hides this without {MEMBERS.title}.", status=200, scope=MEMBERS.title)
        yield row


def _next_identities(data: Any) -> str | None:
    page = "organization.samlIdentityProvider.externalIdentities.pageInfo"
    row = Row("Query", data)
    return row.text(f"{page}.endCursor") if row.flag(f"{page}.hasNextPage", False) else None  # noqa: FBT003  absent


def identity_provider(row: Row) -> IdentityProvider | None:
    """The SAML provider on a page of `identity_pages`; None: there is none."""
    provider = row.row("samlIdentityProvider", None)
    if provider is None:
        return None
    return IdentityProvider(provider.text("ssoUrl", ""), provider.text("issuer", ""))


def linked_identities(row: Row) -> Iterator[LinkedIdentity]:
    """The identities on a page of `identity_pages`."""
    provider = row.row("samlIdentityProvider", None)
    for node in provider.rows("externalIdentities.nodes") if provider else ():
        named = [node.text("samlIdentity.nameId", ""), node.text("samlIdentity.username", "")]
        named += [mail.text("value") for mail in node.rows("samlIdentity.emails", ())]
        addresses = dict.fromkeys(each.casefold() for each in named if "@" in each)
        yield LinkedIdentity(node.text("user.login", ""), tuple(addresses))


def personal_tokens(source: Source, org: str) -> Iterator[PersonalToken]:
    """Fine-grained tokens ("List fine-grained personal access tokens with access to organization resources")."""
    kind = "organization-programmatic-access-grant"
    for row in list_rows(source, path_of("orgs", org, "personal-access-tokens"), TOKENS, kind):
        yield PersonalToken(
            row.text("owner.login"),
            row.number("id"),
            row.text("token_name", ""),
            row.moment("access_granted_at"),
            row.moment("token_expires_at", None),
            row.flag("token_expired"),
            row.moment("token_last_used_at", None),
            row.text("repository_selection"),
        )


def credential_authorizations(source: Source, org: str) -> Iterator[Authorization]:
    """Classic tokens and keys ("List SAML SSO authorizations for an organization"; Enterprise Cloud only).

    Raises:
        PlanLacks: refused although the permission is there: the organization has no single sign-on.
        ConnectorError: else.
    """
    path = path_of("orgs", org, "credential-authorizations")
    try:
        for row in list_rows(source, path, ORG_ADMINISTRATION, "credential-authorization"):
            yield Authorization(
                row.text("login"),
                row.text("credential_type"),
                row.moment("authorized_credential_expires_at", None),
                row.texts("scopes", ()),
            )
    except Refused as problem:
        if problem.status not in (FORBIDDEN, NOT_FOUND) or lacks(source, ORG_ADMINISTRATION):
            raise
        raise PlanLacks(
            "Classic tokens can only be listed on Enterprise Cloud with single sign-on.",
            status=problem.status,
            word=problem.word,
            scope=problem.scope,
        ) from problem


def installations(source: Source, org: str) -> Iterator[InstalledApp]:
    """Installed Apps ("List app installations for an organization"). Raises `ConnectorError`."""
    path = path_of("orgs", org, "installations")
    for row in counted_rows(source, path, ORG_ADMINISTRATION, "installations", "installation"):
        rights = row.row("permissions")
        granted = {key: rights.text(key) for key in rights.keys()}  # noqa: SIM118  a method of `Row`, no dictionary
        yield InstalledApp(
            row.number("id"),
            row.text("app_slug"),
            row.text("repository_selection"),
            changing(granted),
            row.has("suspended_at"),
        )


def organization_secrets(source: Source, org: str) -> Iterator[Secret]:
    """Names of secrets for all repositories ("List organization secrets"). Raises `ConnectorError`."""
    path = path_of("orgs", org, "actions", "secrets")
    for row in counted_rows(source, path, ORG_SECRETS, "secrets", "organization-actions-secret"):
        yield Secret(SecretLevel.ORGANIZATION, org, row.text("name"), row.moment("updated_at", None))


def organization_workflow_default(source: Source, org: str) -> Iterator[WorkflowDefault]:
    """Rights that pipelines start with ("Get default workflow permissions for an organization")."""
    path = path_of("orgs", org, "actions", "permissions", "workflow")
    row = row_of(source.one(path, ORG_ADMINISTRATION), "actions-get-default-workflow-permissions")
    yield WorkflowDefault(org, row.text("default_workflow_permissions"))


def organization_subject(source: Source, org: str) -> Iterator[OidcSubject]:
    """The template of subjects ("Get the customization template for an OIDC subject claim for an organization")."""
    path = path_of("orgs", org, "actions", "oidc", "customization", "sub")
    row = row_of(source.one(path, ORG_ADMINISTRATION), "oidc-custom-sub")
    yield OidcSubject(org, None, row.texts("include_claim_keys"))


def open_alerts(source: Source, org: str) -> Iterator[Alert]:
    """Secrets found and not dealt with ("List secret scanning alerts for an organization"); secrets stay hidden."""
    return _alerts(source, org, {"state": "open"})


def dismissed_alerts(source: Source, org: str) -> Iterator[Alert]:
    """Secrets that were closed as "won't fix" (the same list)."""
    return _alerts(source, org, {"state": "resolved", "resolution": "wont_fix"})


def _alerts(source: Source, org: str, narrowed: dict[str, str]) -> Iterator[Alert]:
    path = path_of("orgs", org, "secret-scanning", "alerts")
    asked = {**narrowed, "hide_secret": "true"}
    for row in list_rows(source, path, ALERTS, "organization-secret-scanning-alert", asked):
        yield Alert(row.text("repository.name"), row.number("number"), row.moment("created_at"))
