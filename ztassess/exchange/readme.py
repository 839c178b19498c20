"""Owns the README of an archive: what is in it, for somebody who has nothing but the archive."""

from __future__ import annotations

import textwrap
from typing import Any

WIDTH = 100

HEAD = """\
{title}
{line}

Made {made_at} by {product}, format version {format_version}, with version {catalog_version} of the
catalog and version {method_version} of the scoring method.

manifest.json   every file with its number of rows and its SHA-256; what was left out, and why
*.jsonl         one JSON object a line, UTF-8; a file for each kind of row, fields below
people.jsonl    whom the rows name; a reference to a person is a key of this file
audit.jsonl     the log, first line to last
files/          contents of evidence, as they were filed, each named by its SHA-256

No credential is in here: the secrets of connections stayed in the installation, sealed. Findings,
evidence and the log are in here in clear; keep the archive as you keep those.

To take it into another installation, open /o/import/ there and choose the file, or call
    python3 manage.py import_organization FILE --owner ADDRESS
Ids are made anew, so the same archive can be taken in twice. Connections come without credentials and
paused. Who takes it in becomes the only member; everybody else stays as a name without sign-in.

To check a file, compare its SHA-256 with the manifest. To check the log, follow it line by line: the
first line has 64 zeros as prev_hash; hash is the SHA-256 over prev_hash (as text) followed by the
fields organization_id, seq, at, actor_id, via, action, object, before_digest, after_digest and
request_id as a JSON object of texts with sorted keys and no spaces, UTF-8. The last hash is
    {head} (line {seq})
A digest is the SHA-256 over the salt followed by the JSON of before or after, made the same way. The
field mac can be checked only where the line was written: its key never leaves that installation.
"""


def readme(manifest: dict[str, Any]) -> str:
    """The README for a finished manifest."""
    title = f"{manifest['organization']['name']}: everything, as files"
    head = manifest["audit_head"]
    named = {name: manifest[name] for name in ("made_at", "product", "format_version")}
    versions = {name: manifest[name] for name in ("catalog_version", "method_version")}
    parts = [HEAD.format(title=title, line="=" * len(title), head=head["hash"], seq=head["seq"], **named, **versions)]
    for name, about in manifest["files"].items():
        if "fields" not in about:
            continue
        parts.append(f"\n{name}  ({_rows(about['rows'])})\n{_wrapped(about['what'], 2)}")
        width = max(len(field) for field in about["fields"]) + 2
        for field, words in about["fields"].items():
            parts.append(f"  {field:<{width}}{_wrapped(words, width + 2).lstrip()}")
        parts += [_wrapped(f"Without {field}: {why}", 2) for field, why in about.get("left_out", {}).items()]
    parts.append("\nLeft out\n--------")
    parts += [_wrapped(f"{label}: {why}", 2) for label, why in manifest["left_out"].items()]
    if manifest["missing_files"]:
        parts.append("\nEvidence whose contents could not be opened\n")
        parts += [_wrapped(f"{digest}: {why}", 2) for digest, why in manifest["missing_files"].items()]
    return "\n".join(parts) + "\n"


def _rows(number: int) -> str:
    return "1 row" if number == 1 else f"{number} rows"


def _wrapped(text: str, indent: int) -> str:
    return textwrap.fill(text, WIDTH, initial_indent=" " * indent, subsequent_indent=" " * (indent + 2))
