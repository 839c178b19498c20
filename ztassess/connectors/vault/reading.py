"""Owns one reading of Vault: which question follows which, each asked once, though several parts need its answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar

from ztassess.connectors.api import ApiSession, Row, fan_out
from ztassess.connectors.errors import (
    BadAnswer,
    ConnectorError,
    Forbidden,
    Incomplete,
    NotFound,
    Refused,
)
from ztassess.connectors.vault import client, roles
from ztassess.connectors.vault.client import NothingListed
from ztassess.connectors.vault.judging import CLOUD_ENGINES
from ztassess.connectors.vault.snapshot import (
    AppRole,
    CertificateRole,
    CloudRole,
    DatabaseRole,
    EngineRole,
    Mount,
    Policy,
    SignIn,
    SignInRole,
)

T = TypeVar("T")
R = TypeVar("R")
ROOT_POLICY: Final = "root"


@dataclass(slots=True)
class Reading:
    """The questions to one server. Threads may share it."""

    session: ApiSession
    _found: dict[str, Future[Any]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def mounts(self) -> tuple[Mount, ...]:
        """All engines, with the lifetimes that those without their own inherit. Raises `ConnectorError`."""
        return self._once("mounts", lambda: tuple(client.list_mounts(self.session)))

    def tuned_mounts(self) -> Iterator[Mount]:
        """All engines; of those whose roles may inherit a lifetime, what is inherited.

        A tuning that may not be read leaves the documented default in its place: it is far above every limit.
        """
        yield from fan_out(self.session, self.mounts(), self._tuned)

    def _tuned(self, mount: Mount) -> Mount:
        if mount.type not in ("database", "aws", "pki") or (mount.default_lease_ttl and mount.max_lease_ttl):
            return mount
        try:
            default, longest = client.tuning(self.session, mount.path)
        except Refused:
            return mount
        return replace(mount, tuned_default=default, tuned_max=longest)

    def sign_ins(self) -> tuple[SignIn, ...]:
        """All sign-in methods. Raises `ConnectorError`."""
        return self._once("sign-ins", lambda: tuple(client.list_sign_ins(self.session)))

    def policy(self, name: str) -> Policy:
        """One policy. Raises `ConnectorError`."""
        return self._once(f"policy {name}", lambda: client.policy(self.session, name))

    def policies(self) -> Iterator[Policy]:
        """All policies but root's, which has no text."""
        names, whole = client.list_names(self.session, "sys/policies/acl")
        kept = [name for name in names if name != ROOT_POLICY]
        yield from self._each(kept, self.policy)
        if not whole:
            raise Incomplete("Vault sent the policies with a warning; what it may lack was not judged.")

    def engine_roles(self) -> Iterator[EngineRole]:
        """The roles of every engine that issues secrets."""
        places = [(m, kind) for m in self.mounts() for kind in roles.ENGINES.get(m.type, {})]
        for found in self._each(places, lambda place: self._names(*place)):
            yield from found

    def static_roles(self) -> Iterator[EngineRole]:
        """Roles that only change the password of an account that stays."""
        mounts = [mount for mount in self.mounts() if mount.type in roles.STATIC_ENGINES]
        for found in self._each(mounts, lambda mount: self._names(mount, roles.STATIC_ROLES)):
            yield from found

    def _names(self, mount: Mount, kind: str) -> tuple[EngineRole, ...]:
        return self._once(f"list {mount.path}{kind}", lambda: self._listed(mount, kind))

    def _listed(self, mount: Mount, kind: str) -> tuple[EngineRole, ...]:
        try:
            names, whole = client.list_names(self.session, mount.path + kind)
        except NothingListed:
            return ()
        except NotFound as problem:
            if kind in roles.NEWER_COLLECTIONS or kind == roles.STATIC_ROLES:
                return ()
            sentence = f"Engine {mount.path} has no roles (or a different path): not read as zero."
            raise NotFound(sentence, status=problem.status) from problem
        if not whole:
            raise Incomplete(f"Vault listed {mount.path}{kind} with a warning; what it may lack was not judged.")
        return tuple(EngineRole(mount.path, mount.type, kind, name) for name in names)

    def _roles_of(self, *engines: str) -> Iterator[EngineRole]:
        places = [(m, kind) for m in self.mounts() if m.type in engines for kind in roles.ENGINES[m.type]]
        for found in self._each(places, lambda place: self._names(*place)):
            yield from found

    def _detail(self, role: EngineRole, kind: str) -> Any:
        one = roles.ENGINES[role.engine][role.kind]
        return client.read_role(self.session, f"{role.mount}{one}/{role.name}", kind)

    def database_roles(self) -> Iterator[DatabaseRole]:
        """Every database role."""
        yield from self._details(
            ("database",), lambda role: roles.database_role(role.mount, role.name, self._detail(role, "DatabaseRole"))
        )

    def certificate_roles(self) -> Iterator[CertificateRole]:
        """Every certificate role."""
        yield from self._details(
            ("pki",), lambda role: roles.certificate_role(role.mount, role.name, self._detail(role, "CertificateRole"))
        )

    def cloud_roles(self) -> Iterator[CloudRole]:
        """Every role of a cloud engine; of some kinds the name alone says what they issue."""

        def one(role: EngineRole) -> CloudRole:
            known = role.engine == "azure" or role.kind == "impersonated-accounts"
            kind = "AwsRole" if role.engine == "aws" else "GcpRoleset"
            data = Row(kind, {}) if known else self._detail(role, kind)
            return roles.cloud_role(role.mount, role.engine, role.name, role.kind, data)

        yield from self._details(CLOUD_ENGINES, one)

    def _details(self, engines: tuple[str, ...], read: Callable[[EngineRole], T]) -> Iterator[T]:
        yield from self._after(self._roles_of(*engines), read)

    def sign_in_roles(self) -> Iterator[SignInRole]:
        """Every role of the sign-in methods whose roles we can read, with its policies."""

        def one(named: tuple[SignIn, str]) -> SignInRole:
            method, name = named
            return roles.sign_in_role(method.path, method.type, name, self._sign_in(method, name))

        yield from self._after(self._sign_in_names(), one)

    def app_roles(self) -> Iterator[AppRole]:
        """Every AppRole."""

        def one(named: tuple[SignIn, str]) -> AppRole:
            method, name = named
            return roles.app_role(method.path, name, self._sign_in(method, name))

        yield from self._after(self._sign_in_names("approle"), one)

    def _sign_in_names(self, *types: str) -> Iterator[tuple[SignIn, str]]:
        wanted = [method for method in self.sign_ins() if method.type in (types or roles.SIGN_IN_ROLES)]
        for method, names in self._each(wanted, self._method_names):
            yield from ((method, name) for name in names)

    def _method_names(self, method: SignIn) -> tuple[SignIn, tuple[str, ...]]:
        return self._once(f"roles of {method.path}", lambda: self._read_method_names(method))

    def _read_method_names(self, method: SignIn) -> tuple[SignIn, tuple[str, ...]]:
        path = f"auth/{method.path}role"
        try:
            names, whole = client.list_names(self.session, path)
        except NothingListed:
            return method, ()
        if not whole:
            raise Incomplete(f"Vault listed {path} with a warning; what it may lack was not judged.")
        return method, names

    def _sign_in(self, method: SignIn, name: str) -> Any:
        path = f"auth/{method.path}role/{name}"
        kind = "AppRole" if method.type == "approle" else "SignInRole"
        return self._once(f"role {path}", lambda: client.read_role(self.session, path, kind))

    def _after(self, listed: Iterator[T], read: Callable[[T], R]) -> Iterator[R]:
        """Read what could be listed, then tell the problem of what could not."""
        items: list[T] = []
        problem: Refused | BadAnswer | None = None
        try:
            for item in listed:
                items.append(item)  # noqa: PERF402  what came before a problem is kept
        except (Refused, BadAnswer) as found:
            problem = found
        yield from self._each(items, read)
        if problem is not None:
            raise problem

    def _each(self, items: Iterable[T], read: Callable[[T], R]) -> Iterator[R]:
        """Read each item, several at once; what is refused does not hide the others, but is told at the end."""
        refused: list[Refused | BadAnswer] = []
        for item in fan_out(self.session, items, lambda one: _or_problem(read, one)):
            if isinstance(item, Refused | BadAnswer):
                refused.append(item)
            else:
                yield item
        if refused:
            raise _together(refused)

    def _once(self, key: str, read: Callable[[], T]) -> T:
        with self._lock:
            future = self._found.get(key)
            mine = future is None
            if future is None:
                future = self._found[key] = Future()
        if mine:
            try:
                future.set_result(read())
            except BaseException as problem:
                future.set_exception(problem)
                raise
        found: T = future.result()
        return found


def _or_problem(read: Callable[[T], R], item: T) -> R | Refused | BadAnswer:
    try:
        return read(item)
    except (Refused, BadAnswer) as problem:
        return problem


def _together(problems: list[Refused | BadAnswer]) -> ConnectorError:
    """One problem that names them all: what is forbidden first, for a person can change that."""
    forbidden = [problem for problem in problems if isinstance(problem, Forbidden)]
    if forbidden:
        scopes = sorted({problem.scope for problem in forbidden})
        more = f" and {len(scopes) - 1} more" if len(scopes) > 1 else ""
        return Forbidden(forbidden[0].sentence, status=403, scope=scopes[0] + more)
    return problems[0]
