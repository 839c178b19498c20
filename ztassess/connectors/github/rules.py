"""Owns the list of all checks of GitHub."""

from __future__ import annotations

from ztassess.connectors.github import rules_code, rules_credentials, rules_people, rules_pipelines
from ztassess.connectors.github.snapshot import GitHubSnapshot
from ztassess.domain.checks import Checks

CHECKS: Checks[GitHubSnapshot] = Checks("github")
for module in (rules_people, rules_credentials, rules_pipelines, rules_code):
    CHECKS.include(module.CHECKS)
