"""What a rule really demands, by tables: alternatives are as strong as the weakest one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.okta.factory import access
from tests.connectors.okta.org import access_rule
from ztassess.connectors.okta.sign_on import Answer, phishing_resistant, rule_demands, strength, two_factors

YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN


def assurance(mode: str | None, *constraints: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "ASSURANCE", "constraints": [{"possession": each} for each in constraints]}
    return found if mode is None else {**found, "factorMode": mode}


def method(name: str, **more: str) -> dict[str, Any]:
    return {"key": name, "method": name, **more}


def chain(*steps: list[dict[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for methods in reversed(steps):
        made = {"authenticationMethods": methods, **({"next": [made]} if made else {})}
    return made


def chains(*found: dict[str, Any]) -> dict[str, Any]:
    return {"type": "AUTH_METHOD_CHAIN", "chains": list(found)}


STRONG, WEAK = {"phishingResistant": "REQUIRED"}, {"deviceBound": "REQUIRED"}
PASSWORD, KEY, SMS = method("password"), method("webauthn"), method("sms")


@pytest.mark.parametrize(
    ("how", "two", "resistant"),
    [
        (assurance("2FA", STRONG), YES, YES),
        (assurance("2FA", STRONG, STRONG), YES, YES),
        (assurance("2FA", STRONG, WEAK), YES, NO),  # satisfying one of them is enough
        (assurance("2FA"), YES, NO),
        (assurance("2FA", {"phishingResistant": "OPTIONAL"}), YES, NO),
        (assurance("2FA", {**STRONG, "required": False}), YES, UNKNOWN),
        (assurance("1FA", STRONG), NO, YES),
        (assurance(None, STRONG), UNKNOWN, YES),
        (assurance("3FA"), UNKNOWN, NO),
        (chains(chain([PASSWORD], [KEY])), YES, YES),
        (chains(chain([PASSWORD], [SMS])), YES, NO),
        (chains(chain([PASSWORD], [KEY, SMS])), YES, NO),  # methods of a step are alternatives
        (chains(chain([PASSWORD], [KEY]), chain([PASSWORD])), NO, NO),  # and so are chains
        (chains(chain([PASSWORD])), NO, NO),
        (chains(chain([PASSWORD], [method("security_question")])), NO, NO),  # one kind twice
        (chains(chain([method("email")], [SMS])), NO, NO),
        (chains(chain([KEY])), NO, YES),
        (chains(chain([method("webauthn", userVerification="REQUIRED")])), YES, YES),
        (chains(chain([PASSWORD], [method("signed_nonce", phishingResistant="REQUIRED")])), YES, YES),
        (chains(chain([PASSWORD], [method("signed_nonce")])), YES, NO),
        (chains(chain([PASSWORD], [method("mind_reading")])), UNKNOWN, UNKNOWN),
        (chains(chain([method("idp")])), UNKNOWN, UNKNOWN),
        (chains(chain([PASSWORD], [])), UNKNOWN, UNKNOWN),
        (chains(), UNKNOWN, UNKNOWN),
        ({"type": "ID_PROOFING"}, UNKNOWN, UNKNOWN),
        ({"type": "TELEPATHY"}, UNKNOWN, UNKNOWN),
        ({"x": 1}, UNKNOWN, UNKNOWN),
    ],
)
def test_demand_of_a_rule(how: dict[str, Any], two: Answer, resistant: Answer) -> None:
    (rule,) = access(p=[access_rule("r", method=how)])
    assert rule_demands(rule, two_factors) is two
    assert rule_demands(rule, phishing_resistant) is resistant


def test_rule_that_denies_demands_everything_and_one_that_does_not_say_nothing_known() -> None:
    denied, silent = access(p=[access_rule("r", access="DENY"), access_rule("s", access="")])
    assert rule_demands(denied, two_factors) is YES
    assert rule_demands(silent, two_factors) is UNKNOWN


@pytest.mark.parametrize(
    ("how", "expected"),
    [(assurance("1FA", STRONG), 0), (assurance("2FA"), 1), (assurance("2FA", STRONG), 2), ({"type": "X"}, None)],
)
def test_strength_puts_rules_in_order(how: dict[str, Any], expected: int | None) -> None:
    (rule,) = access(p=[access_rule("r", method=how)])
    assert strength(rule) == expected
