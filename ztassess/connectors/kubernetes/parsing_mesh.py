"""Owns turning the policies of Istio and Linkerd into typed values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ztassess.connectors.api import Row
from ztassess.connectors.errors import BadAnswer
from ztassess.connectors.kubernetes.parsing import mapping, meta, number_or_name, selector
from ztassess.connectors.kubernetes.snapshot_mesh import (
    AuthenticationRef,
    AuthorizationRule,
    Condition,
    DestinationRule,
    HttpRoute,
    IstioAuthorization,
    JwtRule,
    LinkerdAuthorization,
    MeshTlsAuthentication,
    NetworkAuthentication,
    PeerAuthentication,
    RequestAuthentication,
    Server,
    ServerAuthorization,
    ServiceEntry,
    Sidecar,
    Values,
)

_SOURCE: Final = (
    "principals",
    "notPrincipals",
    "requestPrincipals",
    "notRequestPrincipals",
    "namespaces",
    "notNamespaces",
    "ipBlocks",
    "notIpBlocks",
    "remoteIpBlocks",
    "notRemoteIpBlocks",
    "serviceAccounts",
    "notServiceAccounts",
)
_OPERATION: Final = ("hosts", "notHosts", "ports", "notPorts", "methods", "notMethods", "paths", "notPaths")


def peer_authentication(row: Row) -> PeerAuthentication:
    """``security.istio.io PeerAuthentication``."""
    modes = row.row("spec.portLevelMtls", None)
    ports = {} if modes is None else {_port(key): _mode(value) for key, value in modes.value.items()}
    return PeerAuthentication(
        meta(row), mapping(row, "spec.selector.matchLabels"), row.text("spec.mtls.mode", "UNSET"), ports
    )


def _port(key: str) -> int:
    if not key.isdecimal():
        raise BadAnswer("PeerAuthentication.spec.portLevelMtls names a port that is no number.")
    return int(key)


def _mode(value: object) -> str:
    """One entry of ``portLevelMtls``, whose keys are data; an empty one inherits."""
    found = value.get("mode", "UNSET") if isinstance(value, dict) else ("UNSET" if value is None else value)
    if not isinstance(found, str) or isinstance(value, str):
        raise BadAnswer("PeerAuthentication.spec.portLevelMtls holds something else than modes.")
    return found


def istio_authorization(row: Row) -> IstioAuthorization:
    """``security.istio.io AuthorizationPolicy``; a spec of ``{}`` is ALLOW without any rule."""
    about = meta(row)
    return IstioAuthorization(
        about,
        mapping(row, "spec.selector.matchLabels"),
        row.text("spec.action", "ALLOW"),
        tuple(_authorization_rule(each) for each in row.rows("spec.rules", ())),
        _targets(row),
        dry_run=about.annotations.get("istio.io/dry-run") == "true",
    )


def _targets(row: Row) -> tuple[str, ...]:
    refs = [*row.rows("spec.targetRefs", ())]
    single = row.row("spec.targetRef", None)
    if single is not None:
        refs.append(single)
    return tuple(f"{each.text('kind')}/{each.text('name')}" for each in refs)


def _authorization_rule(row: Row) -> AuthorizationRule:
    return AuthorizationRule(
        sources=tuple(_lists(each.row("source", None), _SOURCE) for each in row.rows("from", ())),
        operations=tuple(_lists(each.row("operation", None), _OPERATION) for each in row.rows("to", ())),
        conditions=tuple(
            Condition(each.text("key"), each.texts("values", ()), each.texts("notValues", ()))
            for each in row.rows("when", ())
        ),
    )


def _lists(row: Row | None, names: tuple[str, ...]) -> Values:
    if row is None:
        return {}
    found = {name: row.texts(name, ()) for name in names}
    # A condition that we do not know makes a rule narrower than it looks, so it must not vanish.
    found["unknown"] = tuple(name for name in row.keys() if name not in names)  # noqa: SIM118  not a dict
    return {name: values for name, values in found.items() if values}


def request_authentication(row: Row) -> RequestAuthentication:
    """``security.istio.io RequestAuthentication``; keys themselves are not taken."""
    tokens = tuple(
        JwtRule(
            each.text("issuer", ""),
            keys=each.has("jwksUri") or each.has("jwks"),
            audiences=each.texts("audiences", ()),
        )
        for each in row.rows("spec.jwtRules", ())
    )
    return RequestAuthentication(meta(row), mapping(row, "spec.selector.matchLabels"), tokens, _targets(row))


def destination_rule(row: Row) -> DestinationRule:
    """``networking.istio.io DestinationRule``: every place that sets a TLS mode for clients."""
    places = list(_tls_modes(row.row("spec.trafficPolicy", None), ""))
    for each in row.rows("spec.subsets", ()):
        places += _tls_modes(each.row("trafficPolicy", None), f"subset {each.text('name')}")
    return DestinationRule(meta(row), row.text("spec.host"), tuple(places))


def _tls_modes(row: Row | None, where: str) -> Iterator[tuple[str, str]]:
    if row is None:
        return
    if row.has("tls"):
        # A tls block without a mode is DISABLE: the first value of the enumeration (Istio, "ClientTLSSettings").
        yield where or "trafficPolicy", row.text("tls.mode", "DISABLE")
    for each in row.rows("portLevelSettings", ()):
        if each.has("tls"):
            port = f"port {each.number('port.number', 0)}"
            yield f"{where} {port}".strip(), each.text("tls.mode", "DISABLE")


def service_entry(row: Row) -> ServiceEntry:
    """``networking.istio.io ServiceEntry``."""
    return ServiceEntry(meta(row), row.texts("spec.hosts", ()))


def sidecar(row: Row) -> Sidecar:
    """``networking.istio.io Sidecar``."""
    return Sidecar(
        meta(row), mapping(row, "spec.workloadSelector.labels"), row.text("spec.outboundTrafficPolicy.mode", "")
    )


def server(row: Row) -> Server:
    """``policy.linkerd.io Server``."""
    pods = row.row("spec.podSelector", None)
    return Server(
        meta(row),
        None if pods is None else selector(pods),
        number_or_name(row, "spec.port"),
        row.text("spec.accessPolicy", ""),
    )


def linkerd_authorization(row: Row) -> LinkerdAuthorization:
    """``policy.linkerd.io AuthorizationPolicy``."""
    about = meta(row)
    required = tuple(
        AuthenticationRef(each.text("kind"), each.text("name"), each.text("namespace", about.namespace))
        for each in row.rows("spec.requiredAuthenticationRefs", ())
    )
    return LinkerdAuthorization(about, row.text("spec.targetRef.kind"), row.text("spec.targetRef.name"), required)


def server_authorization(row: Row) -> ServerAuthorization:
    """``policy.linkerd.io ServerAuthorization``."""
    servers = row.row("spec.server.selector", None)
    tls = row.row("spec.client.meshTLS", None)
    accounts = () if tls is None else tls.rows("serviceAccounts", ())
    about = meta(row)
    return ServerAuthorization(
        about,
        row.text("spec.server.name", ""),
        None if servers is None else selector(servers),
        unauthenticated=row.flag("spec.client.unauthenticated", absent=False)
        or (tls is not None and tls.flag("unauthenticatedTLS", absent=False)),
        identities=() if tls is None else tls.texts("identities", ()),
        accounts=tuple(f"{each.text('namespace', about.namespace)}/{each.text('name')}" for each in accounts),
    )


def mesh_tls_authentication(row: Row) -> MeshTlsAuthentication:
    """``policy.linkerd.io MeshTLSAuthentication``."""
    about = meta(row)
    refs = tuple(
        f"{each.text('kind')} {each.text('namespace', about.namespace)}/{each.text('name', '')}"
        for each in row.rows("spec.identityRefs", ())
    )
    return MeshTlsAuthentication(about, row.texts("spec.identities", ()), refs)


def network_authentication(row: Row) -> NetworkAuthentication:
    """``policy.linkerd.io NetworkAuthentication``."""
    return NetworkAuthentication(meta(row), tuple(each.text("cidr") for each in row.rows("spec.networks", ())))


def http_route(row: Row) -> HttpRoute:
    """``policy.linkerd.io HTTPRoute``: the Servers it belongs to and the requests it is about."""
    servers = tuple(
        each.text("name") for each in row.rows("spec.parentRefs", ()) if each.text("kind", "Gateway") == "Server"
    )
    matches: list[tuple[str, str, str]] = []
    for rule in row.rows("spec.rules", ()):
        listed = rule.rows("matches", ())
        matches += [
            (each.text("path.type", "PathPrefix"), each.text("path.value", "/"), each.text("method", ""))
            for each in listed
        ]
        if not listed:
            matches.append(("PathPrefix", "/", ""))
    return HttpRoute(meta(row), servers, tuple(matches))
