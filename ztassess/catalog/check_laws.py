"""Owns the laws between the checks of the connectors and the catalog."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from ztassess.domain.checks import Check
from ztassess.domain.controls import Catalog, Level

_CHECK_ID = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")


def check_problems(catalog: Catalog, checks: Iterable[Check]) -> list[str]:
    """What is wrong between the checks of the connectors and the catalog; empty if nothing is.

    Parameters:
        checks: all registered checks of all connectors.

    Returns:
        One sentence per problem, each starting with the check's id: a malformed or repeated id, no title, a check that
        verifies nothing, an unknown control, the same control twice, a level outside 1 to 3.
    """
    checks = tuple(checks)
    known = {control.id for control in catalog.controls}
    counts = Counter(check.id for check in checks)
    problems = [f"{name}: this check id is registered {times} times." for name, times in counts.items() if times > 1]
    for check in checks:
        problems.extend(f"{check.id}: {text}" for text in _check_faults(check, known))
    return problems


def _check_faults(check: Check, known: set[str]) -> Iterator[str]:
    if not _CHECK_ID.fullmatch(check.id):
        yield "a check id is a connector's slug, a dot and the good state in snake_case."
    if not check.title.strip():
        yield "the check has no title."
    if not check.verifies:
        yield "the check verifies no control."
    seen: set[str] = set()
    for claim in check.verifies:
        if claim.control not in known:
            yield f"it verifies {claim.control}, which is no control of the catalog."
        if not Level.INITIAL <= claim.level <= Level.OPTIMAL:
            yield f"it verifies {claim.control} at level {claim.level}; levels are 1 to 3."
        if claim.control in seen:
            yield f"it verifies {claim.control} twice."
        seen.add(claim.control)
