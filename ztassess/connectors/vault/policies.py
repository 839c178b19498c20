"""Owns reading the text of an ACL policy (HCL, or the same as JSON) down to paths and capabilities.

Everything else of a policy, such as allowed parameters, is dropped here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from ztassess.connectors.errors import BadAnswer
from ztassess.connectors.netguard import parse_json
from ztassess.connectors.vault.snapshot import PathRule

_TOKEN = re.compile(
    r"""(?P<skip>[\s;]+|\#[^\n]*|//[^\n]*|/\*.*?\*/)
      | (?P<text>"(?:[^"\\\n]|\\.)*")
      | <<-?(?P<mark>\w+)\n(?P<doc>.*?)\n[ \t]*(?P=mark)(?=\n|$)
      | (?P<mark_or_word>[A-Za-z_][\w.-]*|-?\d[\w.]*)
      | (?P<sign>[={}\[\],])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
# The older short form (Vault documentation, "Policies"): what each word stands for.
_WORDS: Final = {
    "deny": ("deny",),
    "read": ("read", "list"),
    "write": ("create", "read", "update", "delete", "list"),
    "sudo": ("create", "read", "update", "delete", "list", "sudo"),
}
_DEEPEST = 32
UNREADABLE = "A policy is written in a form we do not understand."

Token = tuple[str, str]
Item = tuple[tuple[str, ...], Any]


def parse_policy(text: str) -> tuple[PathRule, ...]:
    """The rules of a policy.

    Raises:
        BadAnswer: neither HCL nor JSON, or a path whose capabilities cannot be told.
    """
    if text.lstrip().startswith("{"):
        return tuple(_json_rules(parse_json(text.strip().encode())))
    reader = _Reader(list(_tokens(text)))
    found = []
    for labels, body in reader.items(end=""):
        if labels[0] == "path":
            if len(labels) != 2 or not isinstance(body, list):  # noqa: PLR2004  the word and its one label
                raise BadAnswer(UNREADABLE)
            found.append(_rule(labels[1], {keys[0]: value for keys, value in body}))
    return tuple(found)


def _tokens(text: str) -> Iterator[Token]:
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise BadAnswer(UNREADABLE)
        at = match.end()
        if match["text"] is not None:
            yield "text", _ESCAPE.sub(r"\1", match["text"][1:-1])
        elif match["doc"] is not None:
            yield "text", match["doc"]
        elif match["mark_or_word"] is not None:
            yield "word", match["mark_or_word"]
        elif match["sign"] is not None:
            yield "sign", match["sign"]


class _Reader:
    """HCL by recursive descent: ``label "label" { ... }``, ``key = value``."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens, self._at, self._depth = tokens, 0, 0

    def items(self, *, end: str) -> list[Item]:
        """Items up to the closing sign, or to the end of the text."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise BadAnswer(UNREADABLE)
        found: list[Item] = []
        while self._peek() != ("sign", end):
            if self._peek() == ("end", ""):
                if end:
                    raise BadAnswer(UNREADABLE)
                return found
            if self._peek() == ("sign", ","):
                self._next()
                continue
            found.append(self._item())
        self._next()
        self._depth -= 1
        return found

    def _item(self) -> Item:
        labels = [self._label()]
        while self._peek()[0] in ("text", "word"):
            labels.append(self._label())
        sign = self._next()
        if sign == ("sign", "{"):
            return tuple(labels), self.items(end="}")
        if sign == ("sign", "=") and len(labels) == 1:
            return tuple(labels), self._value()
        raise BadAnswer(UNREADABLE)

    def _label(self) -> str:
        kind, text = self._next()
        if kind not in ("text", "word"):
            raise BadAnswer(UNREADABLE)
        return text

    def _value(self) -> Any:
        kind, text = self._next()
        if (kind, text) == ("sign", "{"):
            return self.items(end="}")
        if (kind, text) == ("sign", "["):
            return self._list()
        if kind in ("text", "word"):
            return text
        raise BadAnswer(UNREADABLE)

    def _list(self) -> tuple[Any, ...]:
        found = []
        while self._peek() != ("sign", "]"):
            if self._peek() == ("sign", ","):
                self._next()
            else:
                found.append(self._value())
        self._next()
        return tuple(found)

    def _peek(self) -> Token:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _next(self) -> Token:
        token = self._peek()
        self._at += 1
        return token


def _json_rules(value: Any) -> Iterator[PathRule]:
    paths = value.get("path", {}) if isinstance(value, dict) else None
    for group in paths if isinstance(paths, list) else [paths]:
        if not isinstance(group, dict):
            raise BadAnswer(UNREADABLE)
        for path, body in group.items():
            blocks = body if isinstance(body, list) else [body]
            if not all(isinstance(block, dict) for block in blocks):
                raise BadAnswer(UNREADABLE)
            yield from (_rule(path, block) for block in blocks)


def _rule(path: str, body: dict[str, Any]) -> PathRule:
    listed, word = body.get("capabilities"), body.get("policy")
    if listed is None and isinstance(word, str) and word in _WORDS:
        capabilities: tuple[str, ...] = _WORDS[word]
    elif isinstance(listed, list | tuple) and all(isinstance(each, str) for each in listed):
        capabilities = tuple(listed)
    elif listed is None and word is None:
        capabilities = ()
    else:
        raise BadAnswer(UNREADABLE)
    return PathRule(path.removeprefix("/"), ("deny",) if "deny" in capabilities else capabilities)
