"""Owns the checks of credentials: personal tokens, deploy keys, cloud keys among secrets, installed apps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from ztassess.connectors.github.cloud_keys import is_cloud_key
from ztassess.connectors.github.scope import resource, seen_note
from ztassess.connectors.github.snapshot import DeployKey, GitHubSnapshot, InstalledApp, PersonalToken
from ztassess.connectors.github.snapshot_pipelines import Secret, Way, Workflow
from ztassess.connectors.judging import NamedAccounts, conclude, count, input_missing, names, rows_read
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_checked

CHECKS: Checks[GitHubSnapshot] = Checks("github")
TOKENS: Final = "GET /orgs/{org}/personal-access-tokens"
AUTHORIZATIONS: Final = "GET /orgs/{org}/credential-authorizations"
KEYS: Final = "GET /repos/{owner}/{repo}/keys"
SECRETS: Final = "GET .../actions/secrets"
APPS: Final = "GET /orgs/{org}/installations"
FILES: Final = "GET /repos/{owner}/{repo}/contents/.github/workflows"
LONGEST_TOKEN: Final = timedelta(days=90)
OLDEST_KEY: Final = timedelta(days=365)
IDLE_KEY: Final = timedelta(days=90)
ONLY_FINE_GRAINED: Final = "Only fine-grained tokens are visible; classic tokens may exist."
NAMES_ONLY: Final = "No telltale names; contents cannot be seen."
BROAD: Final = ("administration", "contents", "organization_administration")
CLASSIC: Final = "personal access token"


def days(span: timedelta) -> str:
    """``400 days``."""
    return count(span.days, "day")


@CHECKS.check(
    "github.personal_tokens_expire",
    title="Personal tokens expire",
    verifies=(
        Verifies("credentials.no-secrets-in-code", level=2, supporting=True),
        Verifies("least-privilege.third-party-scopes", level=2, supporting=True),
    ),
    severity=Severity.HIGH,
    parts=("personal_tokens", "credential_authorizations"),
)
def personal_tokens_expire(snapshot: GitHubSnapshot) -> Iterator[Verdict]:
    """Fine-grained tokens end within 90 days, and no classic ones are seen. Where those are invisible, that is said."""
    org, tokens, classic = snapshot.organization, snapshot.personal_tokens, snapshot.credential_authorizations
    living = [each for each in rows_read(tokens) if not each.expired]
    old = [each for each in rows_read(classic) if each.kind == CLASSIC]
    seen = len(living) + len(old)
    problems = [verdict for each in living for verdict in _token(each, seen)]
    for login in sorted({each.login for each in old}):
        theirs = [each for each in old if each.login == login]
        line = Evidence(AUTHORIZATIONS, login, "credential_type", CLASSIC, "fine-grained tokens only")
        reason = f"{login} uses {count(len(theirs), 'classic token')}, of {count(len(old), 'classic token')} in all."
        problems.append(failed(f"{login}#classic", reason, seen=seen, evidence=(line,)))
    hidden = isinstance(classic, Unavailable) and classic.reason == "missing_license"
    near = ONLY_FINE_GRAINED if isinstance(classic, Unavailable) else ""
    if hidden and not problems and not living and not isinstance(tokens, Unavailable):
        reason = f"No fine-grained token may enter the organization. {ONLY_FINE_GRAINED}"
        yield not_checked(org, "missing_license", reason, near_miss=near)
        return
    ended = len(rows_read(tokens)) - len(living)
    yield from conclude(
        org,
        problems,
        of=(tokens,) if hidden else (tokens, classic),
        seen=seen,
        good=f"{count(len(living), 'fine-grained token')}, each ending within 90 days of its grant."
        + (f" {ended} more have ended already." if ended else "")
        + (f" {near}" if near else " No classic token is authorized."),
        nothing="No personal token may enter the organization.",
        evidence=(Evidence(TOKENS, org, "token_expires_at", "within 90 days", "within 90 days"),),
        near_miss=near,
    )


def _token(token: PersonalToken, seen: int) -> Iterator[Verdict]:
    where, called = f"{token.owner}/{token.name or token.id}", token.name or str(token.id)
    if token.expires_at is None:
        line = Evidence(TOKENS, where, "token_expires_at", "null", "within 90 days of the grant")
        reason = f"Token '{called}' of {token.owner} never expires, one of {count(seen, 'token')}."
        yield failed(f"{where}#{token.id}", reason, seen=seen, evidence=(line,))
    elif token.expires_at - token.granted_at > LONGEST_TOKEN:
        lives = days(token.expires_at - token.granted_at)
        line = Evidence(TOKENS, where, "token_expires_at", lives, "within 90 days of the grant")
        reason = f"Token '{called}' of {token.owner} lives {lives}, one of {count(seen, 'token')}."
        yield failed(f"{where}#{token.id}", reason, seen=seen, evidence=(line,), severity=Severity.LOW)


@CHECKS.check(
    "github.deploy_keys_read_only_and_fresh",
    title="Deploy keys are read-only and rotated",
    verifies=(
        Verifies("credentials.secrets-manager", level=1, supporting=True),
        Verifies("least-privilege.ci-scopes", level=2, supporting=True),
    ),
    severity=Severity.HIGH,
    parts=("repositories", "deploy_keys"),
)
def deploy_keys_read_only_and_fresh(snapshot: GitHubSnapshot) -> Iterator[Verdict]:
    """No key writes, is older than a year, or has not been used for 90 days. Disabled keys open nothing."""
    org, everything = snapshot.organization, rows_read(snapshot.deploy_keys)
    keys = [each for each in everything if each.enabled is not False]
    off = [f"{each.repository}: '{each.title}'" for each in everything if each.enabled is False]
    without = f" Left out, disabled: {names(off)}." if off else ""
    problems = [verdict for key in keys for verdict in _key(key, snapshot, len(keys))]
    yield from conclude(
        org,
        problems,
        of=(snapshot.repositories, snapshot.deploy_keys),
        seen=len(keys),
        good=f"{count(len(keys), 'deploy key')}, each read-only, in use and at most a year old."
        f"{without}{seen_note(snapshot)}",
        nothing=f"No repository has a deploy key that opens it.{without}{seen_note(snapshot)}",
        evidence=(Evidence(KEYS, org, "read_only, created_at, last_used", "read-only and fresh", "the same"),),
    )


def _key(key: DeployKey, snapshot: GitHubSnapshot, seen: int) -> Iterator[Verdict]:
    now, wrong = snapshot.taken_at, []
    age = now - key.created_at
    if not key.read_only:
        wrong.append(("read_only", "false", "can write"))
    if age > OLDEST_KEY:
        wrong.append(("created_at", days(age), f"is {days(age)} old"))
    if _idle(key, now):
        used = "never" if key.last_used is None else days(now - key.last_used)
        wrong.append(("last_used", used, f"was {'never used' if key.last_used is None else f'not used for {used}'}"))
    if not wrong:
        return
    lines = tuple(
        Evidence(KEYS, f"{key.repository}: {key.title}", field, observed, "read-only, at most a year old, in use")
        for field, observed, _ in wrong
    )
    near = ""
    if key.read_only and age > OLDEST_KEY:
        near = f"{key.repository}: key '{key.title}' is read-only but {age.days / 365:.1f} years old."
    said = " and ".join(each[2] for each in wrong)
    reason = f"{key.repository}: key '{key.title}' {said}, one of {count(seen, 'deploy key')}."
    where = resource(snapshot, key.repository, f"key {key.id}")
    yield failed(where, reason, seen=seen, evidence=lines, near_miss=near)


def _idle(key: DeployKey, now: datetime) -> bool:
    """Not used for 90 days; one that was never used has had that time too."""
    return now - (key.last_used or key.created_at) > IDLE_KEY


@CHECKS.check(
    "github.no_static_cloud_keys_in_secrets",
    title="Pipelines hold no cloud keys",
    verifies=(
        Verifies("credentials.no-static-cloud-keys", level=2),
        Verifies("least-privilege.ci-scopes", level=2),
        Verifies("identity.workload-identity", level=2),
    ),
    severity=Severity.CRITICAL,
    parts=(
        "repositories",
        "organization_secrets",
        "repository_secrets",
        "environments",
        "environment_secrets",
        "workflows",
    ),
)
def no_static_cloud_keys_in_secrets(snapshot: GitHubSnapshot) -> Iterator[Verdict]:
    """A telltale name proves a key; its absence proves nothing, so that what workflows feed to clouds decides too."""
    org = snapshot.organization
    levels = (snapshot.organization_secrets, snapshot.repository_secrets, snapshot.environment_secrets)
    secrets = [each for part in levels for each in rows_read(part)]
    files = [each for each in rows_read(snapshot.workflows) if each.logins]
    seen = len(secrets) + len(files)
    stored = {each.name.upper() for each in secrets}
    problems = [_telltale(each, snapshot, seen) for each in secrets if is_cloud_key(each.name)]
    problems += [verdict for file in files for verdict in _fed(file, stored, snapshot, seen)]
    problems += [_not_understood(each, snapshot) for each in rows_read(snapshot.workflows) if each.unread]
    dropped = snapshot.reading.dropped
    note = f" Values were in the upload and were dropped: {names(dropped)}." if dropped else ""
    yield from conclude(
        org,
        problems,
        of=(snapshot.repositories, snapshot.environments, *levels, snapshot.workflows),
        seen=seen,
        good=f"None of {count(len(secrets), 'secret')} is named like a key of a cloud, and none of "
        f"{count(len(files), 'workflow')} entering one is fed a stored key.{note}{seen_note(snapshot)}",
        nothing=f"No pipeline stores a secret or enters a cloud.{note}{seen_note(snapshot)}",
        evidence=(Evidence(SECRETS, org, "name", "no telltale name", "no telltale name"),),
        near_miss=NAMES_ONLY if secrets else "",
    )


def _telltale(secret: Secret, snapshot: GitHubSnapshot, seen: int) -> Verdict:
    line = Evidence(SECRETS, secret.place, "name", secret.name, "no key of a cloud")
    reason = f"{secret.name} is stored for pipelines of {secret.place} ({secret.level}): a key of a cloud, by its name."
    return failed(resource(snapshot, secret.place, secret.name), reason, seen=seen, evidence=(line,))


def _fed(file: Workflow, stored: set[str], snapshot: GitHubSnapshot, seen: int) -> Iterator[Verdict]:
    """A harmless name that feeds a cloud's sign-in, or a key that stands in the file itself."""
    where = f"{file.repository}/{file.path}"
    for login in file.logins:
        hidden = [name for name in login.secrets if name.upper() in stored and not is_cloud_key(name)]
        if login.way is Way.STATIC and (hidden or not login.secrets):
            fed = f"the secret {names(hidden)}" if hidden else "a value that stands in the file"
            line = Evidence(FILES, where, login.by, names(hidden) or "a literal", "no stored key")
            reason = f"{where}: job {login.job} enters {login.cloud} with {fed} (by {login.by})."
            yield failed(resource(snapshot, where, f"{login.job} {login.by}"), reason, seen=seen, evidence=(line,))


