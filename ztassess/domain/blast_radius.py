"""Owns the blast radius: the share of sensitive data within reach of an attacker, by entry point and by what is done.

    BR(x) = sum_d sens(d) * max over services s reached [ lambda^hops(x, s) * right(s, d) ] / sum_d sens(d)

``hops`` counts the further services that must be broken on the way; lambda is the assumed chance of each. 0.5 is shown,
with 0 (only what the breached thing itself may touch) and 1 (every hop succeeds) as the band. An attacker moves from u
to v if the network allows it and v does not refuse u by authenticated policy. The company's figure is the mean over all
entry points; a closed one counts 0.

Limits: worst-case reachability without likelihood or detection; misuse of an allowed call is not modelled; what is not
listed is not counted, see `ztassess.domain.landscape.completeness`. After: Dunagan et al., Heat-ray (SOSP 2009);
Freitas et al., D2M (arXiv 2001.11108); hops are a small cousin of k-zero-day safety (Wang, Jajodia, Singhal, Noel).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from ztassess.domain.assessment import Assessment
from ztassess.domain.findings import Unavailable
from ztassess.domain.landscape import Entry, EntryKind, Landscape, Right
from ztassess.domain.reach import Near, Nearby, Nearest, Terrain, terrain

LAMBDA = 0.5


class Measure(StrEnum):
    """What cuts the blast radius, named by stage or track, in the order of the example."""

    IDENTITY = "identity"
    MFA = "mfa"
    PROXY = "proxy"
    LEAST_PRIVILEGE = "least-privilege"
    CREDENTIALS = "credentials"
    MESH = "mesh"


CLOSED_BY = {
    EntryKind.LEAVER: Measure.IDENTITY,
    EntryKind.PASSWORD: Measure.MFA,
    EntryKind.KEY: Measure.CREDENTIALS,
}
"""Leavers' accounts are gone, a stolen password alone opens nothing, there are no static keys to leak."""

MEASURE_CONTROLS = {
    Measure.IDENTITY: ("identity.offboarding",),
    Measure.MFA: ("mfa.all-humans",),
    Measure.PROXY: ("proxy.front-internal-apps", "proxy.vpn-retired", "proxy.admin-paths"),
    Measure.LEAST_PRIVILEGE: ("least-privilege.db-user-per-service", "least-privilege.db-grants-minimal"),
    Measure.CREDENTIALS: ("credentials.no-static-cloud-keys",),
    Measure.MESH: ("mesh.default-deny",),
}


@dataclass(frozen=True, slots=True)
class Path:
    """How an attacker gets to one store.

    Attributes:
        steps: the entry point, then the services broken on the way, the last one holding the right.
        hops: further services broken.
        share: of all sensitive data, what this path alone exposes, 0 to 1.
    """

    steps: tuple[str, ...]
    store: str
    right: Right
    hops: int
    share: float

    @property
    def words(self) -> str:
        """For example ``notify → api → users (write), 1 hop``."""
        hops = "1 hop" if self.hops == 1 else f"{self.hops} hops"
        return f"{' → '.join((*self.steps, self.store))} ({self.right.value}), {hops}"


@dataclass(frozen=True, slots=True)
class EntryReach:
    """What one entry point exposes. ``share`` is 0 to 1; ``worst`` is None where nothing sensitive is in reach."""

    id: str
    title: str
    kind: EntryKind
    closed: bool
    share: float
    worst: Path | None


@dataclass(frozen=True, slots=True)
class BlastRadius:
    """The company's figure.

    Attributes:
        share: mean over all entry points at the displayed lambda, 0 to 1.
        low, high: the same at lambda 0 and 1.
        entries: largest first.
    """

    measures: frozenset[Measure]
    share: float
    low: float
    high: float
    entries: tuple[EntryReach, ...]

    @property
    def worst(self) -> EntryReach:
        return self.entries[0]


