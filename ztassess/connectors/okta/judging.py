"""Owns what several rules need: which rules stand before which app, and who is who and what is what."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from ztassess.connectors.judging import MOST_NAMES, NamedAccounts, names, rows_read, unread
from ztassess.connectors.okta.sign_on import Answer, Demand, rule_demands, weakest
from ztassess.connectors.okta.snapshot import CLASSIC, FIRST_PARTY, App, OktaSnapshot, User
from ztassess.connectors.okta.snapshot_policies import ACTIVE, ALLOW, AccessRule, SessionRule
from ztassess.domain.findings import Evidence, Unavailable

# Okta, "User lifecycle": a reset or an unlock brings these back.
LIVE: Final = frozenset({"ACTIVE", "PROVISIONED", "RECOVERY", "PASSWORD_EXPIRED", "LOCKED_OUT"})
OFF: Final = frozenset({"SUSPENDED", "DEPROVISIONED"})
FEDERATED: Final = frozenset({"SAML_2_0", "SAML_1_1", "OPENID_CONNECT", "WS_FEDERATION"})
NO_POLICY: Final = Unavailable("forbidden_role", detail="Okta did not show which policy it is under.")
NO_RULES: Final = Unavailable("partial_data", detail="No active rule of its policy was read.")
RULES_SOURCE: Final = "GET /api/v1/policies/{id}/rules"
APPS_SOURCE: Final = "GET /api/v1/apps"


@dataclass(frozen=True, slots=True)
class Judged:
    """What the rules before one app demand.

    Attributes:
        answer: of the weakest rule.
        weak: active rules that do not demand it; unknown: those we do not understand.
        asks: active rules that do.
        exempt: rules for declared break-glass accounts alone.
        why: why the app could not be judged; None if it could.
    """

    app: App
    answer: Answer
    weak: tuple[AccessRule, ...] = ()
    unknown: tuple[AccessRule, ...] = ()
    asks: tuple[AccessRule, ...] = ()
    exempt: tuple[AccessRule, ...] = ()
    why: Unavailable | None = None


def active_rules(snapshot: OktaSnapshot, policy_id: str) -> tuple[AccessRule, ...]:
    """The active rules of one policy, in their order, as far as they were read."""
    found = [rule for rule in rows_read(snapshot.access_rules) if rule.policy_id == policy_id and rule.status == ACTIVE]
    return tuple(sorted(found, key=lambda rule: (rule.system, rule.priority)))


def session_rules(snapshot: OktaSnapshot, policy_id: str) -> tuple[SessionRule, ...]:
    """The active rules of one global session policy, in their order, as far as they were read."""
    found = [rule for rule in rows_read(snapshot.session_rules) if rule.policy_id == policy_id]
    return tuple(
        sorted((rule for rule in found if rule.status == ACTIVE), key=lambda rule: (rule.system, rule.priority))
    )


def judge_app(snapshot: OktaSnapshot, app: App, demand: Demand) -> Judged:
    """Every active rule before an app, the catch-all included: whoever one rule does not take, a later one does."""
    if not app.policy_id:
        return Judged(app, Answer.UNKNOWN, why=no_policy(snapshot))
    rules = active_rules(snapshot, app.policy_id)
    exempt = tuple(rule for rule in rules if break_glass_only(snapshot, rule))
    judged = [rule for rule in rules if rule not in exempt]
    answers = {rule.id: rule_demands(rule, demand) for rule in judged}
    unsure = [rule for rule in judged if answers[rule.id] is Answer.NO and perhaps_break_glass(snapshot, rule)]
    answers |= {rule.id: Answer.UNKNOWN for rule in unsure}
    answer = weakest(answers.values())
    missing = unread(snapshot.access_rules)
    if answer is not Answer.NO and (missing or not judged):
        return Judged(app, Answer.UNKNOWN, exempt=exempt, why=missing or NO_RULES)
    why = None
    if answer is Answer.UNKNOWN and unsure:
        hidden = unread(snapshot.users) or Unavailable("partial_data")
        detail = f"{names([rule.name for rule in unsure])} may be for break-glass accounts alone. {hidden.detail}"
        why = replace(hidden, detail=detail.strip(), read=())
    elif answer is Answer.UNKNOWN:
        unknown = [rule.name for rule in judged if answers[rule.id] is Answer.UNKNOWN]
        why = Unavailable("unsupported", detail=f"We do not understand what {names(unknown)} demands.")
    return Judged(
        app,
        answer,
        tuple(rule for rule in judged if answers[rule.id] is Answer.NO),
        tuple(rule for rule in judged if answers[rule.id] is Answer.UNKNOWN),
        tuple(rule for rule in judged if answers[rule.id] is Answer.YES and rule.access == ALLOW),
        exempt,
        why,
    )


def no_policy(snapshot: OktaSnapshot) -> Unavailable:
    """Why an app has no policy to judge: on the Classic engine, Okta shows none of any app."""
    if snapshot.engine == CLASSIC:
        return Unavailable(
            "unsupported",
            detail="Your org runs the Classic engine, which does not show the sign-on policies of apps.",
        )
    return NO_POLICY


def break_glass_only(snapshot: OktaSnapshot, rule: AccessRule) -> bool:
    """The rule takes nobody but declared break-glass accounts."""
    if not rule.people.users or rule.people.groups:
        return False
    declared = NamedAccounts.of(snapshot.declared.break_glass)
    known = {user.id: user for user in rows_read(snapshot.users)}
    return all(
        declared.matches(user_id, *((known[user_id].login, known[user_id].email) if user_id in known else ()))
        for user_id in rule.people.users
    )


def perhaps_break_glass(snapshot: OktaSnapshot, rule: AccessRule) -> bool:
    """The rule takes a few named users, who may be the declared break-glass accounts: users were not read."""
    named = bool(rule.people.users) and not rule.people.groups and bool(snapshot.declared.break_glass)
    return named and unread(snapshot.users) is not None


def people_apps(snapshot: OktaSnapshot) -> tuple[App, ...]:
    """Active apps that people sign in to, as far as they were read."""
    return tuple(app for app in rows_read(snapshot.apps) if app.active and not app.service_only)


def left_out(snapshot: OktaSnapshot) -> str:
    """The sentence that names apps that no person signs in to, with a leading space; empty if there is none."""
    services = [app.label for app in rows_read(snapshot.apps) if app.active and app.service_only]
    return f" Left out, because no person signs in to them: {names(services)}." if services else ""


def hidden_apps(snapshot: OktaSnapshot) -> tuple[str, ...]:
    """Okta's own apps that are always there but were not shown to this role."""
    shown = {app.name for app in rows_read(snapshot.apps)}
    return tuple(title for name, title in FIRST_PARTY.items() if name not in shown)


