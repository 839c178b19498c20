"""Owns joining share files instead of connections: for scripts, and for installations that must not meet."""

from __future__ import annotations

from collections.abc import Sequence

from ztassess.connectors.across.collect import snapshot_of
from ztassess.connectors.across.snapshot import AcrossSnapshot
from ztassess.connectors.contract import ReadContext, UploadedFile, UploadFormat
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.exports import json_of
from ztassess.connectors.sharing import view_from

SHARES = UploadFormat(
    slug="shares",
    title="Shares of several systems",
    commands="python3 manage.py check_system aws --share aws.json\n"
    "python3 manage.py check_system okta ... --share okta.json",
    suffixes=(".json",),
    note="One file for each system, each written by --share. Upload them together.",
)


def parse_upload(files: Sequence[UploadedFile], context: ReadContext) -> AcrossSnapshot:
    """The same picture from files.

    Raises:
        InputInvalid: no file, or one that is no share.
    """
    if not files:
        raise InputInvalid("No file was uploaded. We read what `check_system CONNECTOR --share FILE` writes.")
    return snapshot_of(context, tuple(view_from(json_of(file), file.name, now=context.now) for file in files))
