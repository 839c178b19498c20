"""Owns reading a realm export into the same snapshot as the live reading; secrets in it are dropped on receipt."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar

from ztassess.connectors.api import Row, row_of, rows_of
from ztassess.connectors.contract import ReadContext, UploadedFile, UploadFormat
from ztassess.connectors.errors import BadAnswer, InputInvalid
from ztassess.connectors.exports import json_of, taken_at
from ztassess.connectors.judging import rows_read
from ztassess.connectors.keycloak import parsing
from ztassess.connectors.keycloak.secrets_in_export import secret_places
from ztassess.connectors.keycloak.signing_in import where
from ztassess.connectors.keycloak.snapshot import Credentials, Flow, KeycloakSnapshot, Step, User
from ztassess.domain.findings import Part, Unavailable

T = TypeVar("T")
ABOUT: Final = "export.json"
DEEPEST: Final = 20
USERS_OF_FILES: Final = Unavailable(
    "partial_data",
    detail='Users came in files of their own; whether these are all is not known. Add export.json with {"complete": '
    "true} if they are.",
)

UPLOADS: Final = (
    UploadFormat(
        slug="keycloak_realm",
        title="Realm export",
        commands="""\
# In the admin console: Realm settings > Action > Partial export, "Include clients" on (secrets become stars); or:
kcadm.sh create partial-export -r REALM -s realm=REALM -q exportClients=true -o > realm-export.json
# With users, on the server itself (holds secrets and password hashes; they are removed on receipt):
kc.sh export --realm REALM --users realm_file --file realm-export.json
# If the export is not from today, or if users are in files of their own and none is missing:
echo "{\\"complete\\": true, \\"taken_at\\": \\"$(date -u +%FT%TZ)\\"}" > export.json""",
        suffixes=(".json",),
        note="Secrets, keys and password hashes in it are removed on receipt, and the result says where they stood. "
        "Better make a partial export: it holds none. Without users, what stands on them is not checked.",
    ),
)


@dataclass(slots=True)
class _Files:
    """The uploaded documents by what they are."""

    realm: dict[str, Any] = field(default_factory=dict)
    users: list[dict[str, Any]] = field(default_factory=list)
    about: Mapping[str, Any] = field(default_factory=dict)


def parse_upload(files: Sequence[UploadedFile], context: ReadContext) -> KeycloakSnapshot:
    """The snapshot of a realm export. What is not in it is ``input_missing``.

    Raises:
        InputInvalid: no file, one that is not ours, damaged or of another form, or one of another realm.
    """
    found = _sorted(files)
    moment = taken_at(context, found.about.get("taken_at"))
    entered = str(context.config.get("realm") or "")
    name = str(found.realm["realm"])[:200]
    others = {str(each.get("realm", name)) for each in found.users} - {name}
    if others:
        raise InputInvalid(f"These files come from different realms: {', '.join(sorted({name, *others})[:3])}.")
    if entered and entered != name:
        raise InputInvalid(f"This export is of the realm {name[:80]}, but this connection is to {entered}.")
    removed = tuple(place for document in (found.realm, *found.users) for place in secret_places(document))
    if removed:
        context.progress("secrets_removed", len(removed))
    try:
        parts = _parts(found)
    except BadAnswer as problem:
        raise InputInvalid(f"{problem.sentence} Export again; nothing was judged from it.") from problem
    return KeycloakSnapshot(
        taken_at=moment,
        where=where(context) if entered else name,
        own_client=str(context.config.get("client_id") or ""),
        declared=context.declared,
        secrets_removed=removed,
        **parts,
    )


def _sorted(files: Sequence[UploadedFile]) -> _Files:
    found = _Files()
    for file in files:
        document, shown = json_of(file), file.name[:80]
        if not isinstance(document, dict):
            raise InputInvalid(f"{shown} is not an export of one realm, which is an object with its name.")
        if file.name.replace("\\", "/").rpartition("/")[2] == ABOUT:
            found.about = document
        elif not isinstance(document.get("realm"), str):
            raise InputInvalid(f"{shown} is not a realm export of Keycloak that we know; it names no realm.")
        elif "users" in document and "accessTokenLifespan" not in document:
            found.users.append(document)
        elif found.realm:
            raise InputInvalid("There are two realm exports among the files. Upload one realm at a time.")
        else:
            found.realm = document
    if not found.realm:
        raise InputInvalid("No realm export was uploaded. We read the realm-export.json of Keycloak.")
    return found


def _parts(found: _Files) -> dict[str, Part[Any]]:
    row = row_of(found.realm, "RealmRepresentation")
    if not row.has("accessTokenLifespan"):
        raise BadAnswer("The export holds no settings of the realm.")
    parts: dict[str, Part[Any]] = {
        "realm": (parsing.realm_of(row),),
        "clients": _list(row, "clients", "ClientRepresentation", parsing.client_of),
        "actions": _list(row, "requiredActions", "RequiredActionProviderRepresentation", parsing.action_of),
        "brokers": _list(row, "identityProviders", "IdentityProviderRepresentation", parsing.broker_of),
    }
    return {**parts, **_flows(row), **_people(row, found)}


def _list(row: Row, name: str, kind: str, parse: Callable[[Row], T]) -> Part[T]:
    if not row.has(name):
        return _absent(name)
    return tuple(parse(each) for each in rows_of(row.value[name], kind))


def _absent(name: str) -> Unavailable:
    return Unavailable("input_missing", detail=f"The export does not hold {name}.")


def _flows(row: Row) -> dict[str, Part[Any]]:
    listed = _list(row, "authenticationFlows", "AuthenticationFlowRepresentation", lambda each: each)
    if isinstance(listed, Unavailable):
        return {"flows": listed, "executions": listed}
    configs = _list(row, "authenticatorConfig", "AuthenticatorConfigRepresentation", lambda each: each)
    conditions = {each.text("alias"): parsing.passed_by(each) for each in rows_read(configs)}
    flows: dict[str, Row] = {each.text("alias"): each for each in listed}
    top = [each for each in listed if each.flag("topLevel")]
    steps = [step for each in top for step in _steps(each, flows, conditions, each.text("alias"), 0)]
    return {"flows": tuple(Flow(each.text("id", ""), each.text("alias")) for each in top), "executions": tuple(steps)}


def _steps(
    flow: Row, flows: Mapping[str, Row], conditions: Mapping[str, tuple[str, ...] | None], top: str, level: int
) -> list[Step]:
    """The steps of one flow and of those inside it, in the form of the live reading."""
    if level > DEEPEST:
        raise BadAnswer(f"The flow {top} holds itself.")
    inside = rows_of(flow.value.get("authenticationExecutions", []), "AuthenticationExecutionExportRepresentation")
    found: list[Step] = []
    for row in sorted(inside, key=lambda each: each.number("priority", 0)):
        alias, provider = row.text("flowAlias", ""), row.text("authenticator", "")
        name = alias or row.text("authenticatorConfig", "") or provider
        passed_by = conditions.get(row.text("authenticatorConfig", ""))
        found.append(Step(top, level, row.text("requirement"), "" if alias else provider, name, bool(alias), passed_by))
        if alias:
            if alias not in flows:
                raise BadAnswer(f"The flow {alias} is not in the export.")
            found += _steps(flows[alias], flows, conditions, top, level + 1)
    return found


def _people(row: Row, found: _Files) -> dict[str, Part[Any]]:
    """Users, and the kinds of their credentials. A partial export holds service accounts only, which are no people."""
    inline = _list(row, "users", "UserRepresentation", lambda each: each)
    apart = [each for document in found.users for each in rows_of(document["users"], "UserRepresentation")]
    rows = [each for each in (*rows_read(inline), *apart) if not each.text("serviceAccountClientId", "")]
    if not rows:
        return {"users": _absent("users"), "credentials": _absent("users")}
    people = tuple(parsing.user_of(each) for each in rows)
    held = tuple(_kinds(user, each) for user, each in zip(people, rows, strict=True) if each.has("credentials"))
    if apart and found.about.get("complete") is not True:
        return {
            "users": replace(USERS_OF_FILES, read=people),
            "credentials": replace(USERS_OF_FILES, read=held),
        }
    return {"users": people, "credentials": held}


def _kinds(user: User, row: Row) -> Credentials:
    return parsing.credentials_of(user.id, rows_of(row.value["credentials"], "CredentialRepresentation"))
