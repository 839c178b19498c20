"""Owns saying what is wrong with a catalog: one sentence per problem, with file, line and control."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ztassess.catalog.building import DATA, Index, Source, build_catalog, build_index, read_source
from ztassess.catalog.errors import CatalogError
from ztassess.catalog.laws import Problem, broken_laws
from ztassess.domain.controls import Catalog

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

    from ztassess.catalog.reading import Document

SCHEMA = Path(__file__).parent / "schema.json"


def catalog_problems(subject: Path | Catalog = DATA) -> list[str]:
    """Everything that is wrong with a catalog; empty if nothing is.

    Parameters:
        subject: a folder of catalog files (the packaged one by default): syntax, schema and laws are checked and each
            sentence starts with ``file:line``. Or a built catalog: laws only, judged with the packaged index.

    Returns:
        Sentences for a person. Broken syntax hides the rest, and so does a broken schema.
    """
    if isinstance(subject, Catalog):
        return [_without_lines(subject, problem) for problem in broken_laws(subject, _packaged_index())]
    try:
        source = read_source(subject)
    except CatalogError as problem:
        return [problem.sentence]
    problems = list(_schema_problems(source)) or _law_problems(source, build_catalog(source), build_index(source))
    return problems + list(_forgotten_files(subject, source))


def loading_problems(source: Source) -> list[str]:
    """What stops a catalog from being loaded: laws, and the schema only where the values cannot be built.

    The schema costs several times as much as all else together; `catalog_problems` holds it in every project check.
    """
    try:
        catalog, index = build_catalog(source), build_index(source)
    except (KeyError, TypeError, ValueError, AttributeError):
        problems = list(_schema_problems(source))
        if not problems:
            raise
        return problems
    return _law_problems(source, catalog, index)


def _forgotten_files(folder: Path, source: Source) -> Iterator[str]:
    """A stage file that the index does not name would be left out without a word."""
    known = {document.name for document in source.documents()}
    for path in sorted(folder.glob("*.y*ml")):
        if path.name not in known:
            yield f"{path.name}: the index names no such stage, so this file is not read."


def _law_problems(source: Source, catalog: Catalog, index: Index) -> list[str]:
    places = [(document, position) for document in source.stages for position in range(len(document.data["controls"]))]
    return [_with_lines(source, places, catalog, problem) for problem in broken_laws(catalog, index)]


def _with_lines(source: Source, places: list[tuple[Document, int]], catalog: Catalog, problem: Problem) -> str:
    if problem.control is None:
        return f"{source.index.at(problem.place)}: {problem.text}"
    document, position = places[problem.control]
    return (
        f"{document.at(('controls', position, *problem.place))}: {catalog.controls[problem.control].id} {problem.text}"
    )


def _without_lines(catalog: Catalog, problem: Problem) -> str:
    if problem.control is None:
        return f"index.yaml: {problem.text}"
    control = catalog.controls[problem.control]
    return f"{control.stage}.yaml: {control.id} {problem.text}"


@cache
def _packaged_index() -> Index:
    return build_index(read_source())


@cache
def _validators() -> dict[str, Draft202012Validator]:
    from jsonschema import Draft202012Validator

    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return {kind: Draft202012Validator({**schema, "$ref": f"#/$defs/{kind}"}) for kind in ("index", "stage_file")}


def _schema_problems(source: Source) -> Iterator[str]:
    validators = _validators()
    for document in source.documents():
        validator = validators["index" if document is source.index else "stage_file"]
        for error in sorted(validator.iter_errors(document.data), key=lambda error: document.line(error.absolute_path)):
            place = tuple(error.absolute_path)
            yield f"{document.at(place)}: {_whose(document.data, place)}{_sentence(error)}"


def _whose(data: Any, place: tuple[str | int, ...]) -> str:
    """The control the place belongs to, and the key, as the beginning of a sentence."""
    match place:
        case ("controls" | "stages" as kind, int() as position, *rest):
            entry = data[kind][position]
            name = entry.get("id") if isinstance(entry, dict) else None
            owner = name or f"{kind.removesuffix('s')} number {position + 1}"
            return f"{owner}, {_key(rest)} " if rest else f"{owner} "
        case ():
            return "the file "
    return f"{_key(place)} "


def _key(place: Iterable[str | int]) -> str:
    return ".".join(str(part) for part in place)


def _sentence(error: ValidationError) -> str:
    wanted: Any = error.validator_value
    found: Any = error.instance
    schema: Any = error.schema
    match error.validator:
        case "required":
            return f"lacks {', '.join(key for key in wanted if key not in found)}."
        case "additionalProperties":
            unknown = sorted(set(found) - set(schema.get("properties", {})))
            return f"has a key that is not known: {', '.join(unknown)}."
        case "type":
            return f"must be of type {wanted}, not {found!r:.60}."
        case "minLength" | "minItems":
            return "is empty or too short."
        case "maxItems" | "maxLength":
            return f"is too long (at most {wanted})."
        case "minimum" | "maximum":
            return f"is {found}, {error.validator} is {wanted}."
        case "pattern":
            return f"is {found!r:.60}, which has not the form {wanted}."
        case "enum" | "const":
            return f"is {found!r:.60}, allowed is {wanted}."
        case "uniqueItems":
            return "holds the same entry twice."
    return f"breaks the rule {error.validator}: {error.message:.120}."
