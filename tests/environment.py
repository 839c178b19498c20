"""The environment of every test process, set before Django reads its settings (loaded by ``-p``)."""

import base64
import os
import tempfile

os.environ.setdefault("ZTASSESS_DATA_DIR", tempfile.mkdtemp(prefix="zt-test-"))
os.environ.setdefault("ZTASSESS_SECRET_KEY", "only-for-tests")
os.environ.setdefault("ZTASSESS_ENCRYPTION_KEYS", "k1:" + base64.b64encode(bytes(range(32))).decode())
# Playwright's event loop makes Django think that it runs inside an asynchronous view.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


LONGEST_NAME = 60


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a case by its argument where the value is long: it may be a key made in this process, known to no other."""
    return argname if isinstance(val, str | bytes) and len(val) > LONGEST_NAME else None
