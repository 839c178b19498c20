"""Reads one AWS account: identities, rights, network, stores, logs and workloads, by a role or from exports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ztassess.connectors.aws import rules_network, rules_people, rules_stores, rules_workloads
from ztassess.connectors.aws.form import FIELDS, validate
from ztassess.connectors.aws.grants import GRANTS
from ztassess.connectors.aws.sharing import shares
from ztassess.connectors.aws.upload_formats import UPLOADS
from ztassess.connectors.contract import Connector, Preflight, ReadContext, UploadedFile
from ztassess.domain.checks import Checks

if TYPE_CHECKING:
    from ztassess.connectors.aws.snapshot import AwsSnapshot

checks: Checks[AwsSnapshot] = Checks("aws")
for module in (rules_people, rules_workloads, rules_network, rules_stores):
    checks.include(module.checks)


def _collect(context: ReadContext) -> AwsSnapshot:
    from ztassess.connectors.aws.collect import collect  # botocore takes 0.2 s and 20 MB that a web page does not need

    return collect(context)


def _preflight(context: ReadContext) -> Preflight:
    from ztassess.connectors.aws.preflight import preflight  # as above

    return preflight(context)


def _parse_upload(files: Sequence[UploadedFile], context: ReadContext) -> AwsSnapshot:
    from ztassess.connectors.aws.upload import parse_upload

    return parse_upload(files, context)


CONNECTOR = Connector(
    slug="aws",
    title="AWS",
    summary="Reads identities, rights, network, data stores and logs of one account; repeat it for each account.",
    fields=FIELDS,
    grants=GRANTS,
    checks=checks,
    collect=_collect,
    preflight=_preflight,
    uploads=UPLOADS,
    parse_upload=_parse_upload,
    validate=validate,
    shares=shares,
    fits=(("clouds", "aws"),),
    egress="Requests go to AWS only (hosts under amazonaws.com), signed with a session of at most 15 minutes.",
)
