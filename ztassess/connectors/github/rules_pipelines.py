"""Owns the checks of pipelines: short-lived cloud roles, rights at the start, gates of production."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from ztassess.connectors.github.scope import resource, seen_note
from ztassess.connectors.github.snapshot import GitHubSnapshot
from ztassess.connectors.github.snapshot_pipelines import Branches, Environment, Way, Workflow
from ztassess.connectors.judging import conclude, count, names, rows_read, unread
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Verdict, failed, not_applicable, not_checked

CHECKS: Checks[GitHubSnapshot] = Checks("github")
FILES: Final = "GET /repos/{owner}/{repo}/contents/.github/workflows"
DEFAULTS: Final = "GET .../actions/permissions/workflow"
ENVIRONMENTS: Final = "GET /repos/{owner}/{repo}/environments"
REVIEWERS: Final = "required_reviewers"
# "OpenID Connect reference": claims of a subject that tell one repository from another.
_TELLING: Final = frozenset(
    {"repo", "repository", "repository_id", "context", "ref", "environment", "job_workflow_ref", "workflow_ref"}
)


@CHECKS.check(
    "github.workflows_use_oidc",
    title="Workflows take short-lived cloud roles",
    verifies=(
        Verifies("least-privilege.ci-scopes", level=2),
        Verifies("identity.workload-identity", level=2),
    ),
    severity=Severity.HIGH,
    parts=("repositories", "workflows", "oidc_subjects"),
)
def workflows_use_oidc(snapshot: GitHubSnapshot) -> Iterator[Verdict]:
    """Every workflow that enters a cloud asks for an identity token and is fed no key; both in one file is a key."""
    files = rows_read(snapshot.workflows)
    entering = [each for each in files if each.logins]
    problems = [verdict for each in files for verdict in _workflow(each, snapshot, len(entering))]
    yield from conclude(
        snapshot.organization,
        problems,
        of=(snapshot.repositories, snapshot.workflows),
        seen=len(entering),
        good=f"{count(len(entering), 'workflow')} of {len(files)} on default branches entering a cloud, each by "
        f"identity token.{seen_note(snapshot)}",
        nothing=f"None of {count(len(files), 'workflow')} on default branches enters a cloud that we recognize."
        f"{seen_note(snapshot)}",
        evidence=(Evidence(FILES, snapshot.organization, "id-token, role", "federated", "federated"),),
        near_miss=_vague_subjects(snapshot),
    )


def _workflow(file: Workflow, snapshot: GitHubSnapshot, seen: int) -> Iterator[Verdict]:
    where = f"{file.repository}/{file.path}"
    static = [each for each in file.logins if each.way is Way.STATIC]
    if file.unread:
        reason = f"{where} could not be read: {file.unread}."
        yield not_checked(resource(snapshot, where), "upstream_error", reason, seen=seen)
    elif static:
        lines = tuple(
            Evidence(FILES, where, f"{each.job}: {each.by}", names(each.secrets) or "a literal", "no stored key")
            for each in static
        )
        jobs = names(list(dict.fromkeys(each.job for each in static)))
        clouds = names(sorted({each.cloud for each in static}))
        reason = f"{where} enters {clouds} with a stored key (job {jobs}), one of {count(seen, 'workflow')}."
        mixed = any(each.way is Way.FEDERATED for each in file.logins)
        near = f"{where} uses OIDC in one job and a static key in another." if mixed else ""
        yield failed(resource(snapshot, where), reason, seen=seen, evidence=lines, near_miss=near)
    else:
        why = _unproven(file, snapshot)
        if why:
            yield not_checked(resource(snapshot, where), "unsupported", f"{where}: {why}.", seen=seen)


def _unproven(file: Workflow, snapshot: GitHubSnapshot) -> str:
    """Why nobody can tell how this file enters a cloud; empty if it can be told, or enters none."""
    for login in file.logins:
        if login.way is Way.UNCLEAR:
            return f"how job {login.job} enters {login.cloud} cannot be seen ({login.by})"
        if login.way is Way.FEDERATED and login.token is not True:
            by = "its caller may grant it" if file.reusable else "nothing grants it"
            return f"job {login.job} names a role without id-token: write; {by}"
    own = {f"{snapshot.organization}/{each.name}".casefold() for each in snapshot.live_repositories()}
    foreign = [each for each in file.calls if "/".join(each.split("/")[:2]).casefold() not in own]
    if foreign:
        return f"it gives secrets to {names(foreign)}, which cannot be seen"
    return ""


def _vague_subjects(snapshot: GitHubSnapshot) -> str:
    """Subjects that are alike in all repositories: a cloud role bound to one of them is open to all."""
    vague = [
        each.place
        for each in rows_read(snapshot.oidc_subjects)
        if each.default is not True and each.claims and not _TELLING & set(each.claims)
    ]
    if not vague:
        return ""
    return (
        f"The subject of identity tokens of {names(vague)} names no repository; a role bound to it is open to others."
    )


@CHECKS.check(
    "github.default_workflow_permissions_read",
    title="Pipelines start with read-only tokens",
    verifies=(Verifies("least-privilege.ci-scopes", level=2),),
    severity=Severity.MEDIUM,
    parts=("repositories", "organization_workflow_defaults", "repository_workflow_defaults"),
)
def default_workflow_permissions_read(snapshot: GitHubSnapshot) -> Iterator[Verdict]:
    """The organization's default and every repository's own are to read."""
    org, of_all = snapshot.organization, snapshot.organization_workflow_defaults
    single = rows_read(snapshot.repository_workflow_defaults)
    wide = [each for each in single if each.permissions != "read"]
    seen = len(rows_read(of_all)) + len(single)
    base = rows_read(of_all)[0].permissions if rows_read(of_all) else ""
    near = ""
    if base == "read" and wide:
        near = f"Read at the organization, write in {count(len(wide), 'repository', 'repositories')}."
    problems = []
    if base and base != "read":
        line = Evidence(DEFAULTS, org, "default_workflow_permissions", base, "read")
        reason = f"Pipelines of {org} start with rights to {base} unless their repository says otherwise."
        problems.append(failed(org, reason, seen=seen, evidence=(line,)))
    for each in wide:
        line = Evidence(DEFAULTS, each.place, "default_workflow_permissions", each.permissions, "read")
        reason = (
            f"Pipelines of {each.place} start with rights to {each.permissions}, as in {len(wide)} of {len(single)}."
        )
        problems.append(failed(resource(snapshot, each.place), reason, seen=seen, evidence=(line,), near_miss=near))
    yield from conclude(
        org,
        problems,
        of=(of_all, snapshot.repositories, snapshot.repository_workflow_defaults),
        seen=seen,
        good=f"Pipelines of the organization and of {count(len(single), 'repository', 'repositories')} start with "
        f"rights to read.{seen_note(snapshot)}",
        nothing="No default was told.",
        evidence=(Evidence(DEFAULTS, org, "default_workflow_permissions", "read", "read"),),
    )


@CHECKS.check(
    "github.deploy_environments_reviewed",
    title="Production environments have gates",
    verifies=(Verifies("least-privilege.ci-scopes", level=2),),
    severity=Severity.MEDIUM,
    parts=("repositories", "environments", "protections"),
)
def deploy_environments_reviewed(snapshot: GitHubSnapshot) -> Iterator[Verdict]:
    """Deploying to production needs a reviewer, or comes from chosen branches only. Waiting asks nobody."""
    every, declared = rows_read(snapshot.environments), snapshot.inputs.production
    production = [each for each in every if is_production(each.name, declared)]
    problems = [verdict for each in production for verdict in _gate(each, snapshot, len(production))]
    there = {each.name.casefold() for each in every}
    whole = unread(snapshot.repositories, snapshot.environments) is None
    for name in declared if whole else ():
        if name not in there:
            reason = f"'{name}' is declared as a production environment, but no repository has it."
            problems.append(not_checked(f"{snapshot.organization}#{name}", "not_configured", reason))
    if whole and not production and not problems:
        reason = f"None of {count(len(every), 'environment')} is named prod... or live, or is declared."
        yield not_applicable(snapshot.organization, reason + seen_note(snapshot))
        return
    yield from conclude(
        snapshot.organization,
        problems,
        of=(snapshot.repositories, snapshot.environments),
        seen=len(production),
        good=f"{count(len(production), 'production environment')} of {len(every)}, each with a reviewer or chosen "
        f"branches.{seen_note(snapshot)}",
        nothing="There is no production environment.",
        evidence=(Evidence(ENVIRONMENTS, snapshot.organization, "protection_rules", "gated", "gated"),),
    )


def is_production(name: str, declared: tuple[str, ...]) -> bool:
    """Named prod..., live, or declared."""
    name = name.casefold()
    return name.startswith("prod") or name == "live" or name in declared


def _gate(environment: Environment, snapshot: GitHubSnapshot, seen: int) -> Iterator[Verdict]:
    """Nothing to say if somebody must agree, or if only chosen branches may deploy."""
    branches, place = environment.branches, environment.repository
    if REVIEWERS in environment.rules or branches is Branches.CHOSEN:
        return
    if branches is Branches.ANY:
        yield _open_gate(environment, snapshot, seen)
        return
    guarded = any(each.repository == place and each.classic for each in rows_read(snapshot.protections))
    if branches is Branches.UNREAD or not guarded:
        why = "which branches may deploy could not be read"
        if branches is Branches.PROTECTED:
            why = "only protected branches may deploy, which lets all of them where none is protected; none was seen"
        where = resource(snapshot, place, f"environment {environment.name}")
        yield not_checked(where, "partial_data", f"{place}: '{environment.name}': {why}.", seen=seen)


def _open_gate(environment: Environment, snapshot: GitHubSnapshot, seen: int) -> Verdict:
    where = f"{environment.repository}: '{environment.name}'"
    there = ", ".join(environment.rules) or "none"
    line = Evidence(ENVIRONMENTS, where, "protection_rules", there, f"{REVIEWERS} or a branch policy")
    reason = f"{where} can be deployed to without a reviewer and from any branch, one of {count(seen, 'environment')}."
    near = ""
    if environment.wait_minutes:
        near = f"'{environment.name}' waits {count(environment.wait_minutes, 'minute')} but asks nobody."
    verdict = failed(
        resource(snapshot, environment.repository, f"environment {environment.name}"),
        reason,
        seen=seen,
        evidence=(line,),
    )
    return replace(verdict, near_miss=near)
