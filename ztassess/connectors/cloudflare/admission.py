"""Owns whom a policy lets in: order and kind of policies, include, require and exclude, groups looked up.

Cloudflare evaluates bypass and service policies first, then allow and block policies in their order; include is OR,
require is AND ("Access policies", order of execution).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ztassess.connectors.cloudflare.snapshot import App, Criterion, Group, Mfa, Policy
from ztassess.domain.findings import Part, Unavailable

ALLOW, DENY, NON_IDENTITY, BYPASS = "allow", "deny", "non_identity", "bypass"
DECISIONS = frozenset({ALLOW, DENY, NON_IDENTITY, BYPASS})
STRANGERS = frozenset({"everyone", "geo", "user_risk_score"})
"""Conditions that name nobody: a stranger can meet them."""
BROAD = STRANGERS | {
    "email_domain",
    "login_method",
    "ip",
    "ip_list",
    "auth_method",
    "device_posture",
    "certificate",
    "external_evaluation",
    "cloudflare_account_member",
}
"""Selectors that do not name people or a group of them."""
SECOND_FACTORS = frozenset({"mfa", "mca", "hwk", "swk", "sc"})
"""Values of ``amr`` (RFC 8176) that stand for more than a password."""
SIGNALS = frozenset({"geo", "ip", "ip_list", "user_risk_score"})
_DEEPEST = 10


def ordered(policies: Iterable[Policy]) -> list[Policy]:
    """In the order of evaluation: bypass and service policies first, each kind by precedence."""
    numbered = list(enumerate(policies))

    def key(entry: tuple[int, Policy]) -> tuple[bool, int, int]:
        place, policy = entry
        return (policy.decision in (ALLOW, DENY), place if policy.precedence is None else policy.precedence, place)

    return [policy for _, policy in sorted(numbered, key=key)]


def reachable(policies: Iterable[Policy]) -> list[Policy]:
    """The policies that can decide something: what stands behind a block of everybody cannot."""
    found: list[Policy] = []
    for policy in ordered(policies):
        found.append(policy)
        everybody = any(each.kind == "everyone" for each in policy.include)
        if policy.decision == DENY and everybody and not policy.require and not policy.exclude:
            break
    return found


@dataclass(frozen=True, slots=True)
class Groups:
    """The account's reusable groups, for looking through them.

    Attributes:
        whole: False if they could not be read, so that a group may hold anything.
    """

    by_id: Mapping[str, Group] = field(default_factory=dict)
    whole: bool = True

    @classmethod
    def of(cls, part: Part[Group]) -> Groups:
        """Index what was read."""
        rows = part.read if isinstance(part, Unavailable) else part
        return cls({group.id: group for group in rows}, not isinstance(part, Unavailable))

    def any_of(self, criteria: Iterable[Criterion], kinds: frozenset[str], depth: int = 0) -> bool | None:
        """One of these criteria is of these kinds, so that it alone lets somebody in; None if a group is unknown.

        A group is as wide as its include, unless its own require narrows it to people.
        """
        unknown = False
        for each in criteria:
            if each.kind in kinds:
                return True
            if each.kind == "group":
                inner = self._wide(each.value, kinds, depth)
                if inner:
                    return True
                unknown = unknown or inner is None
        return None if unknown else False

    def _wide(self, group_id: str, kinds: frozenset[str], depth: int) -> bool | None:
        group = self.by_id.get(group_id)
        if group is None or depth >= _DEEPEST:
            return None
        include = self.any_of(group.include, kinds, depth + 1)
        if include is False:
            return False
        narrowed = self.narrows(group.require, kinds, depth + 1)
        if narrowed:
            return False
        return None if narrowed is None else include

    def narrows(self, require: Iterable[Criterion], kinds: frozenset[str], depth: int = 0) -> bool | None:
        """One of the conditions that must all hold is of another kind than these; None if only a group could be."""
        unknown = False
        for each in require:
            if each.kind == "group":
                wide = self._wide(each.value, kinds, depth)
                if wide is False:
                    return True
                unknown = unknown or wide is None
            elif each.kind not in kinds:
                return True
        return None if unknown else False

    def admits(self, policy: Policy, kinds: frozenset[str]) -> bool | None:
        """The policy lets in whoever meets one of these kinds and nothing more; None if a group is unknown."""
        include = self.any_of(policy.include, kinds)
        if include is False:
            return False
        narrowed = self.narrows(policy.require, kinds)
        if narrowed:
            return False
        return None if narrowed is None else include

    def demands(self, require: Iterable[Criterion], kind: str, values: frozenset[str] | None, depth: int = 0) -> bool:
        """One of the conditions that must all hold is of this kind and value; None for values: of any value.

        A group demands it if its own require does, or if everyone it includes has met it.
        """
        for each in require:
            if each.kind == kind and (values is None or each.value in values):
                return True
            if each.kind == "group" and depth < _DEEPEST:
                group = self.by_id.get(each.value)
                if group is not None and (
                    self.demands(group.require, kind, values, depth + 1)
                    or (
                        len(group.include) > 0
                        and all(self.demands((one,), kind, values, depth + 1) for one in group.include)
                    )
                ):
                    return True
        return False


def own_factor(policy: Policy, app: App, organization_demands: bool | None) -> bool:
    """Access' own second factor applies: set on the policy, else on the app, else on the organization."""
    for setting in (policy.mfa, app.mfa):
        if isinstance(setting, Mfa):
            if setting.disabled:
                return False
            if setting.authenticators:
                return True
    return organization_demands is True


def demands_second_factor(groups: Groups, policy: Policy, app: App, organization_demands: bool | None) -> bool:
    """Nobody passes this policy without a second factor."""
    return own_factor(policy, app, organization_demands) or groups.demands(
        policy.require, "auth_method", SECOND_FACTORS
    )


def for_people(app: App) -> bool:
    """People sign in to this app: one of its policies allows an identity, or its policies could not be read."""
    return isinstance(app.policies, Unavailable) or any(policy.decision == ALLOW for policy in app.policies)


def opens_to_all(groups: Groups, app: App) -> bool | None:
    """The app as a whole is open without signing in (a bypass of everybody); None if that cannot be said."""
    if isinstance(app.policies, Unavailable):
        return None
    unknown = False
    for policy in reachable(app.policies):
        if policy.decision in (BYPASS, NON_IDENTITY):
            open_ = groups.admits(policy, STRANGERS)
            if open_:
                return True
            unknown = unknown or open_ is None
        unknown = unknown or policy.decision not in DECISIONS
    return None if unknown else False
