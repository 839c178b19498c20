"""Owns which names speak of a long-lived key of a cloud."""

from __future__ import annotations

import re
from typing import Final

_ANYWHERE: Final = (
    "AWS_ACCESS_KEY",
    "AWS_SECRET",
    "SERVICE_ACCOUNT_KEY",
    "GOOGLE_CREDENTIALS",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GCP_CREDENTIALS",
    "GCP_SA_KEY",
    "AZURE_CREDENTIALS",
    "AZURE_CLIENT_SECRET",
    "ARM_CLIENT_SECRET",
)
_CLOUD_KEY = re.compile(
    r"(?:^|_)(?:AWS|EC2|ECR|EKS|GCP|GCLOUD|GCR|GCS|GKE|GOOGLE_CLOUD|AZURE|AKS|ACR|ARM)(?:_[A-Z0-9]+)*?"
    r"_(?:KEY|KEY_ID|KEY_JSON|SA_KEY|SA_JSON|CREDENTIALS)$"
)
# These end alike but open no cloud: the id of an encryption key, a public half, a key of a map or a vault's name.
_NO_KEY = re.compile(r"_KMS_|_PUBLIC_KEY|_API_KEY$|_HOST_KEY|KEY_?VAULT|_CACHE_KEY")

VARIABLES: Final = {
    "AWS_ACCESS_KEY_ID": "AWS",
    "AWS_SECRET_ACCESS_KEY": "AWS",
    "GOOGLE_CREDENTIALS": "Google Cloud",
    "GCP_SA_KEY": "Google Cloud",
    "AZURE_CREDENTIALS": "Azure",
    "AZURE_CLIENT_SECRET": "Azure",
    "ARM_CLIENT_SECRET": "Azure",
}
"""Environment variables from which tools of a cloud take a long-lived key, and the cloud."""


def is_cloud_key(name: str) -> bool:
    """The name of a secret says that it is a key of a cloud. A name that does not, proves nothing."""
    name = name.upper().replace("-", "_")
    if any(each in name for each in _ANYWHERE):
        return True
    return _CLOUD_KEY.search(name) is not None and _NO_KEY.search(name) is None


def cloud_of(name: str) -> str:
    """The cloud that a telltale name speaks of."""
    name = name.upper()
    if "AZURE" in name or "ARM_" in name or "AKS" in name or "ACR" in name:
        return "Azure"
    return "Google Cloud" if re.search("G(CP|CLOUD|CS|KE|CR|OOGLE)|SERVICE_ACCOUNT", name) else "AWS"
