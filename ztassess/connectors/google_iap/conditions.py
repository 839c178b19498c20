"""Owns what a condition of a binding demands: an expression in CEL is as strong as its weakest alternative."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from ztassess.connectors.google_iap.snapshot_access import AccessLevel, LevelCondition

Atom = Callable[[str], bool | None]
LONGEST: Final = 4000
DEEPEST: Final = 30
_LEVEL: Final = re.compile(
    r"""(["'])(?P<level>accessPolicies/\d+/accessLevels/\w+)\1\s+in\s+request\.auth\.access_levels""", re.ASCII
)
_ENDS: Final = re.compile(r"request\.time\s*<=?\s*timestamp\(.*\)|timestamp\(.*\)\s*>=?\s*request\.time", re.DOTALL)


def demands(expression: str, atom: Atom, depth: int = 0) -> bool | None:
    """True if an expression cannot hold without what `atom` looks for; None if we cannot tell.

    Parameters:
        atom: answers for a part without ``&&``, ``||``, ``!`` at its front or brackets around it.
    """
    text = expression.strip()
    if depth > DEEPEST or len(text) > LONGEST:
        return None
    if len(_split(text, "?")) > 1:
        return None
    either = _split(text, "||")
    if len(either) > 1:
        return weakest(demands(part, atom, depth + 1) for part in either)
    both = _split(text, "&&")
    if len(both) > 1:
        return strongest(demands(part, atom, depth + 1) for part in both)
    if text.startswith("!"):
        return None if demands(text[1:], atom, depth + 1) is None else False
    if text.startswith("(") and _closing(text) == len(text) - 1:
        return demands(text[1:-1], atom, depth + 1)
    return atom(text)


def weakest(answers: Iterable[bool | None]) -> bool | None:
    """Of alternatives: every one must demand it. No alternative demands nothing."""
    found = list(answers)
    if not found or False in found:
        return False
    return None if None in found else True


def strongest(answers: Iterable[bool | None]) -> bool | None:
    """Of what must hold together: one that demands it is enough."""
    found = list(answers)
    if True in found:
        return True
    return None if None in found else False


def _split(text: str, sign: str) -> list[str]:
    """The parts between signs that stand in no bracket and no quotation."""
    parts, begin, depth, quote, at = [], 0, 0, "", 0
    while at < len(text):
        letter = text[at]
        if quote:
            if letter == "\\":
                at += 1
            elif letter == quote:
                quote = ""
        elif letter in "\"'":
            quote = letter
        elif letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth -= 1
        elif depth == 0 and text.startswith(sign, at):
            parts.append(text[begin:at])
            at += len(sign)
            begin = at
            continue
        at += 1
    return [*parts, text[begin:]]


def _closing(text: str) -> int:
    """Where the bracket closes with which a text begins; -1 if nowhere."""
    depth, quote = 0, ""
    for at, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter == "(":
            depth += 1
        elif letter == ")":
            depth -= 1
            if depth == 0:
                return at
    return -1


def temporary(condition: str) -> bool:
    """True if a binding ends by itself, at a time that its condition names."""
    return bool(condition) and demands(condition, lambda part: _ENDS.fullmatch(part) is not None) is True


def device_demanded(condition: str, levels: Mapping[str, AccessLevel]) -> bool | None:
    """True if whoever meets a condition has a device that some access level looks at; None if we cannot tell."""

    def atom(part: str) -> bool | None:
        match = _LEVEL.fullmatch(part)
        if match is None:
            return None if "access_levels" in part else False
        return level_demands_device(match["level"], levels)

    return demands(condition, atom)


def named_levels(condition: str) -> tuple[str, ...]:
    """The access levels that a condition names."""
    return tuple(dict.fromkeys(match["level"] for match in _LEVEL.finditer(condition)))


def level_demands_device(
    name: str, levels: Mapping[str, AccessLevel], above: frozenset[str] = frozenset()
) -> bool | None:
    """True if a level cannot be met without a device that it looks at. A level that does not exist demands nothing."""
    level = levels.get(name)
    if level is None or name in above:
        return False
    if level.expression:
        return None if "device." in level.expression else False
    answers = [_condition_demands(each, levels, above | {name}) for each in level.conditions]
    return weakest(answers) if level.any_of else strongest(answers)


def _condition_demands(
    condition: LevelCondition, levels: Mapping[str, AccessLevel], above: frozenset[str]
) -> bool | None:
    if condition.negated:
        return False
    if condition.device:
        return True
    return strongest(level_demands_device(name, levels, above) for name in condition.levels)
