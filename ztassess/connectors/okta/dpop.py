"""Owns proofs of possession: a fresh signature for every request; a stolen token is worth nothing (RFC 9449)."""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from joserfc.jwk import ECKey

from ztassess.connectors.api.signing import signed_token
from ztassess.connectors.netguard import Answer

SCHEME: Final = "DPoP"
NONCE_HEADER: Final = "dpop-nonce"
WANTED: Final = "use_dpop_nonce"
LONGEST_NONCE: Final = 1024


class DpopProver:
    """Signs with a key of this session only (ES256); it is made here and never stored.

    Parameters:
        clock: the present moment; proofs are valid for minutes only.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._key = ECKey.generate_key("P-256", private=True)
        self._public = {name: value for name, value in self._key.as_dict(private=False).items() if name != "kid"}
        self._nonce = ""
        self._lock = threading.Lock()

    def headers(self, method: str, url: str, signed: Mapping[str, str]) -> Mapping[str, str]:
        """The proof of one request; none for a token that is not bound to a key (RFC 9449, 4.2 and 7.1)."""
        scheme, _, token = signed.get("authorization", "").partition(" ")
        if signed and scheme != SCHEME:
            return {}
        claims = {
            "jti": secrets.token_urlsafe(16),
            "htm": method,
            "htu": url.partition("#")[0].partition("?")[0],
            "iat": int(self._clock().timestamp()),
        }
        if token:
            digest = hashlib.sha256(token.encode("ascii")).digest()
            claims["ath"] = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        with self._lock:
            if self._nonce:
                claims["nonce"] = self._nonce
        return {"dpop": signed_token(self._key, claims, {"typ": "dpop+jwt", "jwk": self._public})}

    def asks_again(self, answer: Answer) -> bool:
        """Keep the nonce that came (RFC 9449, 8 and 9); True if this request was refused for the lack of it."""
        nonce = answer.header(NONCE_HEADER) or ""
        if not nonce or len(nonce) > LONGEST_NONCE or not nonce.isascii() or not nonce.isprintable():
            return False
        with self._lock:
            self._nonce = nonce
        if answer.status == 401:  # noqa: PLR2004  HTTP's own number
            return any(WANTED in challenge for challenge in answer.header_all("www-authenticate"))
        return answer.status == 400 and WANTED.encode() in answer.body  # noqa: PLR2004  as above
