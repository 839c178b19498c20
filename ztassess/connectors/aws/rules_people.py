"""Owns the list of checks of people and keys of an account, in the order people read them."""

from __future__ import annotations

from ztassess.connectors.aws import rules_people_center, rules_people_keys, rules_people_root, rules_people_users
from ztassess.connectors.aws.snapshot import AwsSnapshot
from ztassess.domain.checks import Checks

checks: Checks[AwsSnapshot] = Checks("aws")
checks.include(rules_people_root.checks)
checks.include(rules_people_users.checks)
checks.include(rules_people_keys.checks)
checks.include(rules_people_center.checks)
