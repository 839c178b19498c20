"""Owns the checks of the account itself: its members' second factor, and whether Access decisions are exported."""

from __future__ import annotations

from collections.abc import Iterator

from ztassess.connectors.cloudflare.judging import line
from ztassess.connectors.cloudflare.snapshot import CloudflareSnapshot
from ztassess.connectors.judging import conclude, count, rows_read
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Severity, Unavailable, Verdict, failed, not_checked, passed

checks: Checks[CloudflareSnapshot] = Checks("cloudflare")
JOBS = "GET /accounts/{account}/logpush/jobs"
DATASET = "access_requests"


@checks.check(
    "cloudflare.account_two_factor_enforced",
    title="The account itself demands two factors",
    verifies=(Verifies("mfa.root-and-orphan-accounts", 2),),
    severity=Severity.HIGH,
    parts=("account",),
)
def account_two_factor_enforced(snapshot: CloudflareSnapshot) -> Iterator[Verdict]:
    """Absent is not false: a token that may not see the setting gets none."""
    if isinstance(snapshot.account, Unavailable):
        yield not_checked(snapshot.account_id, snapshot.account)
        return
    account = next(iter(snapshot.account), None)
    if account is None or account.two_factor is None:
        yield not_checked(snapshot.account_id, "partial_data", "The account came without its two-factor setting.")
        return
    observed = str(account.two_factor).lower()
    evidence = (line("GET /accounts/{account}", account.name, "settings.enforce_twofactor", observed, "true"),)
    if account.two_factor:
        yield passed(
            snapshot.account_id, f"{account.name} demands two factors of all members.", seen=1, evidence=evidence
        )
    else:
        yield failed(
            snapshot.account_id,
            f"{account.name} does not demand two factors of its members.",
            evidence=evidence,
            near_miss="Members use two factors; the account does not require it.",
        )


@checks.check(
    "cloudflare.access_logs_exported",
    title="Access decisions leave the account",
    verifies=(Verifies("identity.logging", 2),),
    severity=Severity.MEDIUM,
    parts=("log_jobs",),
)
def access_logs_exported(snapshot: CloudflareSnapshot) -> Iterator[Verdict]:
    """One job that runs is enough; one that is off or fails carries nothing away."""
    every = rows_read(snapshot.log_jobs)
    jobs = [job for job in every if job.dataset == DATASET]
    working = [job for job in jobs if job.enabled is True and not job.failing]
    whole = not isinstance(snapshot.log_jobs, Unavailable)
    if working and whole:
        job = working[0].id
        evidence = (line(JOBS, job, "enabled", "true", "true"), line(JOBS, job, "last_error", "none", "none"))
        reason = f"{count(len(working), 'Logpush job')} of {len(every)} carries Access decisions away."
        yield passed(snapshot.account_id, reason, seen=len(every), evidence=evidence)
        return
    problems = []
    if whole:
        unknown = any(job.enabled is None for job in jobs)
        failing = any(job.enabled and job.failing for job in jobs)
        why = "fails" if failing else "is disabled" if jobs else "does not exist"
        seen_as = (line(JOBS, snapshot.account_id, "dataset", DATASET if jobs else "none", f"{DATASET}, enabled"),)
        reason = f"A Logpush job for Access decisions {why} ({count(len(every), 'job')} in all)."
        miss = "The job exists but is disabled." if jobs and not failing else ""
        problems = [
            not_checked(
                snapshot.account_id, "partial_data", "A job does not say whether it is enabled.", seen=len(every)
            )
            if unknown
            else failed(snapshot.account_id, reason, seen=max(1, len(every)), evidence=seen_as, near_miss=miss)
        ]
    yield from conclude(snapshot.account_id, problems, of=(snapshot.log_jobs,), seen=len(every), good="", nothing="")
