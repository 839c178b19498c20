"""Owns reading one Okta org: what it is, all lists at once, what hangs on them, second factors last."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from ztassess.connectors.api import ApiSession, read_parts, unavailable_of
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.errors import ConnectorError, OverPrivileged, Refused
from ztassess.connectors.okta import client
from ztassess.connectors.okta.parsing_policies import ACCESS, SESSION
from ztassess.connectors.okta.scopes import REFUSED_ROLES
from ztassess.connectors.okta.signing_in import okta_session, org_host, uses_static_token
from ztassess.connectors.okta.snapshot import CLASSIC, OktaSnapshot, SignedIn
from ztassess.domain.findings import Part, Unavailable

Readers = Mapping[str, Callable[[], Iterable[Any]]]
Parts = dict[str, Part[Any]]
CLASSIC_ENGINE: Final = Unavailable(
    "unsupported",
    detail="Your org runs the Classic engine, which does not show this. Not checked; this is not a failure.",
)
IDENTITY_ENGINE_ONLY: Final = ("access_policies", "authenticators", "device_assurances", "devices")


def collect(context: ReadContext) -> OktaSnapshot:
    """Read the org. A refused part becomes Unavailable, never an empty tuple.

    Raises:
        OverPrivileged: the credential can change the org.
        ConnectorError: nothing at all could be read.
    """
    with okta_session(context) as session:
        engine = read_engine(session)
        signed_in = identify(session)
        found = _lists(context, session, engine)
        found |= _details(context, session, found)
        found["factors"] = _factors(context, session, found["users"])
    return OktaSnapshot(
        taken_at=context.now,
        org=org_host(context),
        engine=engine,
        signed_in=signed_in,
        declared=context.declared,
        **found,
    )


def read_engine(session: ApiSession) -> str:
    """``idx``, ``v1``, or empty where the org does not tell. Raises `ConnectorError` if nothing answers."""
    try:
        return client.engine(session)
    except Refused:
        return ""


def identify(session: ApiSession) -> SignedIn:
    """Who we are, and the proof that we may not do more than read, as far as Okta shows it.

    Raises:
        OverPrivileged: the app, or the static token's owner, has a role that changes the org.
    """
    config = session.context.config
    if not uses_static_token(session.context):
        roles = own_roles(session) or ()
        _refuse("This app", roles, "Give it the Read-Only Administrator role instead.")
        return SignedIn("key", str(config["client_id"]))
    try:
        owner = client.token_owner(session)
    except Refused:
        return SignedIn("ssws", "an owner that Okta does not show")
    try:
        roles = tuple(role.role for role in client.roles_of_user(session, owner.id))
    except Refused:
        roles = ()
    _refuse(f"This token acts with all rights of {owner.login} and", roles, "Use one of a Read-Only Administrator.")
    return SignedIn("ssws", owner.login, owner.id)


def own_roles(session: ApiSession) -> tuple[str, ...] | None:
    """Admin roles of our own app; None where Okta does not show them."""
    try:
        return client.own_roles(session, str(session.context.config["client_id"]))
    except Refused:
        return None


def _refuse(who: str, roles: Iterable[str], instead: str) -> None:
    found = sorted(set(roles) & set(REFUSED_ROLES))
    if found:
        named = ", ".join(f"{REFUSED_ROLES[role]} ({role})" for role in found)
        raise OverPrivileged(f"{who} can change your org: it has the role {named}. {instead}")


def first_questions(session: ApiSession) -> Readers:
    """The lists that hang on nothing else."""
    return {
        "session_policies": lambda: client.policies(session, SESSION),
        "access_policies": lambda: client.policies(session, ACCESS),
        "apps": lambda: client.apps(session),
        "users": lambda: client.users(session),
        "deactivated": lambda: client.deactivated(session),
        "roles": lambda: client.roles(session),
        "tokens": lambda: client.tokens(session),
        "authenticators": lambda: client.authenticators(session),
        "servers": lambda: client.servers(session),
        "device_assurances": lambda: client.device_assurances(session),
        "devices": lambda: client.devices(session),
        "zones": lambda: client.zones(session),
        "providers": lambda: client.providers(session),
        "log_streams": lambda: client.log_streams(session),
        "admin_console": lambda: client.admin_console(session),
        "resets": lambda: client.resets(session),
    }


def _lists(context: ReadContext, session: ApiSession, engine: str) -> Parts:
    asked = {
        name: reader
        for name, reader in first_questions(session).items()
        if not (engine == CLASSIC and name in IDENTITY_ENGINE_ONLY)
    }
    found = read_parts(context, session, asked)
    return {**dict.fromkeys(IDENTITY_ENGINE_ONLY, CLASSIC_ENGINE), **found}


def _details(context: ReadContext, session: ApiSession, found: Parts) -> Parts:
    """What hangs on the lists, or why it was not asked for."""
    # The lists were read, so the run as a whole is not lost if every detail is: one part is always there.
    read = read_parts(context, session, {**detail_questions(session, found), "org": lambda: (session.base,)})
    del read["org"]
    return _missing_details({**found, **read}) | read


def detail_questions(session: ApiSession, found: Mapping[str, Part[Any]]) -> Readers:
    """What hangs on the lists; only for lists that were read whole."""
    apps, policies, servers = found["apps"], found["session_policies"], found["servers"]
    access = found["access_policies"]
    readers: dict[str, Callable[[], Iterable[Any]]] = {}
    if not isinstance(policies, Unavailable):
        readers["session_rules"] = lambda: client.session_rules(session, policies)
    if not isinstance(servers, Unavailable):
        readers["token_rules"] = lambda: client.token_rules(session, servers)
    if not isinstance(apps, Unavailable):
        readers["assignments"] = lambda: client.assignments(session, apps)
        linked = [app.policy_id for app in apps if app.active and app.policy_id]
        listed = [] if isinstance(access, Unavailable) else [policy.id for policy in access if policy.active]
        if linked or listed:
            readers["access_rules"] = lambda: client.access_rules(session, dict.fromkeys((*linked, *listed)))
    return readers


def _missing_details(found: Parts) -> Parts:
    """Why a detail was not asked for: the reason of its list; no policy at all: no rule."""
    needs = {
        "session_rules": "session_policies",
        "token_rules": "servers",
        "assignments": "apps",
        "access_rules": "apps",
    }
    missing: Parts = {}
    for name, list_ in needs.items():
        if name not in found:
            why = found[list_]
            if isinstance(why, Unavailable):
                missing[name] = Unavailable(why.reason, why.missing_scope, why.detail)
            else:
                access = found["access_policies"]
                missing[name] = access if isinstance(access, Unavailable) else ()
    return missing


def _factors(context: ReadContext, session: ApiSession, users: Part[Any]) -> Part[Any]:
    """One question for each user; last, so that a used-up quota costs no other part."""
    if isinstance(users, Unavailable):
        return Unavailable(users.reason, users.missing_scope, users.detail)
    rows: list[Any] = []
    try:
        for row in client.factors(session, users):
            rows.append(row)
            context.progress("factors", len(rows))
    except ConnectorError as problem:
        return replace(unavailable_of(problem), read=tuple(rows))
    return tuple(rows)
