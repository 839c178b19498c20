"""What the weakest way through a flow demands, by Keycloak's own rules of evaluation."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.keycloak.factory import steps
from tests.connectors.keycloak.realm import (
    ALTERNATIVE,
    CONDITIONAL,
    DISABLED,
    REQUIRED,
    STRONG,
    TOP,
    browser,
    optional,
    step,
)
from ztassess.connectors.api import Row
from ztassess.connectors.errors import BadAnswer
from ztassess.connectors.keycloak import parsing
from ztassess.connectors.keycloak.flows import Answer, demand, second_factors, tree

NO, OPT_IN, UNKNOWN, YES = Answer.NO, Answer.OPT_IN, Answer.UNKNOWN, Answer.YES
OTP = step(1, REQUIRED, "auth-otp-form", "OTP Form")
OTP2, KEY2 = step(2, ALTERNATIVE, "auth-otp-form"), step(2, ALTERNATIVE, "webauthn-authenticator")
SUB = step(1, REQUIRED, name="2FA")
MAYBE = step(1, CONDITIONAL, name="2FA")
CONFIGURED = step(2, REQUIRED, "conditional-user-configured", "Condition - user configured")
ROLE = step(2, REQUIRED, "conditional-user-role", "Condition - user role")
USED = step(2, REQUIRED, "conditional-credential", "Condition - credential", "cfg")
PASSKEY_TOP = step(0, ALTERNATIVE, "webauthn-authenticator-passwordless", "Passkey")
PASSKEYS = ("webauthn-passwordless",)


def off(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "requirement": DISABLED}


FLOWS = [
    ("password alone", browser(), NO),
    ("otp required", browser(OTP), YES),
    ("webauthn required", STRONG, YES),
    ("otp disabled", browser(off(OTP)), NO),
    ("one of two, required", browser(SUB, OTP2, KEY2), YES),
    ("one of two, sub-flow disabled", browser(off(SUB), OTP2, KEY2), NO),
    ("alternatives beside a required password are ignored", browser(step(1, ALTERNATIVE, "auth-otp-form")), NO),
    ("as a new realm has it", optional(), OPT_IN),
    ("condition disabled, so the sub-flow is left out", browser(MAYBE, off(CONFIGURED), OTP2), NO),
    ("no condition at all", browser(MAYBE, OTP2), NO),
    ("a condition of one's own perhaps", browser(MAYBE, step(2, REQUIRED, "acme-condition"), OTP2), UNKNOWN),
    ("by role", browser(MAYBE, ROLE, OTP2), UNKNOWN),
    ("configured and by role", browser(MAYBE, CONFIGURED, ROLE, OTP2), NO),
    ("by credential, config not known", browser(MAYBE, USED, OTP2), UNKNOWN),
    ("conditional and nothing in it", browser(MAYBE, CONFIGURED, off(OTP2)), NO),
    ("conditional denial beside a required factor", browser(OTP, MAYBE, ROLE, step(2, REQUIRED,
     "deny-access-authenticator")), YES),
    ("conditional denial alone", browser(MAYBE, ROLE, step(2, REQUIRED, "deny-access-authenticator")), NO),
    ("required beside conditional", browser(OTP, MAYBE, CONFIGURED, KEY2), YES),
    ("Kerberos beside", [{**each, "requirement": ALTERNATIVE} if each.get("providerId") == "auth-spnego" else each
     for each in STRONG], NO),
    ("a form of one's own", browser(step(1, REQUIRED, "acme-sms")), UNKNOWN),
    ("a form of one's own as an alternative", browser(SUB, KEY2, step(2, ALTERNATIVE, "acme-sms")), UNKNOWN),
    ("conditional OTP form", browser(step(1, REQUIRED, "auth-conditional-otp-form")), UNKNOWN),
    ("passkey beside a password", [*browser(), PASSKEY_TOP], NO),
    ("passkey beside password and OTP", [*browser(OTP), PASSKEY_TOP], YES),
    ("passkey only", [step(0, ALTERNATIVE, "auth-cookie"), PASSKEY_TOP], YES),
    ("cookie only", [step(0, ALTERNATIVE, "auth-cookie")], UNKNOWN),
    ("organization identity first", [*STRONG, step(0, ALTERNATIVE, name="Organization"),
     step(1, CONDITIONAL, name="Conditional Organization"), step(2, REQUIRED, "conditional-user-configured"),
     step(2, ALTERNATIVE, "organization")], YES),
    ("optional, as before version 8", browser(step(1, "OPTIONAL", "auth-otp-form")), OPT_IN),
    ("a requirement that is new", browser(step(1, "SOMETIMES", "auth-otp-form")), UNKNOWN),
    ("nothing", [], UNKNOWN),
]  # fmt: skip


@pytest.mark.parametrize(("executions", "answer"), [pytest.param(*case[1:], id=case[0]) for case in FLOWS])
def test_weakest_way(executions: list[dict[str, Any]], answer: Answer) -> None:
    found = demand(tree(steps("browser", executions)), passkeys_verify=True)
    assert found.answer is answer
    assert bool(found.why) is (answer is not YES)


@pytest.mark.parametrize(
    ("passed_by", "alone", "configured"),
    [
        (PASSKEYS, YES, OPT_IN),
        (("webauthn", "webauthn-passwordless"), YES, OPT_IN),
        (("password",), UNKNOWN, NO),
        (("webauthn", "none"), UNKNOWN, NO),
        (None, UNKNOWN, NO),
    ],
)
def test_condition_on_credentials_leaves_out_keys_only(passed_by, alone: Answer, configured: Answer) -> None:
    for conditions, answer in (([USED], alone), ([CONFIGURED, USED], configured)):
        flow = browser(MAYBE, *conditions, OTP2)
        assert demand(tree(steps("browser", flow, passed_by)), passkeys_verify=True).answer is answer


def test_passkey_that_need_not_verify_its_holder_is_not_two_factors() -> None:
    flow = [step(0, ALTERNATIVE, "auth-cookie"), PASSKEY_TOP]
    assert demand(tree(steps("browser", flow)), passkeys_verify=False).answer is UNKNOWN


def test_second_factors_inside_a_disabled_sub_flow_are_off() -> None:
    flow = browser(off(SUB), OTP2, KEY2, step(1, REQUIRED, "webauthn-authenticator"))
    assert [each.provider for each in second_factors(tree(steps("browser", flow)))] == ["webauthn-authenticator"]


@pytest.mark.parametrize(
    "executions",
    [
        [step(1, REQUIRED, "auth-otp-form")],
        [*TOP, step(2, REQUIRED, "auth-otp-form")],
        [step(0, REQUIRED, "auth-username-form"), step(1, REQUIRED, "auth-otp-form")],
        [step(-1, REQUIRED, "auth-otp-form")],
        [step(level, REQUIRED, name=f"s{level}") for level in range(40)],
    ],
)
def test_levels_that_make_no_tree_are_refused(executions: list[dict[str, Any]]) -> None:
    with pytest.raises(BadAnswer, match="make no tree"):
        steps("browser", executions)


def test_config_of_a_condition_is_read_as_keycloak_does() -> None:
    def read(**config: str) -> tuple[str, ...] | None:
        return parsing.passed_by(Row("AuthenticatorConfigRepresentation", {"id": "c", "config": config}))

    assert read(credentials="webauthn##webauthn-passwordless") == ("webauthn", "webauthn-passwordless")
    assert read(credentials="webauthn", included="true") is None
    assert read(credentials="webauthn", included="false") == ("webauthn",)
    assert parsing.passed_by(Row("AuthenticatorConfigRepresentation", {"id": "c"})) is None