def loose_policies(snapshot: OktaSnapshot, demand: Demand) -> tuple[str, ...] | Unavailable:
    """Names of active policies that may be those of hidden apps and do not surely demand enough.

    A hidden app is under one of the org's policies. If each of those demands enough, so does the hidden app's.
    """
    if isinstance(snapshot.access_policies, Unavailable):
        return snapshot.access_policies
    shown = {app.policy_id for app in rows_read(snapshot.apps)}
    weak = []
    for policy in snapshot.access_policies:
        rules = active_rules(snapshot, policy.id)
        answer = weakest(rule_demands(rule, demand) for rule in rules if not break_glass_only(snapshot, rule))
        if policy.active and policy.id not in shown and answer is not Answer.YES:
            weak.append(policy.name)
    return tuple(weak)


def lines_of(source: str, objects: Sequence[str], name: str, observed: str, expected: str) -> tuple[Evidence, ...]:
    """One line for each object, so that an accepted exception can name it; over 50, the last line counts the rest."""
    shown = tuple(Evidence(source, each, name, observed, expected) for each in objects[:MOST_NAMES])
    rest = len(objects) - len(shown)
    return (*shown, Evidence(source, f"{rest} more", name, observed, expected)) if rest else shown


def rule_evidence(rule: AccessRule, name: str, observed: str, expected: str) -> Evidence:
    """One observed fact of a rule of an authentication policy."""
    return Evidence(RULES_SOURCE, f"{rule.policy_id}/{rule.id}", name, observed, expected)


def verification_text(rule: AccessRule) -> str:
    """The raw words of what a rule demands."""
    how = rule.verification
    parts = [how.kind or "none", how.factor_mode]
    parts += [f"phishingResistant={each.phishing_resistant or 'absent'}" for each in how.constraints]
    return " ".join(part for part in parts if part)


_WORDS = re.compile(r"[a-z0-9]+")


def tool_apps(tool: str, apps: Iterable[App]) -> tuple[App, ...]:
    """The apps that a declared tool (a name or a host) stands for: by label, or by a host sign-in leads back to."""
    wanted = tool.strip().casefold().removeprefix("https://").rstrip("/")
    words = _WORDS.findall(wanted)
    if not words:
        return ()
    return tuple(
        app
        for app in apps
        if _holds(_WORDS.findall(app.label.casefold()), words)
        or ("." in wanted and any(_covers(wanted, host) for host in app.hosts))
    )


def _covers(wanted: str, host: str) -> bool:
    return host == wanted or host.endswith(f".{wanted}")


def _holds(label: list[str], words: list[str]) -> bool:
    return any(label[at : at + len(words)] == words for at in range(len(label) - len(words) + 1))


@dataclass(frozen=True, slots=True)
class Directory:
    """Who is who among Okta's users, by login, address and declared other names."""

    by_name: dict[str, list[User]] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, snapshot: OktaSnapshot) -> Directory:
        """Users as far as they were read."""
        found = cls({}, {name.casefold(): address.casefold() for name, address in snapshot.declared.aliases})
        for user in rows_read(snapshot.users):
            for name in found.names_of(user):
                found.by_name.setdefault(name, []).append(user)
        return found

    def find(self, person: str) -> tuple[User, ...]:
        """All users of a declared address or name."""
        wanted = person.strip().casefold()
        users = [*self.by_name.get(wanted, ()), *self.by_name.get(self.aliases.get(wanted, ""), ())]
        return tuple({user.id: user for user in users}.values())

    def names_of(self, user: User) -> tuple[str, ...]:
        """All names by which a person may have been declared."""
        own = [name for name in (user.login, user.email) if name]
        return tuple(dict.fromkeys((*own, *(self.aliases[name] for name in own if name in self.aliases))))


def live_users(snapshot: OktaSnapshot) -> tuple[User, ...]:
    """Accounts that can sign in, or can again after a reset, as far as they were read."""
    return tuple(user for user in rows_read(snapshot.users) if user.status in LIVE)


def label_of(snapshot: OktaSnapshot, user_id: str) -> str:
    """The login of a user; the id where users were not read."""
    return next((user.login for user in rows_read(snapshot.users) if user.id == user_id), user_id or "an unknown user")
