"""Owns the check that no identity crosses from one environment into production."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from ztassess.connectors.google_iap.judging import Held, held, numbers, production, unlabeled
from ztassess.connectors.google_iap.members import address, belongs_to, is_service_agent
from ztassess.connectors.google_iap.snapshot import OTHER, CloudSnapshot
from ztassess.connectors.judging import conclude, count, excluded, names, rows_read
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Severity, Verdict, failed, not_checked

checks: Checks[CloudSnapshot] = Checks("google_iap")
SERVICE: Final = "serviceAccount:"


@checks.check(
    "google_iap.environments_separated",
    title="No identity crosses environments",
    verifies=(Verifies("least-privilege.environment-separation", 2),),
    severity=Severity.HIGH,
    parts=("projects", "service_accounts", "policies", "grants"),
)
def environments_separated(snapshot: CloudSnapshot) -> Iterator[Verdict]:
    """No service account of another environment has a role on a production project or on anything in it."""
    missing = unlabeled(snapshot)
    others = [each.id for each in snapshot.inputs.projects if each.environment == OTHER]
    ours = production(snapshot)
    if missing or not ours or not others:
        said = (
            f"Nobody said whether {names(missing)} is production."
            if missing
            else ("Both a production project and another one must be listed before anything can cross.")
        )
        yield not_checked(snapshot.scope, "input_missing", said)
        return
    foreign = {each.email: each.project for each in rows_read(snapshot.service_accounts) if each.project in others}
    given = [each for each in _given(snapshot, ours) if each.member.startswith(SERVICE)]
    crossing: dict[str, list[Held]] = {}
    agents: set[str] = set()
    for each in given:
        email = address(each.member)
        if not (email in foreign or _of(email, others, numbers(snapshot))):
            continue
        if is_service_agent(email):
            agents.add(email)
        else:
            crossing.setdefault(email, []).append(each)
    left_out = excluded(sorted(agents), "Google's own service agents")
    seen = len({each.member for each in given})
    yield from conclude(
        snapshot.scope,
        [_crosses(email, rights, seen, left_out) for email, rights in sorted(crossing.items())],
        of=(snapshot.projects, snapshot.service_accounts, snapshot.policies, snapshot.grants),
        seen=seen,
        good=f"None of {count(seen, 'service account')} with roles on {names(ours)} is of {names(others)}.{left_out}",
        nothing=f"No service account has a role on {names(ours)}.",
    )


def _given(snapshot: CloudSnapshot, projects: list[str]) -> Iterator[Held]:
    """Every member of every binding on these projects and on anything in them."""
    yield from (each for each in held(snapshot) if each.project in projects and not each.inherited)
    for grants in rows_read(snapshot.grants):
        if grants.project in projects:
            for policy in grants.policies:
                for binding in policy.bindings:
                    for member in binding.members:
                        yield Held(policy.resource, policy.project, binding, member, inherited=False)


def _of(email: str, projects: Iterable[str], known: dict[str, str]) -> bool:
    return any(belongs_to(email, project, known.get(project, "")) for project in projects)


def _crosses(email: str, rights: list[Held], seen: int, left_out: str) -> Verdict:
    roles = sorted({each.binding.role for each in rights})
    viewing = all(role.lower().endswith("viewer") for role in roles)
    return failed(
        email,
        f"{email} is of another environment and has {names(roles)} in {names(sorted({r.project for r in rights}))}. "
        f"{count(seen, 'service account')} with roles there were looked at.{left_out}",
        seen=seen,
        evidence=tuple(each.evidence for each in rights[:50]),
        near_miss="Only a viewer role crosses." if viewing else "",
    )
