"""Owns turning the catalog's files into values; what may be wrong with them is said in problems.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ztassess.catalog.errors import CatalogError
from ztassess.catalog.reading import Document, read_document
from ztassess.domain.controls import Catalog, Condition, Control, Fix, Signal, Stage

DATA = Path(__file__).parent / "data"
INDEX = "index.yaml"


@dataclass(frozen=True, slots=True)
class Framework:
    """An outside framework of the crosswalks.

    Attributes:
        id: key in a control's crosswalk, for example ``cisa_ztmm_2_0``.
        title: display name, for example ``CISA ZTMM 2.0``.
        pattern: regular expression that a whole identifier must match.
    """

    id: str
    title: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Vendor:
    """A name that may stand in signals and fixes.

    Attributes:
        slug: key used in the organization's facts, for example ``entra``.
        name: the one spelling shown to people, for example ``Microsoft Entra``.
        kind: ``product``; ``anyone`` for fixes that need no product; ``probe`` and ``person`` for what can prove but is
            no product, whose fix is the one of ``Any``.
    """

    slug: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Index:
    """What the index file says beside the stages.

    Attributes:
        version: of the catalog.
        facts: fact name -> what it is, in words that fit after "because".
        vendors: by name, in the order of fix cards.
        frameworks: by id, in the order of display.
    """

    version: str
    facts: Mapping[str, str]
    vendors: Mapping[str, Vendor]
    frameworks: Mapping[str, Framework]


@dataclass(frozen=True, slots=True)
class Source:
    """The parsed files of one catalog folder: the index, and one document per stage in the index's order."""

    index: Document
    stages: tuple[Document, ...]

    def documents(self) -> tuple[Document, ...]:
        return (self.index, *self.stages)


def read_source(folder: Path = DATA) -> Source:
    """Read all files of a catalog folder.

    Raises:
        CatalogError: a file is missing or is not the YAML that `read_document` accepts.
    """
    index = read_document(folder / INDEX)
    try:
        names = [f"{stage['id']}.yaml" for stage in index.data["stages"]]
    except (KeyError, TypeError) as problem:
        raise CatalogError(f"{index.at(('stages',))}: the index must list its stages, each with an id.") from problem
    return Source(index, tuple(read_document(folder / Path(name).name) for name in names))


def build_index(source: Source) -> Index:
    """The index's values. Raises KeyError, TypeError or ValueError where the schema does not hold."""
    data = source.index.data
    vendors = [Vendor(**vendor) for vendor in data["vendors"]]
    frameworks = [Framework(**framework) for framework in data["frameworks"]]
    return Index(
        version=data["version"],
        facts=dict(data["facts"]),
        vendors={vendor.name: vendor for vendor in vendors},
        frameworks={framework.id: framework for framework in frameworks},
    )


def build_catalog(source: Source) -> Catalog:
    """The catalog's values. Raises KeyError, TypeError or ValueError where the schema does not hold."""
    stages = tuple(_stage(stage) for stage in source.index.data["stages"])
    controls = tuple(
        _control(stage.id, control)
        for stage, document in zip(stages, source.stages, strict=True)
        for control in document.data["controls"]
    )
    return Catalog(source.index.data["version"], stages, controls)


def _stage(data: dict[str, Any]) -> Stage:
    return Stage(**{**data, "attaches_to": tuple(data["attaches_to"])})


def _control(stage: str, data: dict[str, Any]) -> Control:
    traditional, initial, advanced, optimal = data["levels"]
    return Control(
        **{
            **data,
            "stage": stage,
            "levels": (traditional, initial, advanced, optimal),
            "prerequisites": tuple(data["prerequisites"]),
            "applies_if": tuple(_condition(condition) for condition in data["applies_if"]),
            "signals": tuple(Signal(**signal) for signal in data["signals"]),
            "fixes": tuple(Fix(**fix) for fix in data["fixes"]),
            "crosswalk": {key: tuple(ids) for key, ids in data["crosswalk"].items()},
        }
    )


def _condition(data: dict[str, Any]) -> Condition:
    value = data["value"]
    return Condition(data["fact"], data["op"], tuple(value) if isinstance(value, list) else value)
