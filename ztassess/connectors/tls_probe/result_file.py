"""Owns reading result files of the runner, strictly: the live probing goes through the same reading."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ztassess.connectors.contract import ReadContext, UploadedFile, UploadFormat
from ztassess.connectors.errors import BadAnswer, InputInvalid
from ztassess.connectors.netguard import parse_json
from ztassess.connectors.tls_probe import runner
from ztassess.connectors.tls_probe.certificates import read_der
from ztassess.connectors.tls_probe.snapshot import (
    RESULTS,
    VARIANTS,
    Attempt,
    Certificate,
    Control,
    ProbedTarget,
    TlsSnapshot,
)
from ztassess.domain.moments import in_utc

MAX_TARGETS = 1000
RESULT = UploadFormat(
    slug="tls_probe_result",
    title="Result of the inside runner",
    commands="python3 runner.py targets.txt > result.json",
    suffixes=(".json",),
    download="runner.py",
    note="Run it next to the services, outside of the mesh. Standard library only; with the cryptography package it "
    "also tries a stranger's certificate. One target a line: host:port label=payments sensitive",
)
_ERRORS = (*RESULTS, "blocked", "partial_data")


def parse_upload(files: Sequence[UploadedFile], context: ReadContext) -> TlsSnapshot:
    """The snapshot of one or more result files; the oldest of them sets the time.

    Raises:
        InputInvalid: not a result of the runner, cut off, changed by hand, or from the future.
    """
    if not files:
        raise InputInvalid("Upload the result of the inside runner.")
    documents = [_document(file) for file in files]
    taken = [_moment(document.get("taken_at"), "taken_at") for document in documents]
    if max(taken) > context.now + timedelta(minutes=5):
        raise InputInvalid("The result says it was made in the future. Check the clock where the runner ran.")
    targets = [
        target_of(each, f"targets[{at}]") for document in documents for at, each in enumerate(_targets(document))
    ]
    vantages = {_text(document, "vantage", "file", limit=100) for document in documents}
    if len(vantages) > 1:
        raise InputInvalid("The files were made from different places; upload those of one place at a time.")
    places = [target.where for target in targets]
    twice = next((place for place in places if places.count(place) > 1), "")
    if twice:
        raise InputInvalid(f"{twice} was probed twice; upload its newest result only.")
    return TlsSnapshot(min(taken), vantages.pop(), tuple(targets))


def _document(file: UploadedFile) -> Mapping[str, Any]:
    try:
        found = parse_json(file.content.removeprefix(b"\xef\xbb\xbf"))
    except BadAnswer as problem:
        raise InputInvalid(
            f"{file.name} is not the runner's result, or was cut off. Run it again; nothing was judged from it."
        ) from problem
    if not isinstance(found, dict) or found.get("format") != runner.FORMAT:
        raise InputInvalid(f"{file.name} is not a result of the runner ({runner.FORMAT}); nothing was read from it.")
    return found


def _targets(document: Mapping[str, Any]) -> list[Any]:
    found = document.get("targets")
    if not isinstance(found, list) or not found or len(found) > MAX_TARGETS:
        raise InputInvalid(f"targets must list 1 to {MAX_TARGETS} services.")
    return found


def target_of(found: Any, place: str) -> ProbedTarget:
    """One target of a result.

    Parameters:
        place: where it stands in the file, for the sentence.

    Raises:
        InputInvalid: a field is missing, of another type or out of range.
    """
    target, control = _mapping(found, place), _mapping(_mapping(found, place).get("control"), f"{place}.control")
    attempts = target.get("attempts")
    if not isinstance(attempts, list) or len(attempts) > len(VARIANTS):
        raise InputInvalid(f"{place}.attempts must be a list of at most {len(VARIANTS)}.")
    host, port = _text(target, "host", place, limit=253), _number(target, "port", place, 1, 65535)
    if port is None or not re.fullmatch(r"[A-Za-z0-9.:-]+", host):
        raise InputInvalid(f"{place} needs a host and a port.")
    return ProbedTarget(
        label=_text(target, "label", place, limit=100) or f"{host}:{port}",
        host=host.lower(),
        port=port,
        sensitive=_flag(target, "sensitive", place) is True,
        control=_control(control, f"{place}.control"),
        attempts=tuple(_attempt(each, f"{place}.attempts[{at}]") for at, each in enumerate(attempts)),
    )


def _control(found: Mapping[str, Any], place: str) -> Control:
    certificate = found.get("certificate")
    return Control(
        server_hello=_flag(found, "server_hello", place) is True,
        protocol=_text(found, "protocol", place),
        alpn=_text(found, "alpn", place),
        certificate=None if certificate is None else _certificate(_mapping(certificate, place), f"{place}.certificate"),
        error=_word(found, "error", place, _ERRORS),
    )


def _certificate(found: Mapping[str, Any], place: str) -> Certificate | None:
    trusted = _flag(found, "trusted", place)
    if "der" in found:
        try:
            der = base64.b64decode(_text(found, "der", place, limit=100_000), validate=True)
        except binascii.Error as problem:
            raise InputInvalid(f"{place}.der is damaged.") from problem
        return read_der(der, trusted=trusted)
    names = found.get("san", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise InputInvalid(f"{place}.san must be a list of names.")
    return Certificate(
        not_before=_moment(found.get("not_before"), f"{place}.not_before"),
        not_after=_moment(found.get("not_after"), f"{place}.not_after"),
        issuer=_text(found, "issuer", place, limit=300),
        self_signed=_flag(found, "self_signed", place) is True,
        san=tuple(name[:300] for name in names[:100]),
        key=_text(found, "key", place),
        serial=_text(found, "serial", place),
        trusted=trusted,
    )


def _attempt(raw: Any, place: str) -> Attempt:
    found = _mapping(raw, place)
    return Attempt(
        variant=_word(found, "variant", place, VARIANTS, needed=True),
        result=_word(found, "result", place, RESULTS, needed=True),
        alert=_number(found, "alert", place, 0, 255),
        phase=_word(found, "phase", place, ("connect", "handshake", "read")),
        http_status=_number(found, "http_status", place, 100, 599),
        body_match=_text(found, "body_match", place),
        server_hello=_flag(found, "server_hello", place),
        certificate_requested=_flag(found, "certificate_requested", place),
    )


def _mapping(value: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InputInvalid(f"{place} must be an object.")
    return value


def _text(found: Mapping[str, Any], key: str, place: str, *, limit: int = 100) -> str:
    value = found.get(key)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > limit or not value.isprintable():
        raise InputInvalid(f"{place}.{key} must be a text of at most {limit} characters.")
    return value


def _word(found: Mapping[str, Any], key: str, place: str, words: Sequence[str], *, needed: bool = False) -> str:
    value = _text(found, key, place)
    if value not in words and (value or needed):
        raise InputInvalid(f"{place}.{key} must be one of {', '.join(words)}.")
    return value


def _flag(found: Mapping[str, Any], key: str, place: str) -> bool | None:
    value = found.get(key)
    if value is not None and not isinstance(value, bool):
        raise InputInvalid(f"{place}.{key} must be true, false or null.")
    return value


def _number(found: Mapping[str, Any], key: str, place: str, low: int, high: int) -> int | None:
    value = found.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InputInvalid(f"{place}.{key} must be a number from {low} to {high}.")
    return value


def _moment(value: Any, place: str) -> datetime:
    try:
        return in_utc(value)
    except (TypeError, ValueError) as problem:
        raise InputInvalid(f"{place} must be a time such as 2026-11-23T10:00:00Z.") from problem
