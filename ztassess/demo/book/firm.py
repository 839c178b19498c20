"""Owns the invented consulting firm: its name, its consultant, what it grants itself nowhere."""

from __future__ import annotations

from typing import Final

NAME: Final = "Harborlight Advisory"
DOMAIN: Final = "harborlight.example"  # RFC 2606, as the company's
CONSULTANT: Final = "Mara Lindholm"
CONSULTANT_LOGIN: Final = f"consultant@{DOMAIN}"
FACTS: Final = {
    "n_people": 4,
    "n_services": 0,
    "n_internal_tools": 0,
    "has_internal_tools": False,
    "has_vpn": False,
    "has_private_network": False,
    "has_database": False,
    "has_ci": False,
    "identity_providers": ["google_workspace"],
    "clouds": [],
}
# How long ago it was founded here: after the company itself, which is the oldest organization of a demo.
FOUNDED_DAYS: Final = 48
GRANTED_DAYS: Final = 240
"""How long a client's grant lasts; far enough that none is about to end."""
