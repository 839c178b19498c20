"""Owns the addresses of the portfolio's pages: a person's own, or those on which anybody looks at the demo's."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request is.

    Attributes:
        is_visit: below ``/demo/``, where nothing can be changed and no account is needed.
        whose: the name of the consultant whose clients a visitor sees.
    """

    is_visit: bool = False
    whose: str = ""

    def page(self, name: str, *args: object) -> str:
        """The address of a page of the portfolio, by its route's name."""
        return reverse(f"demo_{name}" if self.is_visit else name, args=args or None)

    def client(self, name: str, slug: str, **kwargs: str) -> str:
        """The address of a client's own page, by its route's name without namespace."""
        return reverse(f"{'demo_client' if self.is_visit else 'org'}:{name}", kwargs={"slug": slug, **kwargs})


OWN = Place()
