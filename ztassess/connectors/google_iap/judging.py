"""Owns what several rules need: evidence lines, the projects by environment, bindings with where they were made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from ztassess.connectors.google_iap.members import PUBLIC
from ztassess.connectors.google_iap.snapshot import PRODUCTION, CloudSnapshot
from ztassess.connectors.google_iap.snapshot_access import Binding, ResourcePolicy
from ztassess.connectors.judging import rows_read
from ztassess.domain.findings import Evidence

BACKENDS: Final = "GET compute/v1/projects/{project}/aggregated/backendServices"
POLICY: Final = "POST v3/{resource}:getIamPolicy"
IAP_POLICY: Final = "POST v1/{resource}:getIamPolicy (IAP)"
GRANTS: Final = "GET v1/projects/{project}:searchAllIamPolicies"
RUN: Final = "GET v2/projects/{project}/locations/-/services"
RUN_POLICY: Final = "GET v2/{service}:getIamPolicy"


@dataclass(frozen=True, slots=True)
class Held:
    """One member of one binding.

    Attributes:
        resource: where it was given.
        project: the listed project where it counts.
        inherited: it was given above the project.
    """

    resource: str
    project: str
    binding: Binding
    member: str
    inherited: bool

    @property
    def evidence(self) -> Evidence:
        """As read."""
        condition = f" if {self.binding.condition[:120]}" if self.binding.condition else ""
        observed = f"{self.binding.role}: {self.member}{condition}"
        source = GRANTS if self.resource.startswith("//") else POLICY
        return Evidence(source, self.resource, "bindings[].members", observed, "not there")


def held(snapshot: CloudSnapshot) -> Iterator[Held]:
    """Every member of every binding on the listed projects, what they inherit last, as far as it was read."""
    for policies, inherited in ((snapshot.policies, False), (snapshot.ancestors, True)):
        for policy in rows_read(policies):
            for binding in policy.bindings:
                for member in binding.members:
                    yield Held(policy.resource, policy.project, binding, member, inherited)


def public_of(binding: Binding) -> list[str]:
    """The members of a binding that stand for everybody."""
    return [member for member in binding.members if member in PUBLIC]


def production(snapshot: CloudSnapshot) -> list[str]:
    """Ids of the listed production projects."""
    return [each.id for each in snapshot.inputs.projects if each.environment == PRODUCTION]


def unlabeled(snapshot: CloudSnapshot) -> list[str]:
    """Ids of the listed projects of which nobody said what they are for."""
    return [each.id for each in snapshot.inputs.projects if not each.environment]


def numbers(snapshot: CloudSnapshot) -> dict[str, str]:
    """The numbers of the projects that could be read, by id."""
    return {each.id: each.number for each in rows_read(snapshot.projects)}


def place(resource: str) -> str:
    """A resource for a sentence: ``folder 12``, ``organization 34``, ``project acme-prod``."""
    kind, _, name = resource.partition("/")
    return f"{kind.removesuffix('s')} {name}"


def by_resource(policies: Iterable[ResourcePolicy]) -> dict[str, ResourcePolicy]:
    """Policies by their resource."""
    return {policy.resource: policy for policy in policies}