def blast_radius(
    landscape: Landscape, measures: Collection[Measure] = (), *, chance: float = LAMBDA
) -> BlastRadius | Unavailable:
    """The blast radius with these measures in place.

    Parameters:
        chance: lambda, 0 to 1.

    Returns:
        Unavailable (``input_missing``) where there is no entry point, or no store with sensitive data.
    """
    done = frozenset(measures)
    entries = _entries(landscape)
    if not entries:
        return Unavailable("input_missing", detail="List at least one service or entry point to see what is in reach.")
    if not any(store.sensitivity.weight for store in landscape.stores):
        return Unavailable("input_missing", detail="List at least one store that holds more than public data.")
    ground = terrain(
        landscape,
        least_privilege=Measure.LEAST_PRIVILEGE in done,
        proxy=Measure.PROXY in done,
        mesh=Measure.MESH in done,
    )
    scale = _Scale(_weights(landscape), chance)
    anywhere = {store: scale.score(store, near) for store, near in ground.anywhere.items() if store in scale.weights}
    reached, lows, highs = [], [], []
    for entry in entries:
        closed = CLOSED_BY.get(entry.kind) in done
        nearby = Nearby({}) if closed else ground.nearby(entry)
        scores = {store: scale.score(store, near) for store, near in nearby.own.items() if store in scale.weights}
        if nearby.shared:
            scores = {**anywhere, **scores}
        lows.append(sum(score.low for score in scores.values()))
        highs.append(sum(score.high for score in scores.values()))
        reached.append(_entry_reach(ground, entry, scores, closed=closed))
    return BlastRadius(
        measures=done,
        share=_mean([each.share for each in reached]),
        low=_mean(lows),
        high=_mean(highs),
        entries=tuple(sorted(reached, key=lambda each: (-each.share, each.id))),
    )


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _entries(landscape: Landscape) -> tuple[Entry, ...]:
    breached = (Entry(name, f"{name} is breached", EntryKind.SERVICE, name) for name in landscape.services)
    return (*breached, *landscape.entries)


def _weights(landscape: Landscape) -> dict[str, float]:
    """By store: its part of all sensitive data; stores of public data count nothing and are left out."""
    total = sum(store.sensitivity.weight for store in landscape.stores)
    return {store.id: store.sensitivity.weight / total for store in landscape.stores if store.sensitivity.weight}


@dataclass(frozen=True, slots=True)
class _Score:
    """What one store adds at lambda 0, at the asked one and at 1; ``best`` is the way that counts at the asked one."""

    low: float
    share: float
    high: float
    best: Nearest | None


@dataclass(frozen=True, slots=True)
class _Scale:
    """The part of each store in all sensitive data, and the asked chance."""

    weights: Mapping[str, float]
    chance: float

    def score(self, store: str, near: Near) -> _Score:
        """The score of one store. Of two equal ways the shorter one is told: nearest first, and only more is better."""
        low = share = high = 0.0
        best: Nearest | None = None
        for each in near:
            right = each.weight
            if not each.hops:
                low = max(low, right)
            high = max(high, right)
            at = self.chance**each.hops * right
            if at > share:
                share, best = at, each
        weight = self.weights[store]
        return _Score(weight * low, weight * share, weight * high, best)


def _entry_reach(ground: Terrain, entry: Entry, scores: Mapping[str, _Score], *, closed: bool) -> EntryReach:
    path: Path | None = None
    worst: tuple[float, int] = (0.0, 0)
    at: tuple[str, Nearest] | None = None
    for store in ground.landscape.stores:
        score = scores.get(store.id)
        if score is not None and score.best is not None and (at is None or (score.share, -score.best.hops) > worst):
            worst, at = (score.share, -score.best.hops), (store.id, score.best)
    if at is not None:
        name, best = at
        path = Path(ground.steps(entry, best.holder), name, best.right, best.hops, worst[0])
    total = sum(score.share for score in scores.values())
    return EntryReach(entry.id, entry.title, entry.kind, closed, total, path)


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the table: what is done so far, and what is in reach then."""

    title: str
    radius: BlastRadius


_STEPS = (
    (Measure.IDENTITY, "identity: leavers' accounts are gone"),
    (Measure.MFA, "MFA: a stolen password opens nothing"),
    (Measure.PROXY, "proxy: a laptop sees only what it may use"),
    (Measure.LEAST_PRIVILEGE, "least privilege: the 80/20 is done"),
    (Measure.CREDENTIALS, "short-lived credentials: no key to leak"),
    (Measure.MESH, "mesh with default deny"),
)


def path_table(landscape: Landscape) -> tuple[Step, ...] | Unavailable:
    """What each stage would cut, one after the other, and last the mesh without least privilege."""
    rows = [("nothing done", frozenset[Measure]())]
    for measure, title in _STEPS:
        rows.append((title, rows[-1][1] | {measure}))
    rows.append(("all but least privilege: a mesh over shared rights", rows[-1][1] - {Measure.LEAST_PRIVILEGE}))
    steps = []
    for title, measures in rows:
        radius = blast_radius(landscape, measures)
        if isinstance(radius, Unavailable):
            return radius
        steps.append(Step(title, radius))
    return tuple(steps)


def measures_in_place(assessment: Assessment) -> frozenset[Measure]:
    """The measures whose controls are all proven at their target; those that do not apply are left aside.

    A measure none of whose controls applies is not in place: nobody built it.
    """
    by_id = {each.id: each for each in assessment.controls if each.applies}
    found = set()
    for measure, names in MEASURE_CONTROLS.items():
        needed = [by_id[name] for name in names if name in by_id]
        if needed and all(each.met for each in needed):
            found.add(measure)
    return frozenset(found)
