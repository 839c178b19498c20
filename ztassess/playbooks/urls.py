"""Owns the addresses of a consultant's own plan presets, wording, weights and branding, applied to clients."""

from __future__ import annotations

from ztassess.organizations.access import org_path
from ztassess.organizations.roles import Action
from ztassess.playbooks import views, views_apply

WRITE = Action.APPLY_PLAYBOOK

# Pages below ``/o/<slug>/``.
urlpatterns = [
    org_path("playbooks/", views.playbooks_page, read=WRITE, write=WRITE, name="playbooks"),
    org_path("playbooks/<uuid:playbook_id>/", views.playbook_page, read=WRITE, write=WRITE, name="playbook"),
    org_path(
        "playbooks/<uuid:playbook_id>/file/", views.playbook_import, read=WRITE, write=WRITE, name="playbook_import"
    ),
    org_path(
        "playbooks/<uuid:playbook_id>/versions/<int:number>/",
        views.playbook_version,
        read=WRITE,
        name="playbook_version",
    ),
    org_path(
        "playbooks/<uuid:playbook_id>/versions/<int:number>/file/",
        views.playbook_file,
        read=WRITE,
        name="playbook_file",
    ),
    org_path(
        "playbooks/<uuid:playbook_id>/apply/",
        views_apply.apply_page,
        read=WRITE,
        write=WRITE,
        name="playbook_apply",
        # Each client is a transaction of its own: what is refused at one of them undoes nothing at the others.
        apart=True,
    ),
    org_path("playbooks/<uuid:playbook_id>/runs/<uuid:run_id>/", views_apply.run_page, read=WRITE, name="playbook_run"),
    org_path(
        "playbooks/<uuid:playbook_id>/runs/<uuid:run_id>/state/",
        views_apply.run_state,
        read=WRITE,
        name="playbook_run_state",
    ),
    org_path(
        "playbooks/<uuid:playbook_id>/remove/", views.playbook_end, read=WRITE, write=WRITE, name="playbook_remove"
    ),
    org_path("settings/playbook/", views_apply.applied_page, name="playbook_applied"),
    org_path(
        "settings/playbook/take-off/",
        views_apply.take_off,
        read=Action.END_PLAYBOOK,
        write=Action.END_PLAYBOOK,
        name="playbook_take_off",
    ),
    org_path("settings/playbook/newer/", views_apply.take_newer, read=WRITE, write=WRITE, name="playbook_newer"),
]
