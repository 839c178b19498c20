"""An account tells its users, its roles and the hosts it serves, and says what it could not read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from tests.connectors.aws.factory import NOW
from ztassess.connectors.aws.sharing import ADMINISTRATOR, shares
from ztassess.connectors.aws.snapshot import (
    AccessKey,
    AttachedPolicy,
    AwsSnapshot,
    CredentialRow,
    Distribution,
    Document,
    Group,
    LoadBalancer,
    Role,
    Tag,
    User,
)
from ztassess.domain.findings import Unavailable
from ztassess.domain.roster import Account, AccountKind, Host

USED = datetime(2026, 11, 1, tzinfo=UTC)
BLIND = Unavailable("missing_scope", "iam:GetCredentialReport")
ADMIN = (AttachedPolicy("AdministratorAccess", ADMINISTRATOR),)
KEY = AccessKey(1, active=True, last_used=USED)
SNAPSHOT = AwsSnapshot(
    account="1" * 12,
    taken_at=NOW,
    credential_report=(
        CredentialRow("<root_account>", "arn:root", None, None, "not_supported", True, ()),
        CredentialRow("Anna@x.io", "arn:anna", True, USED, "", True, ()),
        CredentialRow("ci", "arn:ci", False, None, "N/A", False, (KEY,)),
        CredentialRow("old", "arn:old", False, None, "N/A", False, (AccessKey(1, active=False),)),
        CredentialRow("odd", "arn:odd", None, None, "", None, None),
    ),
    users=(User("arn:anna", "Anna@x.io", "/", USED, groups=("ops",)),),
    groups=(Group("arn:ops", "ops", attached=ADMIN),),
    roles=(
        Role("arn:app", "app", "/", USED, Document("k", ()), last_used=USED, tags=(Tag("Owner", "shop"),)),
        Role("arn:slr", "slr", "/aws-service-role/x/", USED, Document("k", ())),
    ),
    load_balancers=(
        LoadBalancer("eu-central-1", "arn:lb", "lb", "application", True, "LB-1.elb.amazonaws.com"),
        LoadBalancer("eu-central-1", "arn:in", "in", "application", False, "in-1.elb.amazonaws.com"),
    ),
    distributions=(
        Distribution("d", "arn:d", "d1.cloudfront.net", ("app.x.io",), (), True, ""),
        Distribution("e", "arn:e", "e1.cloudfront.net", ("off.x.io",), (), False, ""),
    ),
)


def by_name() -> dict[str, Account]:
    accounts = shares(SNAPSHOT).accounts
    assert not isinstance(accounts, Unavailable)
    return {account.name: account for account in accounts}


def test_users_are_people_by_their_password_and_services_by_their_keys() -> None:
    found = by_name()
    assert set(found) == {"Anna@x.io", "ci", "old", "odd", "app"}
    anna = found["Anna@x.io"]
    assert (anna.kind, anna.emails, anna.active, anna.admin) == (AccountKind.PERSON, ("anna@x.io",), True, True)
    assert (anna.second_factor, anna.through_idp, anna.last_used) == (True, False, USED)
    assert (found["ci"].kind, found["ci"].active, found["ci"].last_used) == (AccountKind.SERVICE, True, USED)
    assert found["old"].active is False
    assert found["odd"].active is None


def test_roles_are_services_with_their_owner() -> None:
    app = by_name()["app"]
    assert (app.kind, app.owner, app.last_used) == (AccountKind.SERVICE, "shop", USED)


def test_hosts_are_what_the_internet_can_ask() -> None:
    names = ("lb-1.elb.amazonaws.com", "d1.cloudfront.net", "app.x.io")
    assert shares(SNAPSHOT).hosts == tuple(Host(name, served=True) for name in names)


def test_what_could_not_be_read_is_told_so() -> None:
    assert shares(replace(SNAPSHOT, credential_report=BLIND)).accounts == BLIND
    assert shares(replace(SNAPSHOT, load_balancers=BLIND)).hosts == BLIND
