"""Owns setting a report as a PDF by typst: templates from our own folder, data as JSON, nothing from anywhere else."""

from __future__ import annotations

import importlib.util
import json
import logging
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import typst
from django.conf import settings

from ztassess.domain.branding import Branding, Paper
from ztassess.reports.errors import DocumentFailed
from ztassess.reports.glyphs import displayable, displayable_json, plainest
from ztassess.reports.values import ReportData, as_json

log = logging.getLogger(__name__)

STANDARD = "ua-1"
KINDS = ("summary", "client", "evidence")
SHARED = ("theme.typ", "method.typ")


def document(kind: str, data: ReportData, branding: Branding, *, paper: Paper | None = None) -> bytes:
    """A report as a PDF that obeys PDF/UA-1. The same values give the same bytes.

    Parameters:
        kind: ``summary``, ``client`` or ``evidence``.
        paper: instead of the branding's.

    Raises:
        DocumentFailed: the pages could not be set.
    """
    chosen = replace(branding, paper=paper) if paper else branding
    content: bytes = pages(kind, as_json(data), chosen)
    return content


def pages(kind: str, report: Any, branding: Branding, *, picture: bool = False) -> Any:
    """A report that is plain JSON already, such as a frozen one, as a PDF or as one PNG a page.

    Raises:
        DocumentFailed: the pages could not be set.
    """
    shown = {"report": displayable_json(report), "brand": _brand(branding)}
    try:
        return _set(kind, shown, picture=picture)
    except DocumentFailed:
        # Some sequence of characters that no typeface can shape; a report with codes in it is better than none.
        log.warning("a %s report is set again in ASCII alone", kind)
        return _set(kind, {"report": plainest(report), "brand": plainest(_brand(branding))}, picture=picture)


def _brand(branding: Branding) -> dict[str, Any]:
    return {
        "name": displayable(branding.name),
        "accent": branding.accent,
        "footer": displayable(branding.footer),
        "paper": branding.paper.value,
        "logo": list(branding.logo) or None,
    }


def _set(kind: str, data: Any, *, picture: bool) -> Any:
    if kind not in KINDS:
        raise DocumentFailed(f"There is no report of the kind {kind!r}.")
    files = {"main.typ": _template(f"{kind}.typ"), **{name: _template(name) for name in SHARED}}
    files["data.json"] = json.dumps(data, ensure_ascii=False).encode(errors="replace")
    shape: dict[str, Any] = {"format": "png", "ppi": 80} if picture else {"format": "pdf", "pdf_standards": [STANDARD]}
    try:
        return typst.compile(
            files,
            root=str(templates()),
            font_paths=[str(_fonts())],
            ignore_system_fonts=True,
            # Nothing is there: no package can be had, from this machine or from elsewhere.
            package_path=str(templates() / "packages"),
            package_cache_path=str(templates() / "packages"),
            **shape,
        )
    except (typst.TypstError, RuntimeError) as problem:
        log.warning("typst refused a %s report: %s", kind, problem)
        raise DocumentFailed("The pages could not be set.") from problem
    except BaseException as problem:
        # A panic of the library comes as an exception beside `Exception`; everything else of that kind goes on.
        if type(problem).__name__ != "PanicException":
            raise
        log.warning("typst panicked over a %s report", kind)
        raise DocumentFailed("The pages could not be set.") from problem


def templates() -> Path:
    """The folder of the templates."""
    return Path(settings.ROOT) / "templates" / "reports"


def _template(name: str) -> bytes:
    return (templates() / name).read_bytes()


@cache
def _fonts() -> Path:
    """The folder of the typeface that a pinned package ships."""
    found = importlib.util.find_spec("font_source_sans_pro")
    if found is None or found.origin is None:
        raise DocumentFailed("The typeface of the reports is not installed; run `manage.py up` once.")
    return Path(found.origin).parent / "files"
