"""Owns how rules name what they judged, and how much of the organization that is."""

from __future__ import annotations

from ztassess.connectors.github.snapshot import GitHubSnapshot, Repository
from ztassess.connectors.judging import count, rows_read


def resource(snapshot: GitHubSnapshot, place: str, thing: str = "") -> str:
    """The stable name of a thing: ``acme/shop``, ``acme/shop#key 4``."""
    where = place if place == snapshot.organization else f"{snapshot.organization}/{place}"
    return f"{where}#{thing}" if thing else where


def seen_note(snapshot: GitHubSnapshot) -> str:
    """How many repositories were looked at, with a leading space: those seen, archived ones, those out of sight."""
    every: tuple[Repository, ...] = rows_read(snapshot.repositories)
    live = snapshot.live_repositories()
    said = f" {count(len(live), 'repository', 'repositories')} read"
    archived = len(every) - len(live)
    if archived:
        said += f", {archived} archived left out"
    settings = rows_read(snapshot.settings)
    total = settings[0].repositories if settings else None
    if total is not None and total > len(every):
        said += f", {total - len(every)} of {total} not shown to the App"
    elif snapshot.reading.selected:
        said += "; the App sees selected ones only"
    return f"{said}."
