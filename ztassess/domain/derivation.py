"""Owns "explain this number": the formula of one control's attainment with the values that stood in it.

Nothing is computed here a second time: values come from the judgment itself (`Terms`, `ControlAssessment`), and the
result that is printed is the one that was scored.
"""

from __future__ import annotations

from dataclasses import dataclass

from ztassess.domain.assessment import Assessment, ControlAssessment, level_name
from ztassess.domain.confidence import (
    CLAIM_DAYS,
    CLAIM_EXPIRES_DAYS,
    STALE_FLOOR,
    UPLOAD_SHARE_OF_WINDOW,
    Terms,
    decay,
    is_attested,
)
from ztassess.domain.moments import Moment, age_days
from ztassess.domain.scoring import GATE_STAGE

FORMULA = "a = (kv × min(V, T) + kc × (min(C, T) − min(V, T)) × [V ≥ M]) / T"


@dataclass(frozen=True, slots=True)
class Input:
    """One letter of the formula: its name, its value as text, and where the value comes from."""

    letter: str
    name: str
    value: str
    because: str


@dataclass(frozen=True, slots=True)
class Derivation:
    """One control's number, taken apart.

    Attributes:
        formula: the formula in letters.
        inputs: T, C, V, M, kv, kc, in this order.
        filled: the formula with the values, and its result.
        steps: what follows from the result: the weight in the stage, the gate, the points.
    """

    formula: str
    inputs: tuple[Input, ...]
    filled: str
    steps: tuple[str, ...]


def derive(judged: Assessment, control_id: str) -> Derivation | None:
    """How the number of one control came about; None where the control is not applicable and has none.

    Raises:
        KeyError: the catalog has no such control.
    """
    each = judged.control(control_id)
    if each.terms is None:
        return None
    return Derivation(FORMULA, _inputs(each, judged.today), _filled(each.terms), _steps(judged, each))


def _inputs(each: ControlAssessment, today: Moment) -> tuple[Input, ...]:
    verified = each.verified
    claim = "nobody claims a level" if each.claim is None else "the answer is older than a year"
    return (
        Input("T", "target", str(each.control.target), f"{level_name(each.control.target)}, from the catalog"),
        Input(
            "C",
            "claimed level",
            "–" if each.claim_level is None else str(each.claim_level),
            claim if each.claim_level is None else f"{level_name(each.claim_level)}, from the answer",
        ),
        Input(
            "V",
            "verified level",
            "–" if verified is None else str(verified.level),
            "no finding is definite" if verified is None else f"{level_name(verified.level)}, from {_checks(each)}",
        ),
        Input(
            "M",
            "highest level the checks can see",
            "–" if verified is None else str(verified.max_level),
            "no finding is definite" if verified is None else _reach(each),
        ),
        Input("kv", "confidence of the proof", _plain(each.kv), _because_kv(each, today)),
        Input("kc", "confidence of the claim", _plain(each.kc), _because_kc(each, today)),
    )


def _checks(each: ControlAssessment) -> str:
    names = each.verified.checks if each.verified else ()
    return f"{len(names)} checks that decide it" if len(names) > 1 else f"the check {names[0]}" if names else "findings"


def _reach(each: ControlAssessment) -> str:
    if each.terms is not None and each.terms.refuted:
        return "above V: what is claimed beyond V is refuted"
    return "not above V: what is claimed beyond V was not looked at"


def _because_kv(each: ControlAssessment, today: Moment) -> str:
    """Age and window of what decides, and the arithmetic in between, so that a reader can compute kv again."""
    verified, window = each.verified, float(each.control.freshness_days)
    if verified is None:
        return "there is no proof"
    age, what, half = age_days(verified.verified_at, today), "the oldest deciding check", ""
    if verified.uploaded_at is not None:
        uploaded, short = age_days(verified.uploaded_at, today), window * UPLOAD_SHARE_OF_WINDOW
        if decay(uploaded, short) <= decay(age, window):
            age, window, what, half = uploaded, short, "the oldest deciding upload", " (half as long)"
    said = f"{what} is {_days(age)} old, fresh for {_plain(window)}{half}"
    if each.kv >= 1.0:
        return said
    if each.kv <= STALE_FLOOR:
        return f"{said}: at twice that and more it counts {_plain(STALE_FLOOR)}"
    return f"{said}: 1 − {_plain(1 - STALE_FLOOR)} × ({_plain(age)} − {_plain(window)}) / {_plain(window)}"


def _because_kc(each: ControlAssessment, today: Moment) -> str:
    if each.claim is None:
        return "there is no claim"
    if is_attested(each.reviewed_at, each.control.freshness_days, today):
        sight = "a connector could see it" if each.checkable else "no connector of this stack can see it"
        return f"a second person reviewed an artifact, and {sight}"
    age = age_days(each.claim.answered_at, today)
    if age > CLAIM_EXPIRES_DAYS:
        return "the answer is older than a year"
    half = f"over {CLAIM_DAYS} days old" if age > CLAIM_DAYS else f"at most {CLAIM_DAYS} days old"
    return f"claimed without a reviewed artifact, {half}"


def _filled(found: Terms) -> str:
    looked = 0 if found.refuted else 1
    terms = f"{_plain(found.kv)} × {found.proven} + {_plain(found.kc)} × {found.unseen} × {looked}"
    return f"a = ({terms}) / {found.target} = {_plain(found.floor)}"


def _steps(judged: Assessment, each: ControlAssessment) -> tuple[str, ...]:
    found = each.terms
    assert found is not None  # noqa: S101  derive asked before
    stage = judged.stage(each.control.stage)
    others = [one for one in judged.of_stage(stage.stage.id) if one.applies]
    weight = sum(one.control.weight for one in others)
    steps = [f"It is {each.control.weight} of the {weight} weights of {stage.stage.title}."]
    if found.missing:
        steps.append(f"A missing answer could still raise it to {_plain(found.ceiling)}.")
    if stage.stage.id != GATE_STAGE:
        steps.append(f"Behind the identity gate, the stage counts {_plain(stage.factor.proven)} of what it reached.")
    now = 100 * judged.eighty_twenty.proven
    if not each.control.in_80_20:
        steps.append("It is not in the 80/20, so it moves the overall number alone.")
    elif each.points:
        steps.append(
            f"The whole score run again with a = 1 here and everything else as it is: the 80/20 goes from "
            f"{now:.1f} to {now + each.points:.1f}, which is what it would bring."
        )
    else:
        steps.append("It is at its target with proof, so it brings nothing more.")
    return tuple(steps)


def _days(days: float) -> str:
    text = _plain(days)
    return f"{text} day" if text == "1" else f"{text} days"


def _plain(number: float) -> str:
    """At most three decimals, no trailing zeros."""
    return f"{number:.3f}".rstrip("0").rstrip(".")
