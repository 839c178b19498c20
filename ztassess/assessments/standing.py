"""Owns the words about proof: which systems spoke, and the one sentence that says what they saw."""

from __future__ import annotations

from dataclasses import dataclass

from ztassess.assessments.selectors import Reading
from ztassess.domain.assessment import ControlAssessment


@dataclass(frozen=True, slots=True)
class ProofWords:
    """Which connections spoke about a control ("AWS and Postgres"), and what the most telling of them said."""

    sources: str = ""
    sentence: str = ""


ORDER = ("fail", "not_checked", "error", "pass", "not_applicable")


def proof_of(reading: Reading, each: ControlAssessment) -> ProofWords:
    """The words about one control's proof; empty where no connector ever looked."""
    rows = [(row, check) for row, check, verifies in reading.standing_of(each.id) if not verifies.supporting]
    if not rows:
        return ProofWords()
    names = list(dict.fromkeys(row.connection.name for row, _ in rows))
    row, _ = min(rows, key=lambda pair: ORDER.index(pair[0].latest_outcome or "not_checked"))
    return ProofWords(_joined(names), row.latest_reason)


def _joined(names: list[str]) -> str:
    if len(names) <= 1:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
