"""Owns the checks of how databases let callers in: encrypted transport, and IAM tokens instead of passwords."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ztassess.connectors.aws.conclusion import conclude, counted, listed
from ztassess.connectors.aws.database_grants import ConnectGrant, connect_grants
from ztassess.connectors.aws.principals import holders
from ztassess.connectors.aws.snapshot import AwsSnapshot, DatabaseInstance, ParameterGroup, ParameterGroupUse
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_checked

checks: Checks[AwsSnapshot] = Checks("aws")

_ON = frozenset({"1", "on", "true"})
_SSL, _SECURE = "rds.force_ssl", "require_secure_transport"


@dataclass(frozen=True, slots=True)
class Database:
    """One database that clients connect to: an instance of its own, or a cluster with all its instances.

    Attributes:
        uses: parameter groups that decide for it, with their state in each instance.
        of_cluster: they are cluster parameter groups.
        resource_id: what ``rds-db:connect`` names it by.
    """

    resource: str
    name: str
    region: str
    engine: str
    iam: bool | None
    uses: tuple[ParameterGroupUse, ...]
    of_cluster: bool
    resource_id: str

    @property
    def label(self) -> str:
        return f"Database {self.name} ({self.engine}, {self.region})"


def _databases(snapshot: AwsSnapshot) -> tuple[list[Database], list[Verdict]]:
    """Instances and clusters, an instance of a cluster standing for itself only if the cluster was not read."""
    unreadable: list[Verdict] = []
    found: list[Database] = []
    clusters: set[tuple[str, str]] = set()
    if isinstance(snapshot.database_clusters, Unavailable):
        unreadable.append(not_checked("database_clusters", snapshot.database_clusters))
    else:
        for each in snapshot.database_clusters:
            clusters.add((each.region, each.id))
            uses = (ParameterGroupUse(each.parameter_group, each.parameter_status),) if each.parameter_group else ()
            found.append(
                Database(
                    resource=each.arn,
                    name=each.id,
                    region=each.region,
                    engine=each.engine,
                    iam=each.iam_authentication,
                    uses=uses,
                    of_cluster=True,
                    resource_id=each.resource_id,
                )
            )
    if isinstance(snapshot.database_instances, Unavailable):
        unreadable.append(not_checked("database_instances", snapshot.database_instances))
    else:
        alone = [each for each in snapshot.database_instances if (each.region, each.cluster_id) not in clusters]
        found += [_alone(instance) for instance in alone]
    return found, unreadable


def _alone(instance: DatabaseInstance) -> Database:
    return Database(
        resource=instance.arn,
        name=instance.id,
        region=instance.region,
        engine=instance.engine,
        iam=instance.iam_authentication,
        uses=instance.parameter_groups,
        of_cluster=False,
        resource_id=instance.resource_id,
    )


def _deciding(engine: str) -> str:
    """The parameter that refuses plain connections; empty for engines we do not judge."""
    if engine.startswith(("postgres", "aurora-postgresql", "sqlserver")):
        return _SSL
    return _SECURE if engine.startswith(("mysql", "mariadb", "aurora")) else ""


@checks.check(
    "aws.database_transport_encrypted",
    title="Databases refuse plain connections",
    verifies=(Verifies("mesh.sensitive-path-mtls", 1),),
    severity=Severity.HIGH,
    parts=("database_instances", "database_clusters", "parameter_groups"),
)
def database_transport_encrypted(snapshot: AwsSnapshot) -> Iterator[Verdict]:
    """The parameter group in use refuses plain connections, and its setting is applied."""
    databases, problems = _databases(snapshot)
    if databases and isinstance(snapshot.parameter_groups, Unavailable):
        problems.append(not_checked("parameter_groups", snapshot.parameter_groups))
    else:
        parts = () if isinstance(snapshot.parameter_groups, Unavailable) else snapshot.parameter_groups
        groups = {(each.region, each.of_cluster, each.name): each for each in parts}
        problems += [verdict for each in databases for verdict in _transport(each, groups, len(databases))]
    yield from conclude(
        snapshot,
        problems,
        parts=("database_instances", "database_clusters", "parameter_groups"),
        seen=len(databases),
        good=f"All {counted(len(databases), 'database')} refuse plain connections.",
        nothing="This account has no database.",
        evidence=(
            Evidence("rds.describe_db_parameters", snapshot.account, "databases accepting plain text", "0", "0"),
        ),
    )


def _transport(
    database: Database, groups: Mapping[tuple[str, bool, str], ParameterGroup], seen: int
) -> Iterator[Verdict]:
    wanted = _deciding(database.engine)
    if not wanted:
        reason = f"{database.label}: this engine's transport is not judged."
        yield not_checked(database.resource, "unsupported", reason, seen=1)
        return
    if not database.uses:
        reason = f"{database.label}: AWS did not say which parameter group it uses."
        yield not_checked(database.resource, "partial_data", reason, seen=1)
        return
    for use in database.uses:
        group = groups.get((database.region, database.of_cluster, use.name))
        verdict = _by_group(database, use, group, wanted, seen)
        if verdict is not None:
            yield verdict
            return


def _by_group(
    database: Database, use: ParameterGroupUse, group: ParameterGroup | None, wanted: str, seen: int
) -> Verdict | None:
    """What one used parameter group says about plain connections; None if it refuses them."""
    if group is None or isinstance(group.parameters, Unavailable):
        why = group.parameters if group is not None and isinstance(group.parameters, Unavailable) else "partial_data"
        reason = f"{database.label}: parameter group {use.name} could not be read."
        return not_checked(database.resource, why, reason, seen=1)
    values = {parameter.name: parameter.value for parameter in group.parameters}
    if wanted in values and values[wanted] is None:
        reason = f"{database.label}: group {use.name} leaves {wanted} to the engine, whose default we cannot see."
        return not_checked(database.resource, "partial_data", reason, seen=1)
    value = values.get(wanted) or ""
    if value.lower() not in _ON:
        near_miss, reason = "", f"{database.label} accepts plain connections: {wanted} is {value or 'not set'}."
    elif use.status not in ("", "in-sync"):
        near_miss = "Set, waiting for a reboot." if use.status == "pending-reboot" else f"Set, but {use.status}."
        reason = f"{database.label} still accepts plain connections: {wanted} is set, but {use.status}."
        value = f"{value}, {use.status}"
    else:
        return None
    evidence = Evidence("rds.describe_db_parameters", use.name, wanted, value or "absent", "1, in-sync")
    return failed(database.resource, reason, seen=seen, evidence=(evidence,), near_miss=near_miss)


@checks.check(
    "aws.database_iam_authentication",
    title="Databases accept IAM tokens",
    verifies=(Verifies("credentials.dynamic-database", 2), Verifies("least-privilege.db-user-per-service", 3)),
    severity=Severity.MEDIUM,
    parts=("database_instances", "database_clusters", "roles", "users", "groups", "policies"),
)
def database_iam_authentication(snapshot: AwsSnapshot) -> Iterator[Verdict]:
    """IAM tokens are on, each service's role names its own database user, and no user keeps a password.

    The last part is not visible from AWS: it is the postgres or mysql connection's word, declared here per database.
    """
    found, problems = _databases(snapshot)
    databases = [each for each in found if _deciding(each.engine) and not each.engine.startswith("sqlserver")]
    held = holders(snapshot)
    if isinstance(held, Unavailable):
        if databases:
            problems.append(not_checked("roles", held))
        grants: tuple[ConnectGrant, ...] = ()
    else:
        grants = connect_grants(held)
    for database in databases:
        if database.iam is not True:
            problems += _flag(database, len(databases))
        elif not isinstance(held, Unavailable):
            problems += _use(snapshot, database, grants, len(databases))
    yield from conclude(
        snapshot,
        problems,
        parts=("database_instances", "database_clusters"),
        seen=len(databases),
        good=f"All {counted(len(databases), 'database')} take IAM tokens, each service has its own database user.",
        nothing="This account has no database that can take IAM tokens.",
        evidence=(Evidence("rds.describe_db_instances", snapshot.account, "databases without IAM tokens", "0", "0"),),
    )


def _flag(database: Database, seen: int) -> Iterator[Verdict]:
    field = "IAMDatabaseAuthenticationEnabled"
    if database.iam is None:
        yield not_checked(database.resource, "partial_data", f"{database.label}: AWS did not say {field}.", seen=1)
        return
    evidence = Evidence("rds.describe_db_instances", database.resource, field, "false", "true")
    yield failed(database.resource, f"{database.label} does not take IAM tokens.", seen=seen, evidence=(evidence,))


def _use(snapshot: AwsSnapshot, database: Database, grants: tuple[ConnectGrant, ...], seen: int) -> Iterator[Verdict]:
    """What the rights to connect say about a database that takes IAM tokens."""
    mine = [grant for grant in grants if grant.reaches(database.region, database.resource_id)]
    any_user = [grant for grant in mine if grant.any_user]
    owners: dict[str, set[str]] = {}
    for grant in mine:
        owners.setdefault(grant.user, set()).add(grant.holder)
    shared = sorted(user for user, names in owners.items() if len(names) > 1)
    source = "iam.get_account_authorization_details"
    if any_user:
        reason = f"{database.label}: {listed(grant.holder for grant in any_user)} may connect as any database user."
        # A line each: an exception for one holder must not take out the others.
        evidence = tuple(
            Evidence(source, grant.holder, "rds-db:connect", grant.resource, "a named database user")
            for grant in any_user
        )
    elif shared:
        reason = f"{database.label}: {listed(sorted(owners[shared[0]]))} share the database user {shared[0]}."
        evidence = (
            Evidence(source, database.resource, "rds-db:connect", shared[0], "one database user for each role"),
        )
    elif not mine:
        reason = f"{database.label} takes IAM tokens, but no role may use one, so callers use passwords."
        evidence = (
            Evidence(source, database.resource, "rds-db:connect", "granted to nobody", "one named user a role"),
        )
    elif {database.name, database.resource} & set(snapshot.inputs.databases_without_passwords):
        return
    else:
        reason = (
            f"{database.label} takes IAM tokens and {counted(len(owners), 'database user')} may use them;"
            " whether users still have passwords is seen by a postgres or mysql connection only."
        )
        near_miss = "Enabled; database users may still have passwords."
        yield not_checked(database.resource, "input_missing", reason, seen=1, near_miss=near_miss)
        return
    near_miss = "Enabled; passwords keep working."
    yield failed(database.resource, reason, seen=seen, evidence=evidence, near_miss=near_miss)
