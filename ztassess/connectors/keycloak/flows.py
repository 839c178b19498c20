"""Owns what a flow demands: its steps as a tree, and the weakest way through it.

The rules are those of Keycloak's ``DefaultAuthenticationFlow``: at one level, required and conditional steps must all
be gone through and alternatives beside them are ignored; of alternatives alone, one is enough; a conditional sub-flow
is left out if one of its conditions does not hold, or if it has none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from ztassess.connectors.keycloak.snapshot import Broker, Client, Flow, Realm, Step

OTP_FORM: Final = "auth-otp-form"
WEBAUTHN, PASSKEY = "webauthn-authenticator", "webauthn-authenticator-passwordless"
# The kind of credential that each second factor asks for.
SECOND_FACTORS: Final = {
    OTP_FORM: "otp",
    WEBAUTHN: "webauthn",
    PASSKEY: "webauthn-passwordless",
    "auth-recovery-authn-code-form": "recovery-authn-codes",
    "auth-conditional-otp-form": "otp",
}
PHISHING_RESISTANT: Final = frozenset({WEBAUTHN, PASSKEY})
PHISHING_RESISTANT_KINDS: Final = frozenset({"webauthn", "webauthn-passwordless"})
# One factor, however it is typed. Kerberos counts what the workstation once asked for.
ONE_FACTOR: Final = frozenset(
    {
        "auth-username-password-form",
        "auth-username-form",
        "auth-password-form",
        "auth-spnego",
        "basic-auth",
        "http-basic-authenticator",
        "allow-access-authenticator",
        "idp-username-password-form",
        "idp-auto-link",
    }
)
# A session that began earlier through the same flow; another provider, judged apart; nobody at all.
NO_WAY_OF_ITS_OWN: Final = frozenset(
    {"auth-cookie", "identity-provider-redirector", "organization", "deny-access-authenticator"}
)
CONDITION: Final = "conditional-"
CONFIGURED: Final = "conditional-user-configured"
REQUIREMENTS: Final = frozenset({"REQUIRED", "ALTERNATIVE", "CONDITIONAL", "OPTIONAL"})


class Answer(IntEnum):
    """Whether a second factor is asked for, weakest first."""

    NO = 0
    OPT_IN = 1
    UNKNOWN = 2
    YES = 3


@dataclass(frozen=True, slots=True)
class Demand:
    """What the weakest way demands, and where that is decided."""

    answer: Answer
    why: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """One step with what stands below it."""

    step: Step
    children: tuple[Node, ...] = ()

    @property
    def on(self) -> bool:
        """It is not disabled."""
        return self.step.requirement != "DISABLED"

    @property
    def condition(self) -> bool:
        """It only says whether the steps beside it count."""
        return self.step.provider.startswith(CONDITION)


def flows_in_use(
    realm: Iterable[Realm], clients: Iterable[Client], flows: Iterable[Flow], brokers: Iterable[Broker]
) -> tuple[str, ...]:
    """Aliases of all flows that people come in through."""
    names = {flow.id: flow.alias for flow in flows}
    found = [each.browser_flow for each in realm]
    found += [names.get(client.browser_flow, "") for client in clients if client.enabled]
    found += [broker.post_flow for broker in brokers if broker.enabled and broker.for_people]
    return tuple(dict.fromkeys(alias for alias in found if alias))


def tree(steps: Sequence[Step]) -> tuple[Node, ...]:
    """The steps of one flow by level, in their order."""
    return _nodes(steps, 0)[0]


def _nodes(steps: Sequence[Step], level: int) -> tuple[tuple[Node, ...], int]:
    nodes: list[Node] = []
    at = 0
    while at < len(steps) and steps[at].level >= level:
        children, passed = _nodes(steps[at + 1 :], level + 1)
        nodes.append(Node(steps[at], children))
        at += 1 + passed
    return tuple(nodes), at


def second_factors(nodes: Iterable[Node]) -> tuple[Step, ...]:
    """The second factors of a flow that are not disabled, nor inside a sub-flow that is."""
    found: list[Step] = []
    for node in nodes:
        if node.on:
            found += [node.step] if node.step.provider in SECOND_FACTORS else []
            found += second_factors(node.children)
    return tuple(found)


def demand(nodes: Iterable[Node], passkeys_verify: bool) -> Demand:
    """What the weakest way through a flow demands.

    Parameters:
        passkeys_verify: a passkey alone is two factors, because it must verify its holder.
    """
    found = _level(nodes, lambda step: _asks(step, passkeys_verify))
    return found or Demand(Answer.UNKNOWN, "we found no way through it")


def _asks(step: Step, passkeys_verify: bool) -> Demand | None:
    """None: nobody comes in here without another step that is judged by itself."""
    if step.provider in NO_WAY_OF_ITS_OWN:
        return None
    if step.provider in ONE_FACTOR:
        return Demand(Answer.NO, f"'{step.name}' is enough")
    if step.provider == "auth-conditional-otp-form":
        return Demand(Answer.UNKNOWN, f"'{step.name}' asks by conditions of its own")
    if step.provider == PASSKEY and not passkeys_verify:
        return Demand(Answer.UNKNOWN, "passkeys are not said to verify their holder")
    if step.provider in SECOND_FACTORS:
        return Demand(Answer.YES)
    return Demand(Answer.UNKNOWN, f"we do not know what '{step.name}' ({step.provider}) asks for")


Asks = Callable[[Step], Demand | None]


def _level(nodes: Iterable[Node], asks: Asks) -> Demand | None:
    live = [node for node in nodes if node.on and not node.condition]
    must = [node for node in live if node.step.requirement != "ALTERNATIVE"]
    if not must:
        ways = [found for node in live if (found := _one(node, asks)) is not None]
        return min(ways, key=lambda way: way.answer, default=None)
    demands: list[Demand] = []
    for node in must:
        found = _one(node, asks)
        if found is not None:
            demands.append(found)
        elif node.step.requirement == "REQUIRED":
            return None
    return max(demands, key=lambda each: each.answer, default=None)


def _one(node: Node, asks: Asks) -> Demand | None:
    step = node.step
    if step.requirement not in REQUIREMENTS:
        return Demand(Answer.UNKNOWN, f"we do not know what {step.requirement} means for '{step.name}'")
    if step.requirement == "CONDITIONAL":
        return _conditional(node, asks)
    found = _level(node.children, asks) if step.subflow else asks(step)
    if step.requirement == "OPTIONAL" and found is not None and found.answer is Answer.YES:
        return _opt_in(step)
    return found


def _opt_in(step: Step) -> Demand:
    return Demand(Answer.OPT_IN, f"'{step.name}' asks only those who have configured a second factor")


def _conditional(node: Node, asks: Asks) -> Demand | None:
    inner, step = _level(node.children, asks), node.step
    if inner is None or inner.answer is Answer.NO:
        return inner
    conditions = [child.step for child in node.children if child.on and child.condition]
    if not conditions:
        strangers = [child for child in node.children if child.on and _asked_nothing_known(child)]
        if strangers:
            return Demand(Answer.UNKNOWN, f"we do not know the conditions of '{step.name}'")
        return Demand(Answer.NO, f"'{step.name}' has no condition, so it is left out")
    open_ = [each for each in conditions if not _holds_for_all_others(each)]
    if not open_:
        return inner
    rest = [f"'{each.name}'" for each in open_ if each.provider != CONFIGURED]
    if len(rest) == len(open_):
        return Demand(Answer.UNKNOWN, f"'{step.name}' asks where {', '.join(rest)} holds, and for whom cannot be seen")
    if rest or inner.answer is Answer.UNKNOWN:
        more = f", and only where {', '.join(rest)} holds" if rest else ""
        return Demand(Answer.NO, f"{_opt_in(step).why}{more}")
    return _opt_in(step)


def _asked_nothing_known(node: Node) -> bool:
    known = SECOND_FACTORS.keys() | ONE_FACTOR | NO_WAY_OF_ITS_OWN
    return not node.step.subflow and node.step.provider not in known


def _holds_for_all_others(condition: Step) -> bool:
    """It leaves out only people who have just used a key that cannot be phished."""
    return condition.passed_by is not None and set(condition.passed_by) <= PHISHING_RESISTANT_KINDS
