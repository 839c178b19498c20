"""Emergency accounts by a table: two that exist, work, hold a key, are exempt, and were used."""

from __future__ import annotations

import pytest

from tests.connectors.entra.cases import (
    REPORT,
    USERS,
    Case,
    changed,
    judged,
)
from tests.connectors.entra.factory import (
    DENIED,
    FAIL,
    NOT_CHECKED,
    PASS,
    UNLICENSED,
)
from tests.connectors.entra.tenant import (
    GLASS_1,
    GLASS_2,
    grant,
    policy,
    user,
)

CASES: list[Case] = [
    ("break_glass_ready", {}, PASS, "2 emergency accounts"),
    ("break_glass_ready", {"declared": {"break_glass": ()}}, NOT_CHECKED, "Nobody has listed"),
    ("break_glass_ready", {"declared": {"break_glass": (GLASS_1,)}}, FAIL, "1 of at least 2"),
    ("break_glass_ready", {"declared": {"break_glass": (GLASS_1, "gone")}}, FAIL, "declared: user-glass-1, gone"),
    ("break_glass_ready", {"declared": {"break_glass": ("glass-1@x.io", "GLASS-2@X.IO")}}, PASS, "glass-2@x.io"),
    (
        "break_glass_ready",
        {"registrations": changed(REPORT, 3, methodsRegistered=["sms"])},
        FAIL,
        "1 emergency account has no security key.",
    ),
    ("break_glass_ready", {"registrations": REPORT[:4]}, NOT_CHECKED, "does not know glass-2@x.io"),
    ("break_glass_ready", {"users": changed(USERS, 3, accountEnabled=False)}, FAIL, "glass-1@x.io is disabled"),
    (
        "break_glass_ready",
        {"policies": [policy("b", grantControls=grant("block"), conditions__users__excludeUsers=[GLASS_1])]},
        FAIL,
        "'b' blocks everyone and does not leave out glass-2@x.io.",
    ),
    ("break_glass_ready", {"sign_ins": [user(GLASS_1, "x", used=200), user(GLASS_2, "x")]}, NOT_CHECKED, "attest"),
    ("break_glass_ready", {"sign_ins": UNLICENSED}, NOT_CHECKED, "P1/P2"),
    ("break_glass_ready", {"users": DENIED}, NOT_CHECKED, ""),
]


@pytest.mark.parametrize("case", CASES)
def test_outcome_and_words_follow_what_was_seen(case: Case) -> None:
    judged(case)
