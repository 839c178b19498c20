"""Owns reading a CODEOWNERS file: whose review a change of one folder needs."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

# "About code owners": the first of these that exists counts.
PLACES: Final = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
_WORD = re.compile(r"(?:\\.|[^\s\\])+")


def owners_of(text: str, folder: str) -> tuple[tuple[str, ...], int]:
    """The owners of a folder, and the number of the line that takes it or a part of it away again.

    The last line that matches wins, and a line without an owner cancels those before it. Both a file in the folder
    and one deeper in it must be owned. Lines that GitHub does not understand are skipped, as it does.

    Returns:
        Owners of both files in the order of the winning line, none if there is no such line; and the line, or 0.
    """
    shallow, deep = f"{folder}/policy.yaml", f"{folder}/more/policy.yaml"
    won: dict[str, tuple[str, ...]] = {shallow: (), deep: ()}
    canceled = 0
    for number, line in enumerate(text.splitlines(), start=1):
        words = _words(line)
        if not words:
            continue
        pattern, owners = words[0], tuple(word for word in words[1:] if "@" in word)
        if len(words) > 1 and not owners:
            continue
        matches = _matcher(pattern)
        hit = [path for path in won if matches.search(path)]
        for path in hit:
            won[path] = owners
        if not owners and (hit or pattern.lstrip("/").startswith(f"{folder}/")):
            canceled = number
        elif len(hit) == len(won):
            canceled = 0
    both = won[shallow] if won[deep] else ()
    return both, canceled


def _words(line: str) -> list[str]:
    """Pattern and owners; ``#`` begins a comment, a backslash takes the next character as it is."""
    words: list[str] = []
    for word in _WORD.findall(line):
        if word.startswith("#"):
            break
        words.append(word)
    return [] if words and (words[0].startswith(("!", "\\#")) or "[" in words[0]) else words


@lru_cache(maxsize=512)
def _matcher(pattern: str) -> re.Pattern[str]:
    """A pattern in the manner of gitignore, as far as CODEOWNERS knows it.

    A slash at the start or in the middle binds it to the root; one at the end means all below. A single star stays
    within a folder, and a pattern that ends in one reaches no deeper.
    """
    body = pattern.replace("\\ ", " ")
    rooted = "/" in body.rstrip("/")
    direct = body.endswith("/*")
    body = body.lstrip("/")
    below = body.endswith("/")
    made = ""
    for piece in re.split(r"(\*\*/|/\*\*$|\*\*|\*|\?)", body.rstrip("/")):
        made += {"**/": "(?:.*/)?", "/**": "/.*", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(piece, re.escape(piece))
    start = "^" if rooted else "(?:^|/)"
    end = "/" if below else "$" if direct else "(?:/|$)"
    return re.compile(start + made + end)
