"""Owns the connect form: which projects are read, as whom, and what this connection declares."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ztassess.connectors.contract import FieldKind, FormField, Grant, ReadContext
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.google_iap import credential, permissions
from ztassess.connectors.google_iap.snapshot import OTHER, PRODUCTION, AppAddress, DeclaredProject, Inputs

_PROJECT = re.compile(r"([a-z0-9.-]{1,63}:)?[a-z][a-z0-9-]{4,28}[a-z0-9]", re.ASCII)
_DIGITS = re.compile(r"\d{1,25}", re.ASCII)
_SERVICE_ACCOUNT = re.compile(r"[a-z0-9-]{1,63}@[a-z0-9.-]{1,180}\.gserviceaccount\.com")
_HOST = re.compile(r"[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63}){1,8}")
_NAME = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
LONGEST_ISSUER = 200
_PRODUCTION = frozenset({"prod", "production", "prd", "live"})


def _entries(text: str) -> list[str]:
    lines = (line.strip() for line in text.replace(",", "\n").splitlines())
    return list(dict.fromkeys(line for line in lines if line))


def projects(text: str) -> tuple[DeclaredProject, ...]:
    """``acme-prod=production``, one a line; the part after the sign may be left out. Raises `InputInvalid`."""
    found: dict[str, DeclaredProject] = {}
    for line in _entries(text):
        name, _, said = (part.strip().lower() for part in line.partition("="))
        if not _PROJECT.fullmatch(name):
            raise InputInvalid(f"{line[:80]!r} is no project; write its id, such as acme-prod=production.")
        environment = (PRODUCTION if said in _PRODUCTION else OTHER) if said else ""
        found[name] = DeclaredProject(name, environment)
    return tuple(found.values())


def apps(text: str) -> tuple[AppAddress, ...]:
    """``admin.example.com=admin-be``, one a line. Raises `InputInvalid`."""
    found = []
    for line in _entries(text.lower()):
        host, sign, serves = (part.strip() for part in line.partition("="))
        if not sign or not _HOST.fullmatch(host) or not _NAME.fullmatch(serves):
            raise InputInvalid(
                f"{line[:80]!r} is no app; write its host and the backend or Cloud Run service, such as "
                "admin.example.com=admin-be."
            )
        found.append(AppAddress(host, serves))
    return tuple(found)


def organization(text: str) -> str:
    """The number of a Google Cloud organization, or empty. Raises `InputInvalid`."""
    text = text.strip().removeprefix("organizations/")
    if text and not _DIGITS.fullmatch(text):
        raise InputInvalid("The Google Cloud organization is a number such as 123456789012.")
    return text


def service_account(text: str) -> str:
    """The address of a service account, in lower case. Raises `InputInvalid`."""
    text = text.strip().lower()
    if text and not _SERVICE_ACCOUNT.fullmatch(text):
        raise InputInvalid("The reader account is an address such as ztassess@acme-ops.iam.gserviceaccount.com.")
    return text


def identity_provider(text: str) -> str:
    """The name of a provider of a workload identity pool, or empty. Raises `InputInvalid`."""
    text = text.strip().removeprefix("https:").removeprefix("//iam.googleapis.com/")
    if text and not credential.PROVIDER.fullmatch(text):
        raise InputInvalid(
            "The identity provider is a name such as "
            "projects/123456789012/locations/global/workloadIdentityPools/ztassess/providers/ztassess."
        )
    return text


def issuer(text: str) -> str:
    """An https address, or empty. Raises `InputInvalid`."""
    text = text.strip()
    if text and (not text.startswith("https://") or not urlsplit(text).hostname or len(text) > LONGEST_ISSUER):
        raise InputInvalid("The issuer is an https address of yours, such as https://example.com/ztassess.")
    return text


FIELDS = (
    FormField(
        "projects",
        "Projects",
        FieldKind.LINES,
        "Projects to read; mark each as production or not: acme-prod=production, acme-dev=development.",
        required=True,
        parse=projects,
    ),
    FormField(
        "organization_id",
        "Google Cloud organization",
        help="For access levels and organization policies.",
        parse=organization,
    ),
    FormField(
        "service_account_email",
        "Reader account",
        help="Reader account created by the command shown.",
        required=True,
        binds_target=True,
        parse=service_account,
    ),
    FormField(
        "auth",
        "How we become the reader account",
        FieldKind.CHOICE,
        "No key file. Keys are one of the things we report.",
        default=credential.FEDERATION,
        choices=(
            (credential.FEDERATION, "Workload identity federation"),
            (credential.IMPERSONATION, "Impersonated service account"),
        ),
    ),
    FormField(
        "identity_provider",
        "Identity provider",
        help="Name of the provider in your workload identity pool, as the commands shown made it.",
        binds_target=True,
        group="Workload identity federation",
        parse=identity_provider,
    ),
    FormField(
        "issuer",
        "Issuer",
        help="The issuer you gave the provider: any https address of yours. Nobody fetches it; the pool has the key.",
        group="Workload identity federation",
        parse=issuer,
    ),
    FormField(
        "federation_key",
        "Signing key",
        FieldKind.PEM,
        "Private half of the key whose public half the pool has. It signs here and is never sent; it opens nothing "
        "at Google by itself.",
        secret=True,
        group="Workload identity federation",
    ),
    FormField(
        "access_token",
        "Access token of one hour",
        help="Of somebody with roles/iam.serviceAccountTokenCreator on the reader account "
        "(gcloud auth print-access-token). It is deleted after the scan that used it.",
        secret=True,
        single_use=True,
        group="Impersonated service account",
    ),
    FormField(
        "apps",
        "What serves which app",
        FieldKind.LINES,
        "Only for hosts that no URL map names: host and backend or Cloud Run service, such as "
        "admin.example.com=admin-be.",
        group="What you declare",
        parse=apps,
    ),
    FormField(
        "internal_services",
        "Internal Cloud Run services",
        FieldKind.LINES,
        "Names of Cloud Run services that only other services or your own people call.",
        group="What you declare",
    ),
)

GRANTS = (
    Grant(
        "Reader role on each project",
        "shell",
        f"cat > role.yaml <<'END'\n{permissions.role_yaml()}END\n"
        "for P in PROJECT-1 PROJECT-2; do\n"
        "  gcloud iam roles create ztassessReader --project=$P --file=role.yaml\n"
        "  gcloud projects add-iam-policy-binding $P --role=projects/$P/roles/ztassessReader \\\n"
        "    --member=serviceAccount:{service_account_email} --condition=None\n"
        "done",
        "Create the reader account first: gcloud iam service-accounts create ztassess. Bind this role and no other. "
        "The scans ask for the read-only scope wherever Google has one.",
    ),
    Grant(
        "Organization (optional)",
        "shell",
        "gcloud iam roles create ztassessOrganizationReader --organization={organization_id} --stage=GA \\\n"
        f"  --permissions={','.join(permissions.ORGANIZATION_ROLE)}\n"
        "for R in organizations/{organization_id}/roles/ztassessOrganizationReader "
        f"{permissions.LEVEL_READER}; do\n"
        "  gcloud organizations add-iam-policy-binding {organization_id} --role=$R \\\n"
        "    --member=serviceAccount:{service_account_email} --condition=None\n"
        "done",
        "For access levels, inherited roles and the constraints of your own. Without it these stay not checked.",
    ),
    Grant(
        "Workload identity federation",
        "shell",
        "openssl genrsa -out ztassess.pem 2048\n"
        "N=$(openssl rsa -in ztassess.pem -noout -modulus | cut -d= -f2 | xxd -r -p | base64 -w0 | tr '+/' '-_' | "
        "tr -d '=')\n"
        'printf \'{"keys":[{"kty":"RSA","alg":"RS256","use":"sig","kid":"ztassess","n":"%s","e":"AQAB"}]}\' "$N" '
        "> jwks.json\n"
        "gcloud iam workload-identity-pools create ztassess --location=global\n"
        "gcloud iam workload-identity-pools providers create-oidc ztassess --location=global \\\n"
        "  --workload-identity-pool=ztassess --issuer-uri={issuer} --jwk-json-path=jwks.json \\\n"
        "  --attribute-mapping=google.subject=assertion.sub --attribute-condition=\"assertion.sub=='ztassess'\"\n"
        "gcloud iam service-accounts add-iam-policy-binding {service_account_email} \\\n"
        "  --role=roles/iam.workloadIdentityUser --member=principal://iam.googleapis.com/projects/NUMBER/"
        "locations/global/workloadIdentityPools/ztassess/subject/ztassess",
        "Enter ztassess.pem as the signing key, then delete the file. Google stores its public half only.",
    ),
    Grant(
        "Impersonated service account",
        "shell",
        "gcloud iam service-accounts add-iam-policy-binding {service_account_email} \\\n"
        "  --member=user:YOU@example.com --role=roles/iam.serviceAccountTokenCreator\n"
        "gcloud services enable iamcredentials.googleapis.com\n"
        "gcloud auth print-access-token",
        "For one scan: the token lives for an hour and is deleted after the scan that used it.",
    ),
)


def validate(values: Mapping[str, Any], secrets: Mapping[str, str]) -> Mapping[str, str]:
    """Rules over several fields: sentences by field name, none if the form can be saved."""
    if values.get("auth") != credential.FEDERATION:
        return _token_problem(secrets.get("access_token", "").strip())
    missing = {
        name: sentence
        for name, sentence in (
            ("identity_provider", "Enter the provider of your workload identity pool."),
            ("issuer", "Enter the issuer you gave the provider."),
        )
        if not values.get(name)
    }
    key = secrets.get("federation_key", "").strip()
    if not key:
        return {**missing, "federation_key": "Paste the signing key, or impersonate with a token of one hour."}
    try:
        credential.signing_key(key)
    except InputInvalid as problem:
        return {**missing, "federation_key": problem.sentence}
    return missing


def _token_problem(token: str) -> Mapping[str, str]:
    if not token:
        return {"access_token": "Enter an access token of one hour, or use workload identity federation."}
    if "service_account" in token:
        return {"access_token": credential.NOT_ACCEPTED}
    if not token.isascii() or any(letter.isspace() for letter in token) or token.startswith("{"):
        return {"access_token": "That is no access token; gcloud auth print-access-token prints one, in one line."}
    return {}


def inputs(context: ReadContext) -> Inputs:
    """What people declared, in the form of this connection and once for all."""
    config, declared = context.config, context.declared

    def lowered(names: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return None if names is None else tuple(dict.fromkeys(name.strip().lower() for name in names if name.strip()))

    return Inputs(
        projects=tuple(config.get("projects") or ()),
        apps=tuple(config.get("apps") or ()),
        internal_services=tuple(name.lower() for name in config.get("internal_services") or ()),
        internal_hosts=lowered(declared.internal_hosts),
        sensitive_tools=lowered(declared.sensitive_tools),
        break_glass=declared.break_glass,
    )
