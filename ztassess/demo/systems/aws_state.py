"""Owns what changes in the company's AWS account over the weeks, and the names all its exports share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

ACCOUNT: Final = "111122223333"
MANAGEMENT: Final = "444455556666"
STAGING: Final = "777788889999"
READER: Final = "999900001111"  # where this installation would run
REGION: Final = "eu-west-1"
CLUSTER: Final = "prod"
DATABASE: Final = "ledger-prod"
BUCKET: Final = "northwind-invoices"
RENDERER: Final = "render-invoice"
BALANCER: Final = f"ledger-prod-1234567890.{REGION}.elb.amazonaws.com"
VPC: Final = "vpc-0a1b2c3d4e5f60718"
# Security groups: the public load balancer, services, the internal tools' machines, the database.
WEB_GROUP, SERVICE_GROUP, TOOLS_GROUP, DATABASE_GROUP = "sg-0web", "sg-0services", "sg-0tools", "sg-0database"


@dataclass(frozen=True, slots=True)
class Account:
    """The account on a day.

    Attributes:
        people_keys: user names of people that hold an access key.
        pipeline_key: the pipeline signs in with a key that is older than a year.
        pipeline_any_branch: the pipeline's role takes tokens of any branch.
        batch_admin: the nightly job may do everything; else it may still start functions with any role.
        shared_role: two services run as the same role.
        leaver_key: somebody who left still has an active key.
        root_app: root's second factor is a phone app.
        ssh_open: the tools' machines take SSH from the internet.
        tools_open: the tools' machines answer the whole internet on 443, past the proxy.
        balancer_undeclared: a public load balancer nobody declared.
        waf_counts: the firewall's rules only count.
        old_role: a role that nobody has used for half a year.
        standing_admin: the leads are administrators all the time, not on request.
        alarms_readable: our role may read event rules and alarms.
        bucket_shared: the analyzer has an old finding on the bucket with invoices.
        trail: API calls are recorded.
    """

    people_keys: tuple[str, ...] = ("marcus", "diego")
    pipeline_key: bool = True
    pipeline_any_branch: bool = True
    batch_admin: bool = True
    shared_role: bool = True
    leaver_key: bool = True
    root_app: bool = True
    ssh_open: bool = True
    tools_open: bool = True
    balancer_undeclared: bool = True
    waf_counts: bool = True
    old_role: bool = True
    standing_admin: bool = True
    alarms_readable: bool = False
    bucket_shared: bool = True
    trail: bool = False


def arn(service: str, resource: str, *, region: str = "", account: str = ACCOUNT) -> str:
    """An ARN of the company's."""
    return f"arn:aws:{service}:{region}:{account}:{resource}"
