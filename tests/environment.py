"""The environment of every test process, set before Django reads its settings (loaded by ``-p``)."""

import base64
import os
import tempfile

os.environ.setdefault("ZTASSESS_DATA_DIR", tempfile.mkdtemp(prefix="zt-test-"))
os.environ.setdefault("ZTASSESS_SECRET_KEY", "only-for-tests")
os.environ.setdefault("ZTASSESS_ENCRYPTION_KEYS", "k1:" + base64.b64encode(bytes(range(32))).decode())
# Playwright's event loop makes Django think that it runs inside an asynchronous view.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
