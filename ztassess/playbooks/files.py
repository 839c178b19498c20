"""Owns a playbook as a file: written as YAML or JSON, read back by a safe loader that knows the lines."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

import yaml

from ztassess.catalog import load_catalog
from ztassess.common.pictures import PictureRefused, logo_png
from ztassess.domain.playbook_reading import FORMAT, Path, PlaybookWrong, Problem, Written, read_playbook
from ztassess.domain.playbooks import Part
from ztassess.playbooks.models import PlaybookVersion

LARGEST_MIB = 2
LARGEST = LARGEST_MIB * 1024 * 1024
MOST_NODES = 5_000
LARGEST_KEY = 80
DEEPEST = 8


def playbook_file(version: PlaybookVersion, *, as_json: bool) -> bytes:
    """A version as a file that `read_file` reads as the same playbook."""
    told: dict[str, Any] = {"playbook": FORMAT, "name": version.name, **version.payload}
    brand = {name: value for name, value in told.get(Part.BRANDING, {}).items() if name != "logo"}
    if version.logo:
        brand["logo"] = base64.b64encode(bytes(version.logo)).decode()
    told = {str(name): value for name, value in told.items() if name != Part.BRANDING}
    told |= {str(Part.BRANDING): brand} if brand else {}
    if as_json:
        return (json.dumps(told, indent=2, ensure_ascii=False) + "\n").encode()
    return yaml.safe_dump(told, sort_keys=False, allow_unicode=True, width=100).encode()


def read_file(content: bytes) -> tuple[Written, bytes]:
    """Read a file.

    Returns:
        The playbook, and its logo written anew; empty for none.

    Raises:
        PlaybookWrong: with one sentence for each problem and the line where it stands.
    """
    if len(content) > LARGEST:
        raise _wrong(f"The file is larger than {LARGEST_MIB} MiB, far more than a playbook needs.")
    data, lines = _load(content)
    written = read_playbook(data, load_catalog(), lines)
    return written, _logo(written.logo, lines)


def _logo(text: str, lines: dict[Path, int]) -> bytes:
    if not text:
        return b""
    path = (str(Part.BRANDING), "logo")
    try:
        return logo_png(base64.b64decode("".join(text.split()), validate=True))
    except binascii.Error as problem:
        raise _wrong("The logo is no base64 text.", lines.get(path, 0)) from problem
    except PictureRefused as problem:
        raise _wrong(str(problem), lines.get(path, 0)) from problem


def _wrong(sentence: str, line: int = 0) -> PlaybookWrong:
    return PlaybookWrong([Problem((), sentence, line)])


class _Composer(yaml.SafeLoader):
    """The safe loader, which refuses references to other places, deep nesting and floods of values."""

    nodes = depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        self.nodes += 1
        mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]  # the library has no types here
        if self.check_event(yaml.AliasEvent):
            raise _wrong("References (*name) are not taken; write the value out.", mark.line + 1)
        if self.nodes > MOST_NODES or self.depth > DEEPEST:
            raise _wrong("The file holds far more than a playbook.", mark.line + 1)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def _load(content: bytes) -> tuple[object, dict[Path, int]]:
    """The document, and the line of each of its places, counted from 1."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise _wrong("The file is not UTF-8 text.") from problem
    # JSON is YAML but for tabs, and outside of texts a tab is a space in JSON; inside of one it cannot stand.
    text = text.replace("\t", "  ") if text.lstrip().startswith("{") else text
    lines: dict[Path, int] = {}
    loader = _Composer(text)
    try:
        node = loader.get_single_node()
        return (None if node is None else _value(loader, node, (), lines)), lines
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark
        said = f": {problem.problem}" if problem.problem else ""
        raise _wrong(f"The file is not valid YAML or JSON{said}.", mark.line + 1 if mark else 0) from problem
    except (yaml.YAMLError, ValueError) as problem:
        if isinstance(problem, PlaybookWrong):
            raise
        raise _wrong("The file is not valid YAML or JSON.") from problem
    finally:
        loader.dispose()


def _value(loader: _Composer, node: yaml.Node, path: Path, lines: dict[Path, int]) -> object:
    """The node as plain values; keys are text, and none stands twice."""
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        found: dict[str, object] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode) or len(key.value) > LARGEST_KEY:
                raise _wrong("A name is short text.", line)
            if key.value in found:
                raise _wrong(f"{key.value[:LARGEST_KEY]} stands twice; the second would silently win.", line)
            lines[(*path, key.value)] = line
            found[key.value] = _value(loader, value, (*path, key.value), lines)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_value(loader, each, (*path, place), lines) for place, each in enumerate(node.value)]
    plain: object = loader.construct_object(node)
    if isinstance(plain, str):
        # Two halves of one letter, as JSON writes those beyond the first 65,536, become the letter.
        return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return plain
