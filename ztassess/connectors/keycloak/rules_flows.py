"""Owns the checks of sign-in flows: a second factor on every way through, and none that can be phished."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from ztassess.connectors.judging import conclude, count, names, never_empty, rows_read, unread
from ztassess.connectors.keycloak.enrollment import Enforced, enforced
from ztassess.connectors.keycloak.flows import (
    OTP_FORM,
    PHISHING_RESISTANT,
    SECOND_FACTORS,
    Answer,
    Demand,
    demand,
    second_factors,
    tree,
)
from ztassess.connectors.keycloak.rules_clients import NO_CLIENT
from ztassess.connectors.keycloak.snapshot import Broker, KeycloakSnapshot, Step
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Outcome, Part, Severity, Unavailable, Verdict, failed, not_checked

CHECKS: Checks[KeycloakSnapshot] = Checks("keycloak")
SOURCE: Final = "GET /admin/realms/{realm}/authentication/flows/{alias}/executions"
REQUIRED: Final = "required"


@dataclass(frozen=True, slots=True)
class Used:
    """One flow that people sign in through, and by whom it is used."""

    alias: str
    by: tuple[str, ...]
    steps: tuple[Step, ...]
    demand: Demand
    factors: tuple[Step, ...]

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of credentials its second factors ask for."""
        return frozenset(SECOND_FACTORS[step.provider] for step in self.factors)

    @property
    def title(self) -> str:
        """The flow and its users, for a sentence."""
        return f"The flow '{self.alias}', used by {names(self.by)}"


def used_flows(snapshot: KeycloakSnapshot) -> tuple[Used, ...]:
    """The browser flow of the realm and those that clients override it with, as far as they were read."""
    by: dict[str, list[str]] = {realm.browser_flow: ["the realm"] for realm in rows_read(snapshot.realm)}
    aliases = {flow.id: flow.alias for flow in rows_read(snapshot.flows)}
    for client in rows_read(snapshot.clients):
        if client.enabled and client.browser_flow:
            by.setdefault(aliases.get(client.browser_flow, ""), []).append(client.name)
    by.pop("", None)
    return tuple(_used(snapshot, alias, tuple(users)) for alias, users in by.items())


def _used(snapshot: KeycloakSnapshot, alias: str, by: tuple[str, ...]) -> Used:
    steps = tuple(step for step in rows_read(snapshot.executions) if step.flow == alias)
    nodes = tree(steps)
    verify = any(realm.passkey_verification == REQUIRED for realm in rows_read(snapshot.realm))
    return Used(alias, by, steps, demand(nodes, verify), second_factors(nodes))


def _evidence(used: Used, expected: str) -> tuple[Evidence, ...]:
    found = ", ".join(f"{step.provider} {step.requirement}" for step in used.factors) or "none"
    return (Evidence(SOURCE, used.alias, "second factors that are not DISABLED", found, expected),)


def _holes(snapshot: KeycloakSnapshot) -> Iterator[Verdict]:
    """Ways in that could not be judged: unnamed flows, and people who come in from elsewhere."""
    for realm in rows_read(snapshot.realm):
        if not realm.browser_flow:
            yield not_checked(realm.name, "partial_data", "Keycloak did not say which flow people sign in through.")
    aliases = {flow.id for flow in rows_read(snapshot.flows)}
    for client in rows_read(snapshot.clients):
        if client.enabled and client.browser_flow and client.browser_flow not in aliases and not unread(snapshot.flows):
            text = f"{client.name} overrides the browser flow with one that is not among the realm's flows."
            yield not_checked(client.name, "partial_data", text)


def _brokered(snapshot: KeycloakSnapshot, resistant: bool) -> Iterator[Verdict]:
    for broker in rows_read(snapshot.brokers):
        if broker.enabled and broker.for_people and not _asks_after(snapshot, broker, resistant):
            text = (
                f"People also come in from {broker.alias} ({broker.kind or 'unknown kind'}). What it demands cannot "
                "be seen from here, and no flow after it asks for more; connect it or attest it."
            )
            yield not_checked(broker.alias, "unsupported", text, seen=1)


def _asks_after(snapshot: KeycloakSnapshot, broker: Broker, resistant: bool) -> bool:
    if not broker.post_flow:
        return False
    used = _used(snapshot, broker.post_flow, (broker.alias,))
    strong = all(step.provider in PHISHING_RESISTANT for step in used.factors)
    return used.demand.answer is Answer.YES and (strong or not resistant)


def _of(snapshot: KeycloakSnapshot) -> tuple[Part[Any], ...]:
    clients, flows = never_empty(snapshot.clients, NO_CLIENT), never_empty(snapshot.flows, "Keycloak listed no flow")
    return (snapshot.realm, clients, flows, snapshot.executions, snapshot.brokers)


def _unseen(used: Used, snapshot: KeycloakSnapshot) -> bool:
    """Its steps were not read, and the part says why."""
    return not used.steps and unread(snapshot.executions) is not None


