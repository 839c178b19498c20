"""Two systems that told about themselves: somebody switched off in one is active in the other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from tests.connectors.across.views import ANNA, OKTA, person, view
from tests.fakes.counterpart import Counterpart
from ztassess.connectors.contract import UploadedFile
from ztassess.connectors.sharing import view_json


@contextmanager
def counterpart() -> Iterator[Counterpart]:
    views = (OKTA, view("aws", ANNA, person("cleo@x.io")))
    yield Counterpart(
        fails="across.disabled_people_inactive_elsewhere",
        passes="across.people_known_to_identity_provider",
        uploads=tuple(UploadedFile(f"{each.connector}.json", json.dumps(view_json(each)).encode()) for each in views),
        real=True,
    )
