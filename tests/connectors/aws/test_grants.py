"""The grant on the form is exactly what we call, and all of it reads."""

from __future__ import annotations

import json
import re
from pathlib import Path

import botocore.session
import pytest
from policy_sentry.querying.actions import get_action_data

import ztassess.connectors.aws as package
from ztassess.connectors.aws import CONNECTOR
from ztassess.connectors.aws.client import action_of
from ztassess.connectors.aws.grants import EVERY_ACTION, PERMISSIONS, TRUST

SOURCES = Path(str(package.__file__)).parent
CALL = re.compile(r'"([a-z0-9-]+)",\s*"((?:list|get|describe|generate)_[a-z0-9_]+)"')
# get_resources, get_stages and get_rest_apis are one action; who we are needs no permission.
FREE = {"sts:GetCallerIdentity"}


def called() -> set[tuple[str, str]]:
    return {pair for path in SOURCES.glob("*.py") for pair in CALL.findall(path.read_text())}


def actions() -> set[str]:
    session = botocore.session.get_session()
    found = set()
    for service, operation in called():
        model = session.get_service_model(service)
        names = {re.sub(r"\W", "", botocore.xform_name(name)): name for name in model.operation_names}
        found.add(action_of(service, names[operation]))
    return found


def test_grant_is_exactly_what_is_called() -> None:
    assert len(called()) > 60
    assert actions() - FREE == set(EVERY_ACTION)


@pytest.mark.parametrize("action", EVERY_ACTION)
def test_every_action_exists_and_only_reads(action: str) -> None:
    service, _, name = action.partition(":")
    known = get_action_data(service, name)
    assert known, f"{action} is not in AWS's service authorization reference"
    assert {each["access_level"] for each in known[service]} <= {"Read", "List"}


def test_no_call_of_the_code_could_write() -> None:
    """Every call goes through `Aws`, whose operations are literals in the clients: none of them is a writing one."""
    literals = re.compile(r'aws\.(?:call|items|pages)\(\s*"[a-z0-9-]+",\s*"([a-z0-9_]+)"')
    used = {name for path in SOURCES.glob("*.py") for name in literals.findall(path.read_text())}
    assert used
    assert {name.partition("_")[0] for name in used} <= {"list", "get", "describe", "generate"}


def test_grants_are_valid_policies_with_our_placeholders() -> None:
    trust, permissions = json.loads(TRUST), json.loads(PERMISSIONS)
    assert trust["Statement"][0]["Condition"] == {"StringEquals": {"sts:ExternalId": "{external_id}"}}
    assert "{our_account_id}" in trust["Statement"][0]["Principal"]["AWS"]
    assert [each["Sid"] for each in permissions["Statement"]] == [
        "Core",
        "ApiGateway",
        "OptionalMetadata",
        "OptionalWorkloads",
    ]
    assert {action for each in permissions["Statement"] for action in each["Action"]} == set(EVERY_ACTION)
    assert len(PERMISSIONS) < 6144, "AWS's limit on a managed policy"


def test_values_of_environment_variables_are_mentioned_beside_the_grant() -> None:
    assert "values of environment variables" in CONNECTOR.grants[1].note
