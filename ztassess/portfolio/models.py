"""Owns the summary of each organization that its consultants compare, and what a consultant keeps for themself."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from ztassess.common.models import OrgOwned

WORDS_LIMIT = 300


class PortfolioRow(OrgOwned):
    """What a list of clients shows of one organization, written in the transaction of each new judgment.

    Percents are whole ones, 0 to 100; ``proven_before`` is that of four weeks ago. ``stages`` and ``history`` are short
    texts, see `ztassess.portfolio.packing` and `ztassess.domain.score_history`, of which many are read for one page.
    What depends on today (stalled, ending soon) is computed from the dates when somebody looks. ``compared_from`` is
    the first day of the catalog and method of today's score: what was recorded before is not compared with it.
    ``reached_on``, ``remade_on`` and ``below_version`` are a `ztassess.domain.score_history.Milestone`.
    """

    organization = models.OneToOneField(
        "organizations.Organization", on_delete=models.CASCADE, related_name="portfolio_row"
    )
    judged_at = models.DateTimeField()
    catalog_version = models.CharField(max_length=40)
    method_version = models.CharField(max_length=40)
    proven = models.PositiveSmallIntegerField()
    proven_before = models.PositiveSmallIntegerField(null=True)
    claimed = models.PositiveSmallIntegerField()
    ceiling = models.PositiveSmallIntegerField()
    stages = models.CharField(max_length=600, blank=True)
    contradicted = models.PositiveSmallIntegerField(default=0)
    worst_control = models.CharField(max_length=80, blank=True)
    worst_words = models.CharField(max_length=WORDS_LIMIT, blank=True)
    broken = models.PositiveSmallIntegerField(default=0)
    broken_names = models.CharField(max_length=WORDS_LIMIT, blank=True)
    exception_ends = models.DateField(null=True)
    progress_on = models.DateField()
    progress_low = models.FloatField()
    started_on = models.DateField()
    reached_on = models.DateField(null=True)
    remade_on = models.DateField(null=True)
    below_version = models.CharField(max_length=100, blank=True)
    compared_from = models.DateField(null=True)
    lands_on = models.DateField(null=True)
    history = models.CharField(max_length=104)
    history_until = models.DateField()

    class Meta(OrgOwned.Meta):
        pass

    def __str__(self) -> str:
        return f"{self.proven} % proven"


class PortfolioState(OrgOwned):
    """What became of one control, or of one check that does not pass, in one organization; see `PortfolioSystem`.

    ``resources`` counts failing resources. ``carried`` marks a failing result that newer attempts could not look at:
    it still stands, with ``seen_on`` as the day it was seen.
    """

    class Kind(models.TextChoices):
        """A control has each proof state; a check stands here only while it does not pass."""

        CONTROL = "control"
        CHECK = "check"

    organization = models.ForeignKey(
        "organizations.Organization", on_delete=models.CASCADE, related_name="portfolio_states"
    )
    kind = models.CharField(max_length=8, choices=Kind.choices)
    subject = models.CharField(max_length=120)
    state = models.CharField(max_length=16)
    since = models.DateField(null=True)
    seen_on = models.DateField(null=True)
    resources = models.PositiveIntegerField(default=0)
    carried = models.BooleanField(default=False)
    words = models.CharField(max_length=WORDS_LIMIT, blank=True)

    class Meta(OrgOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "kind", "subject"], name="portfolio_state_one")]
        indexes = [models.Index(fields=["kind", "subject", "state"], name="portfolio_state_pivot")]

    def __str__(self) -> str:
        return f"{self.subject}: {self.state}"


class PortfolioSystem(OrgOwned):
    """One kind of system that an organization has connected, and which of its checks pass there.

    ``checks`` is a short text, see `ztassess.portfolio.packing`, of the checks that were read and have no
    `PortfolioState`. A check in neither was never read; a kind without a row is not connected.
    """

    organization = models.ForeignKey(
        "organizations.Organization", on_delete=models.CASCADE, related_name="portfolio_systems"
    )
    connector = models.CharField(max_length=40)
    checks = models.TextField(blank=True)

    class Meta(OrgOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "connector"], name="portfolio_system_one")]

    def __str__(self) -> str:
        return self.connector


class ClientNote(models.Model):
    """What a person keeps about one client: belongs to the person, so the client never sees it.

    It is reached through an active membership only; when that ends it is hidden, and a new one brings it back.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="client_notes")
    organization = models.ForeignKey(
        "organizations.Organization", on_delete=models.CASCADE, related_name="client_notes"
    )
    label = models.CharField(max_length=40, blank=True)
    meeting_at = models.DateTimeField(null=True)
    text = models.TextField(max_length=4000, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "organization"], name="client_note_one")]

    def __str__(self) -> str:
        return f"note of {self.user_id}"


class SavedView(models.Model):
    """A filter of the portfolio under a name. ``query`` is the end of an address, as the filters write it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=600)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="saved_view_name")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
