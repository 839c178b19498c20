"""Owns the parsing of policy documents: whatever AWS or an export calls a document becomes one frozen, hashed value."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import orjson

from ztassess.connectors.aws.snapshot_identity import Condition, Document, Principal, Statement
from ztassess.connectors.errors import BadAnswer


def parse_document(raw: object) -> Document:
    """Parse one policy document (IAM JSON policy grammar), from an object or from (URL-encoded) JSON text.

    Raises:
        BadAnswer: it is not a policy document.
    """
    body = _object(raw)
    key = hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()
    statements = body.get("Statement")
    if statements is None:
        raise BadAnswer("A policy document has no Statement.")
    listed = statements if isinstance(statements, list) else [statements]
    return Document(key, tuple(_statement(each) for each in listed))


def _object(raw: object) -> Mapping[str, Any]:
    if isinstance(raw, str):
        text = unquote(raw) if raw.lstrip().startswith("%7B") else raw
        try:
            raw = orjson.loads(text)
        except orjson.JSONDecodeError as problem:
            raise BadAnswer("A policy document is not valid JSON.") from problem
    if not isinstance(raw, Mapping):
        raise BadAnswer("A policy document is not a JSON object.")
    return raw


def _statement(raw: object) -> Statement:
    if not isinstance(raw, Mapping):
        raise BadAnswer("A policy statement is not a JSON object.")
    effect = raw.get("Effect")
    if effect not in ("Allow", "Deny"):
        raise BadAnswer("A policy statement has no Effect of Allow or Deny.")
    negated = "NotPrincipal" in raw
    return Statement(
        allow=effect == "Allow",
        actions=tuple(text.lower() for text in _texts(raw.get("Action"))),
        not_actions=tuple(text.lower() for text in _texts(raw.get("NotAction"))),
        resources=_texts(raw.get("Resource")),
        not_resources=_texts(raw.get("NotResource")),
        conditions=_conditions(raw.get("Condition")),
        principals=_principals(raw.get("NotPrincipal" if negated else "Principal")),
        negated_principal=negated,
        sid=str(raw.get("Sid") or ""),
    )


def _texts(raw: object) -> tuple[str, ...]:
    """A single value or a list of values, as texts: AWS allows both everywhere."""
    if raw is None:
        return ()
    values = raw if isinstance(raw, list) else [raw]
    return tuple(_text(value) for value in values)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise BadAnswer("A policy statement holds a value that is not text.")


def _conditions(raw: object) -> tuple[Condition, ...]:
    if raw is None:
        return ()
    if not isinstance(raw, Mapping) or not all(isinstance(tests, Mapping) for tests in raw.values()):
        raise BadAnswer("A policy statement has a Condition that is not an object of objects.")
    return tuple(
        Condition(str(operator), str(key).lower(), _texts(values))
        for operator, tests in raw.items()
        for key, values in tests.items()
    )


def _principals(raw: object) -> tuple[Principal, ...]:
    if raw is None:
        return ()
    if isinstance(raw, Mapping):
        return tuple(Principal(str(kind), value) for kind, values in raw.items() for value in _texts(values))
    return tuple(Principal("*", value) for value in _texts(raw))
