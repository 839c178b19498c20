"""Owns the requests to Vault and OpenBao: one function per endpoint, each reply parsed at once into typed values.

Both products answer these the same way; where they differ, the function says so. Lists are asked with ``?list=true``,
so that nothing but GET is sent.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

from ztassess.connectors.api import ApiSession, Reply, Row, row_of
from ztassess.connectors.errors import (
    BadAnswer,
    Forbidden,
    Incomplete,
    InputInvalid,
    NotFound,
    Refused,
    Unreachable,
)
from ztassess.connectors.netguard import Answer
from ztassess.connectors.vault.policies import parse_policy
from ztassess.connectors.vault.snapshot import AuditDevice, Mount, Policy, SignIn

HEALTH: Final = "/sys/health"
CAPABILITIES: Final = "/sys/capabilities-self"
REVOKE: Final = "/auth/token/revoke-self"
OF_ANOTHER_CLUSTER: Final = (472, 473)
_STATES_AS_SUCCESS: Final = {"standbycode": 200, "sealedcode": 200, "uninitcode": 200}
_NOWHERE: Final = ("/dev/null", "discard")


class NothingListed(NotFound):
    """The engine knows the path and has nothing in it: 404 with an empty list of errors, as Vault documents LIST."""


def refusal(answer: Answer, value: Any, scope: str) -> Refused | None:
    """Vault's refusals in our words.

    Parameters:
        scope: ``list on database/roles``.
    """
    capability, _, path = scope.partition(" on ")
    if answer.status == 403:  # noqa: PLR2004  HTTP's own number
        return Forbidden(f"Policy lacks '{capability}' on {path}.", status=403, scope=scope)
    if answer.status in OF_ANOTHER_CLUSTER:
        return Refused("This is a standby of another cluster; connect the active address.", status=answer.status)
    if answer.status == 404:  # noqa: PLR2004  HTTP's own number
        if value == {"errors": []}:
            return NothingListed(f"There is nothing at {path}.", status=404, scope=scope)
        return NotFound(f"{path} is not there (or has a different path): not read as zero.", status=404, scope=scope)
    return None


def _data(reply: Reply, kind: str) -> Row:
    """What a reply holds; Vault answers 200 without data and with a warning when it did not do what was asked.

    Raises:
        BadAnswer: no data.
    """
    whole = row_of(reply.value, "Reply")
    found = whole.row("data", None)
    if found is None:
        why = "only a warning" if whole.value.get("warnings") else "no data"
        raise BadAnswer(f"Vault answered with {why} instead of {kind}.")
    return Row(kind, found.value)


def _complete(reply: Reply, what: str) -> None:
    """A list with a warning beside it may lack something.

    Raises:
        Incomplete: there is one.
    """
    if row_of(reply.value, "Reply").value.get("warnings"):
        raise Incomplete(f"Vault sent {what} with a warning; what it may lack was not judged.")


def refuse_closed(session: ApiSession) -> str:
    """The version, if this node can be asked (GET /sys/health, "Health"; in the root namespace, without a token).

    Raises:
        Unreachable: sealed.
        InputInvalid: not initialized.
        Refused: a standby of another cluster.
    """
    health = row_of(session.get(HEALTH, _STATES_AS_SUCCESS).value, "Health")
    if not health.flag("initialized"):
        raise InputInvalid("Vault is not initialized; nothing was read.")
    if health.flag("sealed"):
        raise Unreachable("Vault is sealed; nothing was read.", how="refused")
    return health.text("version", "")


def own_policies(session: ApiSession) -> tuple[str, tuple[str, ...]]:
    """Our own token: its display name, and all policies that act on it (GET auth/token/lookup-self)."""
    own = _data(session.get("/auth/token/lookup-self", scope="read on auth/token/lookup-self"), "OwnToken")
    policies = (*own.texts("policies", ()), *own.texts("identity_policies", ()))
    return own.text("display_name", "token"), tuple(dict.fromkeys(policies))


def own_capabilities(session: ApiSession, paths: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    """What our token may do on these paths (POST sys/capabilities-self; it changes nothing).

    Raises:
        BadAnswer: a path that was asked is not answered.
    """
    reply = session.post(CAPABILITIES, json.dumps({"paths": paths}).encode(), scope="update on sys/capabilities-self")
    data = _data(reply, "Capabilities")
    answers = {path: Row("Capabilities", {"capabilities": data.value.get(path)}) for path in paths}
    return {path: answer.texts("capabilities") for path, answer in answers.items()}


def list_mounts(session: ApiSession) -> Iterator[Mount]:
    """All secrets engines (GET sys/mounts)."""
    reply = session.get("/sys/mounts", scope="read on sys/mounts")
    yield from mounts_of(_data(reply, "Mounts"))
    _complete(reply, "the engines")


def mounts_of(data: Row) -> Iterator[Mount]:
    """Engines by path; in a namespace OpenBao writes the built-in ones as ``ns_system``."""
    _never_empty(data, "engine")
    for path in data.keys():  # noqa: SIM118  a method of Row, not of a dict
        one = row_of(data.value[path], "Mount")
        config, options = one.row("config"), one.row("options", None)
        yield Mount(
            path,
            one.text("type").removeprefix("ns_"),
            config.number("default_lease_ttl"),
            config.number("max_lease_ttl"),
            version=options.text("version", "") if options is not None else "",
        )


def _never_empty(data: Row, what: str) -> None:
    """Vault always lists the built-in ones, so an empty answer is not Vault's. Raises BadAnswer."""
    if not data.keys():
        raise BadAnswer(f"Vault sent no {what} at all, although it always has one; this was not believed.")


