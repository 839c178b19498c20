"""Owns finding names in texts: those that are known, and what looks like an address, a host or an identifier."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from urllib.parse import urlsplit

from ztassess.catalog import load_catalog
from ztassess.connectors.registry import connectors
from ztassess.reports.naming import Named

SHORTEST_PIECE = 3
_WORD = re.compile(r"\w+")
_EMAIL = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
_ADDRESS = re.compile(
    r"\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?|(?:[0-9a-f]{1,4}:){2,7}[0-9a-f]{0,4}(?:/\d{1,3})?", re.IGNORECASE
)
# Country codes have two letters; of the other endings those that companies use. A table may be named like a host.
_HOST = re.compile(
    r"(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?\.)+"
    r"(?:[a-z]{2}|com|net|org|edu|gov|info|biz|dev|app|cloud|tech|example|internal|local|lan|home|corp|test|invalid)\.?",
    re.IGNORECASE,
)
_COMPOUND = re.compile(r"[\w-]+")
# What is left when every known name is taken out. The order counts: an address of mail holds a host.
_LOOKS = re.compile(
    r"""
      (?P<arn>\barn:[\w-]+:[^\s,;"']+)
    | (?P<url>\bhttps?://[^\s,;"'<>)]+)
    | (?P<email>\b[\w.+'-]+@[\w-]+(?:\.[\w-]+)+)
    | (?P<ip>(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?:/\d{1,2})?(?::\d{1,5})?(?!\w|\.\d))
    | (?P<ip6>(?<![\w:])(?:[0-9a-f]{1,4}:){3,7}:?[0-9a-f]{0,4}(?:/\d{1,3})?(?![\w:]))
    | (?P<uuid>\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b)
    | (?P<digits>(?<![\w.])\d{9,}(?!\w|\.\d))
    | (?P<id>(?<![\w-])(?:[a-z]+-)+(?=[0-9a-f]*\d)[0-9a-f]{8,}(?![\w-]))
    | (?P<key>(?-i:\b[A-Z][A-Z0-9]{15,}\b))
    | (?P<host>(?<![\w.@/-])(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}(?::\d{1,5})?(?![\w(-]))
    """,
    re.VERBOSE | re.IGNORECASE,
)
_KINDS = {"email": Named.PERSON, "url": Named.HOST, "ip": Named.HOST, "ip6": Named.HOST, "host": Named.HOST}
# Everybody and nobody: a network that has no owner, and files that every vendor has.
EVERYBODY = frozenset({"0.0.0.0/0", "0.0.0.0", "127.0.0.1", "::/0", "localhost"})  # noqa: S104  words, nothing binds
# What every system has. A table or a role may be called so; in a sentence the kind of thing is meant.
KINDS_OF_THINGS = frozenset(
    [
        "account",
        "accounts",
        "admin",
        "admins",
        "app",
        "apps",
        "data",
        "database",
        "databases",
        "group",
        "groups",
        "public",
        "role",
        "roles",
        "root",
        "schema",
        "service",
        "services",
        "system",
        "table",
        "tables",
        "team",
        "user",
        "users",
    ]
)
FILES = (".conf", ".json", ".yml", ".yaml", ".toml", ".js", ".py", ".tf", ".md", ".csv", ".xml", ".txt")


@dataclass(frozen=True, slots=True)
class Known:
    """What a name is of. ``canonical`` is the same for all names of one person or thing."""

    kind: Named
    canonical: str


@dataclass(frozen=True, slots=True)
class Spelling:
    """One way to write a name. ``exact`` ones keep upper and lower case, because they are words as well."""

    text: str
    known: Known
    exact: bool = False


class Spotter:
    """Finds the spellings that it knows. The time for a text does not grow with their number."""

    def __init__(self, spellings: Iterable[Spelling]) -> None:
        self._whole: dict[str, Known] = {}
        self._by_word: dict[str, list[tuple[int, Spelling]]] = defaultdict(list)
        seen: set[tuple[str, bool]] = set()
        for each in spellings:
            word = _WORD.search(each.text)
            # An everyday word is a name where it is written as the name is: api, not API.
            exact = each.exact or (each.known.kind is not Named.NOTHING and is_everyday(each.text))
            form = each.text if exact else each.text.casefold()
            if word is None or (form, exact) in seen:
                continue
            if each.text.casefold() in product_words() | KINDS_OF_THINGS:
                continue
            seen.add((form, exact))
            if each.known.kind is not Named.NOTHING:
                self._whole.setdefault(each.text.casefold(), each.known)
            self._by_word[word[0].casefold()].append((word.start(), replace(each, exact=exact)))
        for found in self._by_word.values():
            found.sort(key=lambda pair: -len(pair[1].text))

    def known(self, text: str) -> Known | None:
        """What a whole text names, if somebody told."""
        return self._whole.get(text.strip().casefold())

    def whole(self, text: str, kind: Named) -> Known:
        """What a whole text names; one that nobody told of is a name by itself."""
        return self.known(text) or self.known(_host_of(text)) or classified(text, kind)

    def parts(self, text: str, *, shapes: bool = True) -> Iterator[str | Known]:
        """A text cut into what names nothing and what names something.

        Parameters:
            shapes: also what nobody told of, by its look.
        """
        looks = self._looks if shapes else _as_it_is
        done = 0
        for word in _WORD.finditer(text):
            if word.start() < done:
                continue
            hit = self._at(text, word)
            if hit is None or hit[0] < done:
                continue
            start, end, known = hit
            yield from looks(text[done:start])
            yield text[start:end] if known is None else known
            done = end
        yield from looks(text[done:])

    def _at(self, text: str, word: re.Match[str]) -> tuple[int, int, Known | None] | None:
        """Where a known name stands around a word, and what it names; None as the third for one that may stay."""
        for offset, each in self._by_word.get(word[0].casefold(), ()):
            start = word.start() - offset
            end = start + len(each.text)
            found = text[max(start, 0) : end]
            same = found == each.text if each.exact else found.casefold() == each.text.casefold()
            if start < 0 or not same or _goes_on(text, end):
                continue
            first, last = _around(text, start, end)
            if (first, last) != (start, end):  # a part of a longer name, such as orders-worker
                return first, last, self.whole(text[first:last], _general(each.known.kind))
            return start, end, None if each.known.kind is Named.NOTHING else each.known
        return None

    def _looks(self, text: str) -> Iterator[str | Known]:
        done = 0
        for found in _LOOKS.finditer(text):
            shape = found.lastgroup or ""
            value = found[0].rstrip(".")
            if value in EVERYBODY or (shape == "host" and value.lower().endswith(FILES)):
                continue
            yield text[done : found.start()]
            yield self.whole(value, _KINDS.get(shape, Named.RESOURCE))
            done = found.start() + len(value)
        yield text[done:]


def _as_it_is(text: str) -> Iterator[str | Known]:
    yield text


def _general(kind: Named) -> Named:
    return Named.RESOURCE if kind in (Named.NOTHING, Named.PERSON, Named.SYSTEM) else kind


def _around(text: str, start: int, end: int) -> tuple[int, int]:
    """The whole of a name with hyphens that a part of a text belongs to."""
    for token in _COMPOUND.finditer(text, max(0, text.rfind(" ", 0, start)), len(text)):
        if token.start() > start:
            break
        if token.end() >= end and "-" in token[0].strip("-"):
            lead = len(token[0]) - len(token[0].lstrip("-"))
            return token.start() + lead, token.start() + len(token[0].rstrip("-"))
    return start, end


def _goes_on(text: str, end: int) -> bool:
    return end < len(text) and bool(re.match(r"\w", text[end])) and bool(re.match(r"\w", text[end - 1]))


def classified(text: str, kind: Named) -> Known:
    """What a text is by its shape; ``kind`` where its shape tells nothing."""
    bare = text.strip().casefold()
    if _EMAIL.fullmatch(bare):
        return Known(Named.PERSON, bare)
    host = _host_of(bare)
    if host and kind is not Named.SYSTEM and (host != bare or _ADDRESS.fullmatch(host) or _HOST.fullmatch(host)):
        return Known(Named.HOST, host)
    return Known(kind, bare)


def _host_of(text: str) -> str:
    """The host of an address with scheme or port, else the text itself."""
    bare = text.strip().casefold()
    if "://" in bare:
        try:
            return urlsplit(bare).hostname or bare
        except ValueError:
            return bare
    name, colon, port = bare.rpartition(":")
    return name if colon and port.isdecimal() and "/" not in name and ":" not in name else bare


def pieces(text: str) -> list[str]:
    """The names inside a compound one: parts of an ARN, a path, a pair; none that are words of our own."""
    if text.startswith("arn:"):
        _, _, rest = text.partition(":")
        parts = rest.split(":", 4)
        found = [parts[3], *re.split(r"[/:]", parts[4])] if len(parts) > 4 else [text]  # noqa: PLR2004  the fields of an ARN
    elif "://" in text:
        found = [_host_of(text)]
    elif _ADDRESS.fullmatch(text):
        found = []
    else:
        found = [_host_of(text), *re.split(r"[/:=,;]+", text)]
    return [each for each in found if _is_piece(each, text)]


def _is_piece(part: str, text: str) -> bool:
    return part != text and len(part) >= SHORTEST_PIECE and not is_everyday(part) and not _ADDRESS.fullmatch(part)


@cache
def everyday_words() -> frozenset[str]:
    """Words that our own texts use, which say nothing about anybody."""
    catalog = load_catalog()
    texts: list[str] = [f"{stage.title} {stage.summary} {stage.story}" for stage in catalog.stages]
    for control in catalog.controls:
        texts += [control.id, control.title, control.question, control.why, *control.levels, control.who_notices]
        texts += [f"{fix.vendor} {fix.step}" for fix in control.fixes]
        texts += [f"{signal.vendor} {signal.signal}" for signal in control.signals]
    for connector in connectors():
        texts += [connector.title, connector.slug, *(check.title for check in connector.checks)]
    words = {word for text in texts for word in _WORD.findall(text.casefold())}
    return frozenset(words | {f"{word}s" for word in words} | {word.removesuffix("s") for word in words})


@cache
def product_words() -> frozenset[str]:
    """Names of the systems that we read. An account may be named like its system; in a sentence the system is meant."""
    return frozenset(word for each in connectors() for word in _WORD.findall(f"{each.slug} {each.title}".casefold()))


def is_everyday(text: str) -> bool:
    """True if a text consists of our own words, or of a short number: as a name it gives nobody away."""
    bare = text.strip().casefold()
    if re.fullmatch(r"[a-z]{2}(?:-[a-z]+)+-\d", bare):  # a region
        return True
    if re.search(r"[^\w ]", bare):
        return not re.search(r"\w", bare)
    return all(word in everyday_words() or (word.isdecimal() and len(word) < 6) for word in bare.split())  # noqa: PLR2004  shorter ones are counts
