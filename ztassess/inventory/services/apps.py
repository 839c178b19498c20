"""Owns writing the board of internal apps: add, change, remove, tick. Each with its audit line."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.utils import timezone

from ztassess.accounts.models import User
from ztassess.audit.services import audit_record
from ztassess.domain.retirement import STEP_TITLES, Step
from ztassess.inventory.errors import AppChanged, AppRefused
from ztassess.inventory.models import AppTick, InternalApp
from ztassess.organizations.models import Organization

MOST_APPS = 500


def app_add(*, organization: Organization, name: str, host: str, note: str, actor: User) -> InternalApp:
    """List an app.

    Raises:
        AppRefused: its host is listed already, or the board is full.
    """
    with transaction.atomic():
        if InternalApp.objects.count() >= MOST_APPS:
            raise AppRefused(f"The board holds {MOST_APPS} apps and takes no more; remove those that are gone.")
        try:
            with transaction.atomic():
                app = InternalApp.objects.create(
                    organization=organization, name=name, host=host, note=note, added_by=actor
                )
        except IntegrityError as problem:
            raise AppRefused(f"{host} is on the board already; nothing was added.") from problem
        _record(app, actor, "app.add", f"{actor} listed {name} ({host})", after=_values(app))
    return app


def apps_add_found(*, organization: Organization, hosts: Iterable[str], actor: User) -> int:
    """List hosts that connections found, each under its own name; those that are listed already are left as they are.

    Returns:
        How many were added.
    """
    added = 0
    with transaction.atomic():
        listed = set(InternalApp.objects.values_list("host", flat=True))
        for host in dict.fromkeys(hosts):
            if host not in listed:
                app_add(organization=organization, name=host.partition(".")[0], host=host, note="", actor=actor)
                added += 1
    return added


def app_change(*, app: InternalApp, name: str, host: str, note: str, version: int, actor: User) -> InternalApp:
    """Change an app if nobody else did since ``version``.

    Raises:
        AppChanged: somebody did; nothing was saved.
        AppRefused: another app has this host.
    """
    with transaction.atomic():
        before = _values(app)
        if before == {"name": name, "host": host, "note": note}:
            return app
        try:
            with transaction.atomic():
                _raise_version(app, version, name=name, host=host, note=note)
        except IntegrityError as problem:
            raise AppRefused(f"{host} is another app of the board; nothing was changed.") from problem
        app.refresh_from_db()
        _record(app, actor, "app.change", f"{actor} changed {name}", before=before, after=_values(app))
    return app


def app_remove(*, app: InternalApp, version: int, actor: User) -> None:
    """Take an app off the board, with its ticks.

    Raises:
        AppChanged: somebody changed it meanwhile; it was kept.
    """
    with transaction.atomic():
        _raise_version(app, version)
        ticks = {tick.step: tick.says for tick in AppTick.objects.filter(app=app)}
        _record(
            app, actor, "app.remove", f"{actor} removed {app.name} ({app.host})", before=_values(app) | {"ticks": ticks}
        )
        app.delete()


def app_tick(*, app: InternalApp, step: Step, says: bool | None, version: int, actor: User) -> None:
    """Say how far one step is; None takes the word back.

    Raises:
        AppChanged: somebody changed the app meanwhile; nothing was saved.
    """
    with transaction.atomic():
        before = AppTick.objects.filter(app=app, step=step).first()
        if says is None and before is None:
            return
        _raise_version(app, version)
        if says is None:
            AppTick.objects.filter(app=app, step=step).delete()
        else:
            AppTick.objects.update_or_create(
                organization=app.organization,
                app=app,
                step=step.value,
                defaults={"says": says, "by": actor, "at": timezone.now()},
            )
        said = {None: "took the word back on", True: "ticked", False: "says not yet to"}[says]
        _record(
            app,
            actor,
            "app.tick",
            f"{actor} {said} “{STEP_TITLES[step]}” of {app.name}",
            before=before.says if before else None,
            after=says,
        )


def _raise_version(app: InternalApp, version: int, **changes: str) -> None:
    updated = InternalApp.objects.filter(id=app.id, version=version).update(version=version + 1, **changes)
    if not updated:
        raise AppChanged(
            f"Somebody else changed {app.name} meanwhile. Nothing of yours was saved; look at it and try again."
        )


def _values(app: InternalApp) -> dict[str, str]:
    return {"name": app.name, "host": app.host, "note": app.note}


def _record(
    app: InternalApp, actor: User, action: str, summary: str, *, before: object = None, after: object = None
) -> None:
    audit_record(
        organization=app.organization,
        actor=actor,
        action=action,
        object=f"app:{app.id}",
        summary=summary,
        before=before,
        after=after,
    )
