"""Owns the requests to the Kubernetes API: what is served, lists in chunks, two settings, our own rights."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from ztassess.connectors.api import ApiSession, Pace, Row, api_session, by_token, row_of
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.errors import (
    AuthFailed,
    BadAnswer,
    Blocked,
    Forbidden,
    Incomplete,
    NotFound,
    Refused,
    TlsFailed,
    Unreachable,
)
from ztassess.connectors.kubernetes.form import bearer
from ztassess.connectors.kubernetes.kinds import Kind
from ztassess.connectors.kubernetes.mesh_settings import istio_config, linkerd_config
from ztassess.connectors.kubernetes.parsers import parse_object
from ztassess.connectors.kubernetes.parsing_access import rbac_rule
from ztassess.connectors.kubernetes.snapshot_access import RbacRule
from ztassess.connectors.kubernetes.snapshot_mesh import IstioConfig, LinkerdConfig
from ztassess.connectors.netguard import Answer

VENDOR: Final = "Kubernetes"
CHUNK: Final = 250
RESTARTS: Final = 2
RULES_REVIEW: Final = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
PACE: Final = Pace(width=4, per_second=5.0)
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _GONE = 401, 403, 404, 410
_PRIVATE: Final = " If the API server is private, use the upload."


@dataclass(frozen=True, slots=True)
class Rights:
    """What this account may do in one namespace, as the server says.

    Attributes:
        incomplete: the server says that there may be more; ``why`` is its reason, if it gave one.
    """

    namespace: str
    rules: tuple[RbacRule, ...]
    incomplete: bool
    why: str = ""


@contextmanager
def open_session(context: ReadContext) -> Iterator[ApiSession]:
    """A session with the cluster. Certificate checks stay on, against the CA of the form.

    Raises:
        InputInvalid: the token cannot be sent.
        TlsFailed, Unreachable: with the sentence that says what to do.
    """
    header = {"authorization": f"Bearer {bearer(context.secrets['token'])}"}
    prefix = urlsplit(context.config["api_url"]).path  # some providers serve the API below a path
    try:
        with api_session(
            context,
            VENDOR,
            context.config["api_url"],
            authorize=lambda _session, _renew: header,
            pace=PACE,
            posts=(re.escape(prefix + RULES_REVIEW),),
            authority=context.config.get("ca_certificate") or "",
            refusal=_refusal,
        ) as session:
            yield session
    except TlsFailed as problem:
        raise TlsFailed(
            f"{problem.sentence} Paste the cluster CA; certificate checks stay on.", problem.reason
        ) from problem
    except Unreachable as problem:
        raise Unreachable(problem.sentence + _PRIVATE, problem.how) from problem
    except Blocked as problem:  # the same words, so that nobody can map a network by them
        raise Blocked(problem.reason, problem.sentence + _PRIVATE) from problem


def _refusal(answer: Answer, value: Any, scope: str) -> Refused | None:
    """The API server's refusals in words of the person who can change them; its own messages may hold names."""
    if answer.status == _UNAUTHORIZED:
        raise AuthFailed("The token has expired (they live 1 h) or was refused. Create a new one.")
    if answer.status == _FORBIDDEN:
        what = f"does not allow listing {scope}" if scope else "does not allow this"
        sentence = f"The role {what}; apply the ClusterRole again."
        return Forbidden(sentence, status=_FORBIDDEN, word=_reason(value), scope=scope)
    if answer.status == _GONE:
        return NotFound("The list has changed too much while it was read.", status=_GONE, word=_reason(value))
    return None


def _reason(value: Any) -> str:
    found = value.get("reason") if isinstance(value, dict) else None
    return found[:80] if isinstance(found, str) else ""


def served_groups(session: ApiSession) -> dict[str, tuple[str, ...]]:
    """API groups and their versions ("API discovery", ``/apis``).

    Raises:
        BadAnswer: this is no Kubernetes API.
        ConnectorError: nothing answered, or it was refused.
    """
    listed = row_of(session.get("/apis", scope="API discovery").value, "APIGroupList")
    if listed.text("kind", "") != "APIGroupList":
        raise BadAnswer("The server is not a Kubernetes API server: it does not list its API groups.")
    return {
        group.text("name"): tuple(each.text("version") for each in group.rows("versions"))
        for group in listed.rows("groups")
    }


