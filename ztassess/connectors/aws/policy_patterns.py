"""Owns matching of the patterns in policies: actions and resources with ``*`` and ``?``, in linear time."""

from __future__ import annotations

_ARN_PARTS = 6
_UNTYPED = ("s3", "execute-api", "sns", "sqs")  # their resources start with a name, not with a type


def matches(pattern: str, text: str) -> bool:
    """True if the pattern (``*`` any run, ``?`` any one character) matches the whole text.

    Two-pointer matching without regular expressions: a pattern comes from a customer, and a pattern of many stars makes
    a regular expression take exponential time.
    """
    if "*" not in pattern and "?" not in pattern:
        return pattern == text
    at = position = mark = 0
    star = -1
    while position < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, mark = at, position
            at += 1
        elif at < len(pattern) and pattern[at] in ("?", text[position]):
            at += 1
            position += 1
        elif star >= 0:
            mark += 1
            at, position = star + 1, mark
        else:
            return False
    return pattern[at:].strip("*") == ""


def resource_matches(pattern: str, resource: str) -> bool:
    """True if a resource pattern covers a resource; asked about ``*``, only a pattern that covers everything does."""
    return is_broad(pattern, "") if resource == "*" else matches(pattern, resource)


def is_broad(pattern: str, service: str) -> bool:
    """True if a resource pattern sets no bound inside a service: ``*``, ``arn:aws:iam::*``, ``arn:aws:iam::1:role/*``.

    Parameters:
        service: prefix of the action asked about, for example ``iam``; empty: only what covers every service is broad.
    """
    parts = pattern.split(":", _ARN_PARTS - 1)
    if len(parts) < _ARN_PARTS:
        named = parts[2] if len(parts) > 2 else "*"  # noqa: PLR2004  third part of an ARN: its service
        return pattern.endswith("*") and _about(named, service) and set(parts[0]) <= set("*arn")
    kind, separator, name = _divided(parts[5])
    typed = bool(separator) and set(name) == {"*"} and bool(service) and service not in _UNTYPED
    whole = set(kind) == {"*"} and (not separator or set(name) == {"*"})
    return _about(parts[2], service) and (whole or typed)


def covers_all(pattern: str, service: str) -> bool:
    """True if a resource pattern covers every resource of a service of every type: what a denial needs to count."""
    parts = pattern.split(":", _ARN_PARTS - 1)
    return is_broad(pattern, service) and (len(parts) < _ARN_PARTS or set(parts[5]) == {"*"})


def _about(named: str, service: str) -> bool:
    return set(named) == {"*"} if not service else matches(named or "*", service)


def _divided(resource: str) -> tuple[str, str, str]:
    """``role/*`` -> ``("role", "/", "*")``."""
    for separator in ("/", ":"):
        kind, found, name = resource.partition(separator)
        if found:
            return kind, found, name
    return resource, "", ""
