"""Owns one row of every model of playbooks, for the route crawl."""

from __future__ import annotations

from typing import Any

from ztassess.accounts.models import User
from ztassess.playbooks.models import AppliedPlaybook, ApplyItem, ApplyRun, Playbook, PlaybookVersion


def seed_playbooks(common: dict[str, Any], user: User, mark: str) -> None:
    """A playbook with a version, a run of it, and a copy of it that is applied."""
    payload = {"wording": {"notes": {"mfa.all-humans": f"{mark}-said"}}, "branding": {"footer": f"{mark}-footer"}}
    playbook = Playbook.objects.create(**common, name=f"{mark}-playbook")
    version = {"number": 1, "payload": payload, "by": user}
    made = PlaybookVersion.objects.create(**common, playbook=playbook, name=playbook.name, **version)
    run = ApplyRun.objects.create(**common, version=made, parts=["wording"], by=user)
    ApplyItem.objects.create(**common, run=run, client=common["organization"].id, name=f"{mark}-client")
    names = {"firm": common["organization"], "firm_name": f"{mark}-firm", "playbook_name": playbook.name}
    AppliedPlaybook.objects.create(**common, playbook=playbook.id, **names, **version)