@CHECKS.check(
    "keycloak.second_factor_required",
    title="The browser flow requires a second factor",
    verifies=(Verifies("mfa.all-humans", level=2),),
    severity=Severity.CRITICAL,
    parts=("realm", "clients", "flows", "executions", "actions", "users", "credentials", "brokers"),
)
def second_factor_required(snapshot: KeycloakSnapshot) -> Iterator[Verdict]:
    """Every flow in use, by its weakest way through. Asking those who configured one is an offer, no demand."""
    flows = used_flows(snapshot)
    problems = [verdict for used in flows for verdict in _demanded(snapshot, used, len(flows))]
    notes = [_excused(snapshot, used) for used in flows if used.demand.answer is Answer.OPT_IN]
    yield from conclude(
        snapshot.where,
        [*problems, *_holes(snapshot), *_brokered(snapshot, resistant=False)],
        of=_of(snapshot),
        seen=len(flows),
        good=f"Each way through {count(len(flows), 'flow')} asks for a second factor: "
        f"{names([used.alias for used in flows])}.{''.join(notes)}",
        nothing="No flow was found that people sign in through.",
        evidence=tuple(line for used in flows[:50] for line in _evidence(used, "REQUIRED on every way")),
    )


def _excused(snapshot: KeycloakSnapshot, used: Used) -> str:
    return f" '{used.alias}' asks those who configured one: {enforced(snapshot, used.kinds).reason}"


def _demanded(snapshot: KeycloakSnapshot, used: Used, of: int) -> Iterator[Verdict]:
    answer, why = used.demand.answer, used.demand.why
    if answer is Answer.YES or _unseen(used, snapshot):
        return
    text = f"{used.title}, one of {count(of, 'flow')}"
    evidence = _evidence(used, "REQUIRED on every way")
    if answer is Answer.NO:
        reason = f"{text}, does not require a second factor: {why}."
        yield failed(used.alias, reason, seen=of, evidence=evidence, near_miss=_optional(snapshot, used))
    elif answer is Answer.UNKNOWN:
        yield not_checked(used.alias, "unsupported", f"{text}, could not be judged: {why}.", seen=1)
    else:
        yield from _offered(used, enforced(snapshot, used.kinds), f"{text}, only offers a second factor: {why}.", of)


def _optional(snapshot: KeycloakSnapshot, used: Used) -> str:
    return enforced(snapshot, used.kinds).near_miss if used.factors else ""


def _offered(used: Used, found: Enforced, text: str, of: int) -> Iterator[Verdict]:
    if found.outcome is Outcome.FAIL:
        evidence = _evidence(used, "REQUIRED on every way")
        yield failed(used.alias, f"{text} {found.reason}", seen=of, evidence=evidence, near_miss=found.near_miss)
    elif found.outcome is Outcome.NOT_CHECKED:
        yield not_checked(used.alias, found.why or Unavailable("partial_data"), f"{text} {found.reason}", seen=1)


@CHECKS.check(
    "keycloak.phishing_resistant_flow",
    title="The flow uses WebAuthn only",
    verifies=(Verifies("mfa.phishing-resistant", level=2),),
    severity=Severity.HIGH,
    parts=("realm", "clients", "flows", "executions", "actions", "users", "credentials", "brokers"),
)
def phishing_resistant_flow(snapshot: KeycloakSnapshot) -> Iterator[Verdict]:
    """A phisher chooses the weakest factor that is on, or the way without any."""
    flows = used_flows(snapshot)
    problems = [verdict for used in flows for verdict in _resistant(snapshot, used, len(flows))]
    yield from conclude(
        snapshot.where,
        [*problems, *_holes(snapshot), *_brokered(snapshot, resistant=True)],
        of=_of(snapshot),
        seen=len(flows),
        good=f"Each way through {count(len(flows), 'flow')} asks for WebAuthn, and no other second factor is on.",
        nothing="No flow was found that people sign in through.",
        evidence=tuple(line for used in flows[:50] for line in _evidence(used, "webauthn only")),
    )


def _resistant(snapshot: KeycloakSnapshot, used: Used, of: int) -> Iterator[Verdict]:
    if _unseen(used, snapshot):
        return
    weak = [step for step in used.factors if step.provider not in PHISHING_RESISTANT]
    text, evidence = f"{used.title}, one of {count(of, 'flow')}", _evidence(used, "webauthn only")
    if weak:
        otp = any(step.provider == OTP_FORM for step in weak)
        near_miss = "OTP is an alternative." if otp and len(weak) < len(used.factors) else ""
        reason = f"{text}, takes factors that can be phished: {names([step.name for step in weak])}."
        yield failed(used.alias, reason, seen=of, evidence=evidence, near_miss=near_miss)
    elif used.demand.answer is Answer.NO:
        reason = f"{text}, lets people in without WebAuthn: {used.demand.why}."
        yield failed(used.alias, reason, seen=of, evidence=evidence)
    else:
        yield from _demanded(snapshot, used, of)