def served_resources(session: ApiSession, group: str, version: str) -> frozenset[str]:
    """Plural names of the resources of one group version ("API discovery", ``/apis/<group>/<version>``).

    Raises:
        ConnectorError: nothing answered, or it was refused.
    """
    listed = row_of(session.get(f"/apis/{group}/{version}", scope="API discovery").value, "APIResourceList")
    return frozenset(each.text("name") for each in listed.rows("resources"))


def list_objects(session: ApiSession, kind: Kind, version: str) -> Iterator[Any]:
    """All objects of a kind, in chunks (Kubernetes API concepts, "Retrieving large results sets in chunks").

    A continue token lives about five minutes; when the server says 410 Gone the list is read again from its start.

    Raises:
        Forbidden: the role does not allow listing it.
        Incomplete: the server states more objects than it sent, or the list changed faster than it could be read.
        ConnectorError: see `ApiSession.get`.
    """
    for left in range(RESTARTS, -1, -1):
        try:
            found = list(_chunks(session, kind, version))
        except NotFound as problem:
            if problem.status != _GONE:
                raise
            if left == 0:
                raise Incomplete(f"The list of {kind.resource} changed faster than it could be read.") from problem
            continue
        yield from found
        return


def _chunks(session: ApiSession, kind: Kind, version: str) -> Iterator[Any]:
    pages = by_token(
        session,
        kind.path(version),
        {"limit": CHUNK},
        field="metadata.continue",
        param="continue",
        scope=kind.resource,
    )
    for reply in pages:
        chunk = row_of(reply.value, f"{kind.kind}List")
        if not chunk.text("kind", "").endswith("List"):
            raise BadAnswer(f"Instead of a list of {kind.resource} came something else.")
        for each in chunk.rows("items"):
            yield parse_object(kind, each.value)
        left = chunk.number("metadata.remainingItemCount", 0)
        if left and not chunk.text("metadata.continue", ""):
            raise Incomplete(f"The server says that {left} more {kind.resource} exist, and ends the list.")


def count_objects(session: ApiSession, kind: Kind, version: str) -> int:
    """One object of a kind, to see whether it may be listed. Raises as `list_objects`."""
    reply = session.get(kind.path(version), {"limit": 1}, scope=kind.resource)
    return len(row_of(reply.value, f"{kind.kind}List").rows("items"))


def read_istio_config(session: ApiSession, namespace: str) -> IstioConfig:
    """The ConfigMap ``istio`` of Istio's namespace ("Read the specified ConfigMap"). Raises as `ApiSession.get`."""
    return istio_config(_config_map(session, namespace, "istio"))


def read_linkerd_config(session: ApiSession, namespace: str) -> LinkerdConfig:
    """The ConfigMap ``linkerd-config`` ("Read the specified ConfigMap"). Raises as `ApiSession.get`."""
    return linkerd_config(_config_map(session, namespace, "linkerd-config"))


def _config_map(session: ApiSession, namespace: str, name: str) -> Row:
    path = f"/api/v1/namespaces/{namespace}/configmaps/{name}"
    return row_of(session.get(path, scope=f"configmaps/{name}").value, "ConfigMap")


def own_rights(session: ApiSession, namespace: str) -> Rights:
    """What this account may do in a namespace ("Create a SelfSubjectRulesReview"); it stores nothing.

    Raises:
        ConnectorError: nothing answered, or it was refused.
    """
    body: Mapping[str, Any] = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": namespace},
    }
    reply = session.post(RULES_REVIEW, json.dumps(body).encode(), scope="selfsubjectrulesreviews")
    review = row_of(reply.value, "SelfSubjectRulesReview")
    rules = tuple(rbac_rule(each) for each in review.rows("status.resourceRules"))
    why = "it cannot be evaluated in full" if review.text("status.evaluationError", "") else ""
    return Rights(namespace, rules, review.flag("status.incomplete"), why)
