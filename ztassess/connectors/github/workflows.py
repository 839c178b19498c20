"""Owns reading a workflow file into facts: which jobs enter a cloud, by identity token or by a stored key.

The text was written by others: it is parsed by a safe loader within limits, and nothing of it is kept but names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import yaml

from ztassess.connectors.github.cloud_keys import VARIABLES, cloud_of, is_cloud_key
from ztassess.connectors.github.snapshot_pipelines import CloudLogin, Way, Workflow

MOST_BYTES: Final = 512 * 1024
MOST_DEPTH: Final = 60
MOST_ALIASES: Final = 500
MOST_NODES: Final = 50_000
SHORTEST_KEY: Final = 16
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SECRET = re.compile(r"\bsecrets\s*(?:\.\s*([A-Za-z_]\w*)|\[\s*['\"]([A-Za-z_]\w*)['\"]\s*\])", re.ASCII)
_ALL_SECRETS = re.compile(r"\bto_?json\s*\(\s*secrets\s*\)", re.IGNORECASE)
_TOOLS = re.compile(r"(?:^|[\n;&|(])\s*(?:sudo\s+)?(aws|gcloud|gsutil|bq|az|eksctl)\s+[a-z]")
_CLOUD_OF_TOOL: Final = {"aws": "AWS", "eksctl": "AWS", "az": "Azure"}


class WorkflowUnreadable(Exception):
    """A workflow file cannot be understood; says why, without any of its text."""


def read_workflow(repository: str, path: str, text: str) -> Workflow:
    """The facts of one workflow file ("Workflow syntax for GitHub Actions").

    Raises:
        WorkflowUnreadable: not YAML, no workflow, or larger or deeper than people write.
    """
    document = _load(text)
    jobs = document.get("jobs") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(jobs, dict):
        raise WorkflowUnreadable("it is no workflow: it has no jobs")
    budget = _Nodes()
    logins: list[CloudLogin] = list(_from_values("env", {"env": document.get("env")}, budget))
    calls: list[str] = []
    for name, job in jobs.items():
        if not isinstance(job, dict):
            raise WorkflowUnreadable("one of its jobs is no job")
        job_logins = list(_job_logins(str(name)[:80], job, document.get("permissions"), budget))
        logins += job_logins
        calls += _calls(job)
    return Workflow(repository, path, tuple(dict.fromkeys(logins)), _reusable(document), tuple(calls))


class _Nodes:
    """How many nodes may still be looked at: anchors can make a small file stand for a huge one."""

    def __init__(self) -> None:
        self.left = MOST_NODES

    def spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise WorkflowUnreadable("it is larger than we read")


def _load(text: str) -> Any:
    """Parse within limits; depth is counted first, for the loader recurses once per level."""
    if len(text.encode()) > MOST_BYTES:
        raise WorkflowUnreadable("it is larger than we read")
    try:
        depth = aliases = 0
        for event in yaml.parse(text, Loader=_LOADER):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            aliases += isinstance(event, yaml.AliasEvent)
            if depth > MOST_DEPTH or aliases > MOST_ALIASES:
                raise WorkflowUnreadable("it is nested deeper than we read")
        return yaml.load(text, Loader=_LOADER)  # noqa: S506  the C form of the safe loader
    except (yaml.YAMLError, ValueError, RecursionError) as problem:
        raise WorkflowUnreadable("it is not valid YAML") from problem


def _reusable(document: Mapping[Any, Any]) -> bool:
    """YAML 1.1 reads the key ``on`` as true."""
    triggers = document.get("on", document.get(True))
    return "workflow_call" in triggers if isinstance(triggers, str | list | dict) else False


def _calls(job: Mapping[str, Any]) -> Iterator[str]:
    """A workflow of another repository that gets secrets."""
    called = job.get("uses")
    if isinstance(called, str) and not called.startswith("./") and job.get("secrets"):
        yield called.partition("@")[0][:200]


def _job_logins(name: str, job: Mapping[str, Any], inherited: Any, budget: _Nodes) -> Iterator[CloudLogin]:
    token = _may_ask_for_token(job.get("permissions", inherited))
    steps = job.get("steps")
    found: list[CloudLogin] = []
    for step in steps if isinstance(steps, list) else ():
        if isinstance(step, dict):
            found += _step_logins(name, step, token)
    found += _from_values(name, job, budget)
    yield from found
    if not found:
        yield from _tools(name, steps)


def _may_ask_for_token(permissions: Any) -> bool | None:
    """``id-token: write``. None: nothing is said, so a caller or the default decides; the default never gives it."""
    if permissions is None:
        return None
    if isinstance(permissions, dict):
        return bool(permissions.get("id-token") == "write")
    return bool(permissions == "write-all")


def _step_logins(job: str, step: Mapping[str, Any], token: bool | None) -> Iterator[CloudLogin]:
    action = str(step.get("uses") or "").partition("@")[0].lower()
    given = step.get("with") if isinstance(step.get("with"), dict) else {}
    assert isinstance(given, dict)  # noqa: S101  see above
    inputs = {str(name).lower(): value for name, value in given.items() if value not in (None, "")}
    if action == "aws-actions/configure-aws-credentials":
        yield _login(
            job, "AWS", action, inputs, token, ("aws-access-key-id", "aws-secret-access-key"), "role-to-assume"
        )
    elif action == "google-github-actions/auth":
        yield _login(job, "Google Cloud", action, inputs, token, ("credentials_json",), "workload_identity_provider")
    elif action == "google-github-actions/setup-gcloud" and "service_account_key" in inputs:
        yield _login(job, "Google Cloud", action, inputs, token, ("service_account_key",), "")
    elif action == "azure/login":
        yield _login(job, "Azure", action, inputs, token, ("creds",), "client-id")


def _login(
    job: str, cloud: str, action: str, inputs: Mapping[str, Any], token: bool | None, keys: tuple[str, ...], role: str
) -> CloudLogin:
    """A sign-in action: a key among its inputs makes it static, whatever else stands beside it."""
    values = [str(inputs[key]) for key in keys if key in inputs]
    if any(_is_static(value) for value in values):
        return CloudLogin(job, cloud, Way.STATIC, action, _secrets_in(*values), token)
    if not values and role and role in inputs:
        return CloudLogin(job, cloud, Way.FEDERATED, action, (), token)
    return CloudLogin(job, cloud, Way.UNCLEAR, action, (), token)


def _is_static(value: str) -> bool:
    """A stored secret, or a literal that is long enough to be a key; short ones are stand-ins of tests.

    The output of another step is neither: it is a session of its own.
    """
    literal = "${{" not in value and len(value.strip()) >= SHORTEST_KEY and "EXAMPLE" not in value.upper()
    return literal or _SECRET.search(value) is not None


def _secrets_in(*values: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(first or second for value in values for first, second in _SECRET.findall(value)))


def _from_values(job: str, value: Any, budget: _Nodes) -> Iterator[CloudLogin]:
    """Variables that clouds' tools take keys from, and telltale secrets anywhere: in env, inputs and scripts."""
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting:
        budget.spend()
        name, found = waiting.pop()
        if isinstance(found, dict):
            waiting += [(str(key), inner) for key, inner in found.items()]
        elif isinstance(found, list):
            waiting += [(name, inner) for inner in found]
        elif isinstance(found, str):
            yield from _from_text(job, name.upper(), found)


def _from_text(job: str, name: str, text: str) -> Iterator[CloudLogin]:
    if name in VARIABLES and text.strip() and _is_static(text):
        yield CloudLogin(job, VARIABLES[name], Way.STATIC, name, _secrets_in(text))
        return
    for secret in _secrets_in(text):
        if is_cloud_key(secret):
            yield CloudLogin(job, cloud_of(secret), Way.STATIC, f"secrets.{secret}", (secret,))
    if _ALL_SECRETS.search(text):
        yield CloudLogin(job, "any", Way.UNCLEAR, "toJSON(secrets)")


def _tools(job: str, steps: Any) -> Iterator[CloudLogin]:
    """Commands of a cloud's tool in a job where no sign-in is seen."""
    for step in steps if isinstance(steps, list) else ():
        script = step.get("run") if isinstance(step, dict) else None
        for tool in dict.fromkeys(_TOOLS.findall(script) if isinstance(script, str) else ()):
            yield CloudLogin(job, _CLOUD_OF_TOOL.get(tool, "Google Cloud"), Way.UNCLEAR, f"the command {tool}")