def _not_understood(file: Workflow, snapshot: GitHubSnapshot) -> Verdict:
    where = f"{file.repository}/{file.path}"
    return not_checked(resource(snapshot, where), "upstream_error", f"{where} could not be read: {file.unread}.")


@CHECKS.check(
    "github.apps_least_scope",
    title="Installed apps are approved and narrow",
    verifies=(Verifies("least-privilege.third-party-scopes", level=2),),
    severity=Severity.MEDIUM,
    parts=("installations",),
)
def apps_least_scope(snapshot: GitHubSnapshot) -> Iterator[Verdict]:
    """Apps that may change code or settings of every repository are approved ones."""
    org, approved = snapshot.organization, snapshot.inputs.approved_apps
    if approved is None:
        yield input_missing(org, "the approved apps")
        return
    everything = rows_read(snapshot.installations)
    apps = [each for each in everything if not each.suspended]
    asleep = [each.slug for each in everything if each.suspended]
    without = f" Left out, suspended: {names(asleep)}." if asleep else ""
    known = NamedAccounts.of(approved)
    broad = [each for each in apps if each.selection == "all" and _broad(each)]
    problems = [_unapproved(each, len(apps)) for each in broad if not known.matches(each.slug, str(each.id))]
    wide = [each.slug for each in broad if known.matches(each.slug, str(each.id))]
    verb = "is" if len(wide) == 1 else "are"
    near = f"{names(wide)} {verb} approved, but installed on all repositories." if wide else ""
    yield from conclude(
        org,
        problems,
        of=(snapshot.installations,),
        seen=len(apps),
        good=f"None of {count(len(apps), 'installed app')} may change code or settings of all repositories without "
        f"approval.{without} Whether OAuth apps are restricted cannot be read; a person must attest it.",
        nothing=f"No app is installed.{without}",
        evidence=(Evidence(APPS, org, "permissions, repository_selection", "narrow or approved", "the same"),),
        near_miss=near,
    )


def _broad(app: InstalledApp) -> list[str]:
    return [right for right in BROAD if right in app.writes]


def _unapproved(app: InstalledApp, seen: int) -> Verdict:
    rights = ", ".join(_broad(app))
    line = Evidence(APPS, app.slug, "permissions", f"{rights}: write on all repositories", "approved or narrow")
    reason = f"{app.slug} may change {rights} of all repositories and is not approved, one of {count(seen, 'app')}."
    return failed(f"app {app.slug}", reason, seen=seen, evidence=(line,))
