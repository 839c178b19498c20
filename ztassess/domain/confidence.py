"""Owns how far a control counts: confidence of proof and of claims over time, and the attainment they give together.

Method (all numbers are displayed assumptions of this product, not measurements):

    kv   1 while the proof is younger than its freshness window F, then falling evenly to 0.6 at 2F, where it stays
    kc   0.6 for a claim up to 180 days old, 0.3 up to 365 days, then nothing; 0.8 with an artifact that a second
         person reviewed less than F ago, 1.0 if moreover no connector of the customer's stack can see the control
    a    [kv * min(V, T) + kc * (min(C, T) - min(V, T))+ * (V >= M)] / T,  at most 1; without proof kc * min(C, T) / T

V is the verified level, M the highest level the connected signal can verify, C the claimed level, T the target.
V < M means that the signal looked above V and did not find it: a claim above V is refuted, however old the proof is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ztassess.domain.moments import Moment, age_days

STALE_FLOOR = 0.6
CLAIMED = 0.6
CLAIMED_LONG_AGO = 0.3
REVIEWED = 0.8
REVIEWED_UNSEEABLE = 1.0
CLAIM_DAYS = 180
CLAIM_EXPIRES_DAYS = 365
UPLOAD_SHARE_OF_WINDOW = 0.5


@dataclass(frozen=True, slots=True)
class Claim:
    """A person's answer: the level (0 to 3) they say the control has, and when they said it."""

    level: int
    answered_at: Moment


@dataclass(frozen=True, slots=True)
class Verified:
    """What findings say about one control.

    Attributes:
        level: V, the level that stands verified, 0 to 3.
        max_level: M, the highest level the signals that spoke can verify; never below ``level``.
        verified_at: oldest moment among the checks that decide V.
        uploaded_at: oldest moment among those of them that read an uploaded export, which stays fresh half as long;
            None if none did.
        checks: ids of the checks that decide V, sorted.
        excepted: everything that fails is named by accepted exceptions; it holds V down all the same.
    """

    level: int
    max_level: int
    verified_at: Moment
    uploaded_at: datetime | None = None
    checks: tuple[str, ...] = ()
    excepted: bool = False

    def refutes(self, claimed_level: int) -> bool:
        """True if the signal looked above V and the claim says more than V."""
        return self.level < self.max_level and claimed_level > self.level


@dataclass(frozen=True, slots=True)
class Attainment:
    """How far one control counts, each 0 to 1.

    Attributes:
        floor: what is proven, with claims at their confidence; unknown counts 0. The headline number.
        ceiling: the same with everything unknown taken as reached.
        claimed: the claim at face value, and where proof shows more than the claim, what was proven.
    """

    floor: float
    ceiling: float
    claimed: float

    @property
    def unknown(self) -> bool:
        """True if an answer is missing that could still raise the number."""
        return self.ceiling > self.floor


def decay(age: float, window: float) -> float:
    """kv of proof ``age`` days old with a freshness window of ``window`` days: 1 down to 0.6."""
    if age <= window:
        return 1.0
    return max(STALE_FLOOR, 1.0 - (1.0 - STALE_FLOOR) * (age - window) / window)


def proof_confidence(verified: Verified, freshness_days: int, today: Moment) -> float:
    """kv, 0.6 to 1: the least over connections and uploads that decide the level."""
    confidence = decay(age_days(verified.verified_at, today), freshness_days)
    if verified.uploaded_at is not None:
        age = age_days(verified.uploaded_at, today)
        confidence = min(confidence, decay(age, freshness_days * UPLOAD_SHARE_OF_WINDOW))
    return confidence


def is_fresh(verified: Verified, freshness_days: int, today: Moment) -> bool:
    """True while nothing that decides the level is older than its window."""
    return proof_confidence(verified, freshness_days, today) >= 1.0


def is_attested(reviewed_at: Moment | None, freshness_days: int, today: Moment) -> bool:
    """True if a second person reviewed an artifact of the claim less than one freshness window ago."""
    return reviewed_at is not None and age_days(reviewed_at, today) < freshness_days


def claim_confidence(
    claim: Claim | None, reviewed_at: Moment | None, *, freshness_days: int, checkable: bool, today: Moment
) -> float:
    """kc: 0 (no claim, or one that expired), 0.3, 0.6, 0.8 or 1.0.

    Parameters:
        reviewed_at: when a second person last reviewed an artifact of this claim; None if nobody did.
        checkable: some connector that fits the customer's stack can see the control.
    """
    if claim is None:
        return 0.0
    if is_attested(reviewed_at, freshness_days, today):
        return REVIEWED if checkable else REVIEWED_UNSEEABLE
    age = int(age_days(claim.answered_at, today))
    if age <= CLAIM_DAYS:
        return CLAIMED
    return CLAIMED_LONG_AGO if age <= CLAIM_EXPIRES_DAYS else 0.0


@dataclass(frozen=True, slots=True)
class Terms:
    """What stands in the formula of `attainment` for one control: levels as they count there.

    Attributes:
        proven: min(V, T); 0 without proof.
        unseen: (min(C, T) - min(V, T))+, the claimed levels that no finding speaks about; 0 where V < M.
        refuted: V < M: the signal looked above V and did not find it, so nothing claimed above counts.
        missing: levels nobody said anything about and nothing refutes: counted in the ceiling alone.
        kv, kc: confidences, 0 to 1.
        target: T, above 0.
    """

    proven: int
    unseen: int
    refuted: bool
    missing: int
    kv: float
    kc: float
    target: int

    @property
    def floor(self) -> float:
        """a, the attainment that counts as proven, 0 to 1."""
        return min(1.0, (self.kv * self.proven + self.kc * self.unseen) / self.target)

    @property
    def ceiling(self) -> float:
        """a with everything that nobody spoke about taken as reached, 0 to 1."""
        return min(1.0, self.floor + self.missing / self.target)


def terms(claim_level: int | None, kc: float, verified: Verified | None, kv: float, target: int) -> Terms:
    """The terms of one control's attainment. Parameters as for `attainment`."""
    proven = min(verified.level, target) if verified else 0
    refuted = verified is not None and verified.level < verified.max_level
    return Terms(
        proven=proven,
        unseen=0 if refuted else max(0, min(claim_level or 0, target) - proven),
        refuted=refuted,
        missing=0 if refuted or claim_level is not None else target - proven,
        kv=kv,
        kc=kc,
        target=target,
    )


def attainment(claim_level: int | None, kc: float, verified: Verified | None, kv: float, target: int) -> Attainment:
    """How far one control counts.

    Parameters:
        claim_level: C, 0 to 3; None if there is no claim or it expired, which is unknown and not "no".
        kc: confidence of the claim, 0 to 1; its value does not matter without a claim.
        verified: V and M; None if no finding is definite.
        kv: confidence of the proof, 0 to 1; its value does not matter without proof.
        target: T, above 0.

    Returns:
        Floor, ceiling and claimed share, floor <= ceiling and floor <= claimed. An answer is missing where no claim
        exists and no finding refutes one: what nobody said and nothing saw counts 0 in the floor, 1 in the ceiling.
    """
    found = terms(claim_level, kc, verified, kv, target)
    face_value = max(found.proven, min(claim_level or 0, target)) / target
    return Attainment(found.floor, found.ceiling, face_value)