def tuning(session: ApiSession, mount: str) -> tuple[int, int]:
    """Default and longest lease of a mount in seconds, inheritance resolved (GET sys/mounts/:path/tune)."""
    path = f"sys/mounts/{mount}tune"
    tune = _data(session.get(f"/{quote(path)}", scope=f"read on {path}"), "Tuning")
    return tune.number("default_lease_ttl"), tune.number("max_lease_ttl")


def list_sign_ins(session: ApiSession) -> Iterator[SignIn]:
    """All sign-in methods (GET sys/auth)."""
    reply = session.get("/sys/auth", scope="read on sys/auth")
    yield from sign_ins_of(_data(reply, "SignIns"))
    _complete(reply, "the sign-in methods")


def sign_ins_of(data: Row) -> Iterator[SignIn]:
    """Methods by path."""
    _never_empty(data, "sign-in method")
    for path in data.keys():  # noqa: SIM118  a method of Row, not of a dict
        yield SignIn(path, row_of(data.value[path], "SignIn").text("type").removeprefix("ns_"))


def list_audit_devices(session: ApiSession) -> Iterator[AuditDevice]:
    """All audit devices (GET sys/audit); in a namespace there are none to ask for.

    Raises:
        NotFound: asked in a namespace.
    """
    try:
        reply = session.get("/sys/audit", scope="read, sudo on sys/audit")
    except Forbidden as problem:
        sentence = "Policy lacks 'read' or 'sudo' on sys/audit: audit devices need sudo on sys/audit."
        raise Forbidden(sentence, status=403, scope="sudo on sys/audit") from problem
    except Refused as problem:
        if not session.context.config.get("namespace"):
            raise
        sentence = "Audit devices belong to the root namespace; they cannot be read from this one."
        raise NotFound(sentence, status=problem.status) from problem
    yield from audit_devices_of(_data(reply, "AuditDevices"))
    _complete(reply, "the audit devices")


def audit_devices_of(data: Row) -> Iterator[AuditDevice]:
    """Devices by path; of their options only where they write to, and whether in clear text."""
    for path in data.keys():  # noqa: SIM118  a method of Row, not of a dict
        one = row_of(data.value[path], "AuditDevice")
        options = one.row("options", None)
        raw = options.text("log_raw", "false") if options is not None else "false"
        target = options.text("file_path", "") if options is not None else ""
        yield AuditDevice(path, one.text("type"), raw.lower() in ("true", "1"), target.lower() in _NOWHERE)


def list_names(session: ApiSession, path: str) -> tuple[tuple[str, ...], bool]:
    """Names below a path, and whether the list is whole (LIST).

    Raises:
        NothingListed: the path is known and empty.
        NotFound: the path is unknown.
    """
    reply = session.get(f"/{quote(path)}", {"list": True}, scope=f"list on {path}")
    names = _data(reply, "List").texts("keys")
    return names, not row_of(reply.value, "Reply").value.get("warnings")


def policy(session: ApiSession, name: str) -> Policy:
    """One ACL policy (GET sys/policies/acl/:name)."""
    path = f"sys/policies/acl/{name}"
    data = _data(session.get(f"/{quote(path)}", scope=f"read on {path}"), "Policy")
    return policy_of(name, data)


def policy_of(name: str, data: Row) -> Policy:
    """The paths and capabilities of a policy; nothing else of it is kept.

    Raises:
        BadAnswer: it cannot be understood.
    """
    text = data.text("policy") if data.has("policy") else data.text("rules")
    try:
        return Policy(name, parse_policy(text))
    except BadAnswer as problem:
        raise BadAnswer(f"Policy {name} is written in a form we do not understand.") from problem


def read_role(session: ApiSession, path: str, kind: str) -> Row:
    """One role of an engine or sign-in method (GET).

    Raises:
        Incomplete: it was listed and is gone.
    """
    try:
        return _data(session.get(f"/{quote(path)}", scope=f"read on {path}"), kind)
    except NothingListed as problem:
        raise Incomplete(f"{path} was listed and is gone; read again.") from problem
