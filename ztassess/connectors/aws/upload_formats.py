"""Owns what a person may upload instead of a credential: the commands that make the exports."""

from __future__ import annotations

from ztassess.connectors.contract import UploadFormat

UPLOADS = (
    UploadFormat(
        slug="aws-cli",
        title="Exports of the AWS command line",
        commands="""\
aws iam get-account-authorization-details > gaad.json
aws iam generate-credential-report
aws iam get-credential-report --query Content --output text | base64 -d > credential_report.csv
aws iam get-account-summary > account_summary.json

# once for each region you use; keep the region in the file names
R=eu-west-1
aws ec2 describe-security-groups --region $R > security_groups.$R.json
aws ec2 describe-network-interfaces --region $R > network_interfaces.$R.json
aws rds describe-db-instances --region $R > db_instances.$R.json
aws cloudtrail describe-trails --region $R > trails.$R.json""",
        suffixes=(".json", ".csv"),
        note="Any part of these files will do; what is not uploaded is not checked. Do not use --no-paginate or "
        "--max-items: nothing is judged from half a list. All files must be of one account.",
    ),
)
