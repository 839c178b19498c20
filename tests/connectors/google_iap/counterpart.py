"""An organization with IAP on its admin app, and with a second path of the same app that goes round it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from joserfc.jwk import ECKey

from tests.connectors.google_iap import rows
from tests.connectors.google_iap.conftest import form, pem, signing_key
from tests.connectors.google_iap.fake import Cloud
from tests.connectors.google_iap.rows import PROD
from tests.fakes.counterpart import Counterpart
from ztassess.connectors.google_iap import sessions

ADDRESSES = sessions.ADDRESSES


@contextmanager
def counterpart() -> Iterator[Counterpart]:
    with Cloud(ECKey.import_key(signing_key().as_pem(private=False))) as cloud:
        assert isinstance(cloud, Cloud)
        hosts = {"admin.acme.example": ["admin-be", "shop-be"]}
        cloud.aggregates[PROD, "urlMaps"] = [rows.url_map("web", hosts, "shop-be")]
        cloud.firewalls[PROD].append(rows.firewall("postgres", ["0.0.0.0/0"], ["5432"]))
        cloud.keys[f"deploy@{PROD}.iam.gserviceaccount.com"] = [rows.key("deploy", days=400)]
        yield Counterpart(
            entered=form(projects="acme-prod=production,acme-dev=development", apps="admin.acme.example=admin-be"),
            secrets={"federation_key": pem()},
            endpoints=cloud.endpoints,
            fails="google_iap.enabled_on_declared_backends",
            passes="google_iap.accessors_not_public",
        )
