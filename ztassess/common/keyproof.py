"""Owns the proof that the installation still has the keys its data was sealed with."""

from __future__ import annotations

from ztassess.common.envelope import EnvelopeError, Sealed, associated_data, keyring, seal, unseal
from ztassess.common.models import KeyProof

KNOWN = b"ok"


def key_problem() -> str:
    """Why stored secrets cannot be opened or new ones sealed, for the operator; empty if they can.

    Leaves a proof for a key that seals for the first time. From then on another key under the same name, or none, is
    found out before anybody meets a secret that does not open. Whoever retires a key deletes its proof.

    Raises:
        DatabaseError: the proofs could not be read.
    """
    bound = associated_data("key-proof")
    try:
        ring = keyring()
        proofs = {row.kek_id: row for row in KeyProof.objects.all()}
        if ring.current not in proofs:
            sealed = seal(KNOWN, ring, bound)
            fresh = {"wrapped_key": sealed.wrapped_key, "ciphertext": sealed.ciphertext}
            proofs[ring.current], _ = KeyProof.objects.get_or_create(kek_id=ring.current, defaults=fresh)
        for row in proofs.values():
            unseal(Sealed.of(row), ring, bound)
    except EnvelopeError as problem:
        return f"What is stored was sealed with another encryption key, or this one is unusable. {problem}"
    return ""
