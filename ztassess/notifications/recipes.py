"""Owns the recipes by which a receiver verifies a delivery; what the page shows is what the tests run."""

PYTHON = '''\
import hashlib, hmac, time

def is_genuine(secret: str, signature: str, body: bytes, seconds: int = 300) -> bool:
    """signature: the header X-Ztassess-Signature; body: the raw bytes, before any parsing."""
    parts = [part.strip().partition("=")[::2] for part in signature.split(",")]
    sent = next((value for name, value in parts if name == "t"), "")
    if not (sent.isascii() and sent.isdecimal()) or abs(time.time() - int(sent)) > seconds:
        return False
    expected = hmac.new(secret.encode(), sent.encode() + b"." + body, hashlib.sha256).hexdigest()
    return any(name == "v1" and hmac.compare_digest(expected.encode(), value.encode()) for name, value in parts)
'''

NODE = """\
import { createHmac, timingSafeEqual } from "node:crypto";

// signature: the header X-Ztassess-Signature; body: a Buffer of the raw bytes, before any parsing.
export function isGenuine(secret, signature, body, seconds = 300) {
  const parts = signature.split(",").map((part) => part.trim().split("="));
  const sent = (parts.find(([name]) => name === "t") || [])[1] || "";
  if (!/^[0-9]+$/.test(sent) || Math.abs(Date.now() / 1000 - Number(sent)) > seconds) return false;
  const expected = createHmac("sha256", secret).update(`${sent}.`).update(body).digest();
  return parts.some(([name, value]) => {
    const given = Buffer.from(value || "", "hex");
    return name === "v1" && given.length === expected.length && timingSafeEqual(given, expected);
  });
}
"""
