"""Owns the organization policy constraints that levels depend on."""

from __future__ import annotations

from typing import Final

NO_KEYS: Final = ("iam.disableServiceAccountKeyCreation", "iam.managed.disableServiceAccountKeyCreation")
NO_PUBLIC_SQL: Final = "sql.restrictPublicIp"
NO_PUBLIC_BUCKETS: Final = "storage.publicAccessPrevention"
BUILT_IN: Final = (*NO_KEYS, NO_PUBLIC_SQL, NO_PUBLIC_BUCKETS)
IAP_DEMANDED: Final = "custom: resource.iap.enabled"
"""Stands for a constraint of the customer's own that lets no backend be without IAP."""
