"""Owns reading the runner's result file into the same snapshot as a live run."""

from __future__ import annotations

from collections.abc import Sequence

from ztassess.connectors.contract import ReadContext, UploadedFile
from ztassess.connectors.errors import BadAnswer, InputInvalid
from ztassess.connectors.http_probe.collect import declarations
from ztassess.connectors.http_probe.document import read_document
from ztassess.connectors.http_probe.snapshot import HttpProbeSnapshot
from ztassess.connectors.netguard import parse_json


def parse_upload(files: Sequence[UploadedFile], context: ReadContext) -> HttpProbeSnapshot:
    """The snapshot of one result of the runner.

    Raises:
        InputInvalid: none or several files, another file, a cut-off or changed one.
    """
    if len(files) != 1:
        raise InputInvalid("Upload one result of probe.py at a time; each is a run of its own.")
    file = files[0]
    text = file.content
    if text.startswith((b"\xff\xfe", b"\xfe\xff")):  # PowerShell's > writes UTF-16
        text = text.decode("utf-16", "replace").encode()
    text = text.removeprefix(b"\xef\xbb\xbf").strip()
    if not text.startswith(b"{"):
        raise InputInvalid(f"{file.name} is not a result of probe.py; nothing was read from it.")
    if not text.endswith(b"}"):
        raise InputInvalid(f"{file.name} was cut off before its end. Run the probe again; nothing was judged from it.")
    try:
        content = parse_json(text)
    except BadAnswer as problem:
        raise InputInvalid(f"{file.name} is damaged or was changed. Run the probe again.") from problem
    return read_document(content, declarations(context), where=file.name, now=context.now)
