"""Owns the two keys of an embedded installation: made once, readable by their owner only, never silently replaced."""

from __future__ import annotations

import base64
import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path

from ztassess.bootstrap.errors import BootstrapError

SECRET, ENCRYPTION = "secret.key", "encryption.keys"
ONE_KEY = re.compile(r"[A-Za-z0-9_-]+:[A-Za-z0-9+/]{43}=")


def ensure_keys(data: Path, environment: Mapping[str, str]) -> list[str]:
    """Make the key files that neither the environment nor the data directory has; lines that tell what was made.

    BootstrapError if sealed data exists and its key is gone, or a key file is damaged.
    """
    said = []
    # A database elsewhere may be new; if it is not, what it holds stays sealed under the old key's id, and says so.
    has_data = not environment.get("DATABASE_URL") and (data / "ztassess.sqlite3").exists()
    if not environment.get("ZTASSESS_SECRET_KEY"):
        if _present(data / SECRET, re.compile(r".{32,}")):
            _close(data / SECRET)
        else:
            _write(data / SECRET, secrets.token_urlsafe(50))
            said.append(f"Secret key made in {data / SECRET}" + (": everybody signs in anew" if has_data else ""))
    if not environment.get("ZTASSESS_ENCRYPTION_KEYS"):
        if _present(data / ENCRYPTION, re.compile(rf"{ONE_KEY.pattern}(,{ONE_KEY.pattern})*")):
            _close(data / ENCRYPTION)
        elif has_data:
            raise BootstrapError(
                f"{data / ENCRYPTION} is missing, but the database may hold secrets sealed with it. Put the file back "
                "from your backup, or give the keys in ZTASSESS_ENCRYPTION_KEYS. To begin anew without the old data, "
                f"move {data} away."
            )
        else:
            name = f"k{secrets.token_hex(4)}"
            _write(data / ENCRYPTION, f"{name}:{base64.b64encode(secrets.token_bytes(32)).decode()}")
            said.append(f"Encryption key {name} made in {data / ENCRYPTION}: keep a copy apart from the data")
    return said


def _present(path: Path, form: re.Pattern[str]) -> bool:
    try:
        text = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return False
    except UnicodeDecodeError:
        text = ""
    if not form.fullmatch(text):
        raise BootstrapError(f"{path} is damaged: it does not hold a key. Put it back from your backup.")
    return True


def _close(path: Path) -> None:
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)


def _write(path: Path, text: str) -> None:
    """All of it or nothing, and on the disk before we go on."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(fd, text.encode() + b"\n")
        os.fsync(fd)
    except OSError:
        fresh.unlink()
        raise
    finally:
        os.close(fd)
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
