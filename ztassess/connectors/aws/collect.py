"""Owns the reading of one account: who we are, its identities, every region, all into one frozen snapshot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ztassess.connectors.aws import client_network, policy_actions
from ztassess.connectors.aws.client import GLOBAL_REGION, Aws, who_are_we
from ztassess.connectors.aws.client_firewall import CLOUDFRONT
from ztassess.connectors.aws.client_session import open_account, open_identity_center
from ztassess.connectors.aws.collect_identity import (
    Parts,
    account_tasks,
    directory,
    directory_regions,
    iam_tasks,
    part,
    role_uses,
)
from ztassess.connectors.aws.collect_regions import (
    GLOBAL_FIREWALL,
    REGIONAL_PARTS,
    Found,
    merged,
    read_group,
    regional_groups,
)
from ztassess.connectors.aws.form import inputs
from ztassess.connectors.aws.snapshot import AwsSnapshot
from ztassess.connectors.contract import ReadContext, parts_of
from ztassess.connectors.errors import ConnectorError, InputInvalid, Unreachable
from ztassess.domain.findings import Part, Unavailable

_SIDE_BY_SIDE = 8
_WATCH_SECONDS = 1.0


@dataclass(slots=True)
class _Run:
    """One reading under way: tasks run side by side, results are put together in the order of their names."""

    aws: Aws
    progress: Callable[[str, int], None]
    pool: ThreadPoolExecutor
    values: dict[str, Any] = field(default_factory=dict)
    found: dict[tuple[str, int], Found] = field(default_factory=dict)
    _pending: dict[Future[Any], tuple[str, int] | str] = field(default_factory=dict)

    def start(self, name: str, task: Callable[[], Parts]) -> None:
        """Start a task that reads parts of the whole account."""
        self._pending[self.pool.submit(task)] = name

    def start_group(self, region: str, number: int, task: Callable[[], Found]) -> None:
        """Start a task that reads one group of parts in one region."""
        self._pending[self.pool.submit(task)] = (region, number)

    def finish(self, names: Iterable[str] | None = None) -> None:
        """Wait for these tasks (None: for all), telling the progress; the person may cancel there."""
        wanted = None if names is None else set(names)
        while any(wanted is None or name in wanted for name in self._pending.values()):
            done, _ = wait(self._pending, timeout=_WATCH_SECONDS, return_when=FIRST_COMPLETED)
            if not done:
                self.progress("", 0)
            for future in done:
                self._keep(self._pending.pop(future), future.result())

    def _keep(self, name: tuple[str, int] | str, result: Any) -> None:
        if isinstance(name, tuple):
            self.found[name] = result
            if name[0] not in {waiting[0] for waiting in self._pending.values() if isinstance(waiting, tuple)}:
                self.aws.forget(name[0])
            read: Mapping[str, Any] = result.items
        else:
            self.values.update(result)
            read = result
        for each, value in read.items():
            if isinstance(value, tuple):
                self.progress(each, len(value))


def collect(context: ReadContext) -> AwsSnapshot:
    """Read the account.

    Raises:
        InputInvalid: there is no way in, or no chosen region is switched on.
        AuthFailed: the credentials are refused, or the role cannot be assumed.
        Unreachable: AWS does not answer.
        Canceled: the person canceled.
    """
    aws = open_account(context)
    account, identity = who_are_we(aws)
    chosen, enabled = _regions(aws, context)
    pool = ThreadPoolExecutor(_SIDE_BY_SIDE, thread_name_prefix="aws")
    try:
        run = _Run(aws, context.progress, pool)
        _read(run, context, account, chosen)
    except ConnectorError:
        aws.stop()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
    snapshot = AwsSnapshot(
        account=account,
        identity=identity,
        taken_at=context.now,
        inputs=inputs(context),
        enabled_regions=None if isinstance(enabled, Unavailable) else len(enabled),
        **_together(run, chosen),
    )
    if all(isinstance(each.seen, Unavailable) and each.seen.reason == "unreachable" for each in parts_of(snapshot)):
        raise Unreachable("AWS stopped answering. Earlier results stay valid; the next scan tries again.")
    return snapshot


def _regions(aws: Aws, context: ReadContext) -> tuple[Part[str], Part[str]]:
    """The regions to read (or why we cannot know them), and those the account has switched on."""
    wanted = tuple(dict.fromkeys(context.config.get("regions") or ()))
    enabled: Part[str] = part("regions", lambda: client_network.enabled_regions(aws, GLOBAL_REGION))["regions"]
    if isinstance(enabled, Unavailable) and wanted and wanted[0] != GLOBAL_REGION:
        # An organization may close us-east-1 to everything but the global services.
        enabled = part("regions", lambda: client_network.enabled_regions(aws, wanted[0]))["regions"]
    if isinstance(enabled, Unavailable):
        return wanted or enabled, enabled
    chosen = tuple(region for region in enabled if not wanted or region in wanted)
    if not chosen:
        raise InputInvalid(f"None of the chosen regions ({', '.join(wanted)}) is switched on in this account.")
    return chosen, enabled


def _read(run: _Run, context: ReadContext, account: str, chosen: Part[str]) -> None:
    aws, regions = run.aws, () if isinstance(chosen, Unavailable) else chosen
    iam = iam_tasks(aws)
    for name, task in iam.items():
        run.start(name, task)
    run.start("policies analyzed", _warm)
    for name, task in account_tasks(aws, account).items():
        run.start(name, task)
    groups = regional_groups(regions[0] if regions else "", inputs(context).internal_services or ())
    for region in regions:
        for number, group in enumerate(groups):
            run.start_group(region, number, partial(read_group, aws, region, group))
    run.start_group(CLOUDFRONT, 0, partial(read_group, aws, CLOUDFRONT, (GLOBAL_FIREWALL,)))
    run.finish(["identities"])
    where = directory_regions(run.values["roles"], regions)
    run.start("directory", lambda: directory(lambda: open_identity_center(context, aws), account, where))
    run.finish([*iam, "policies analyzed"])
    run.start("role uses", lambda: role_uses(aws, run.values["roles"], run.values["policies"]))
    run.finish()


def _warm() -> Parts:
    """Load the policy analysis while the network is slow."""
    policy_actions.warm()
    return {}


def _together(run: _Run, chosen: Part[str]) -> dict[str, Any]:
    """The values of the snapshot's fields, in an order that does not depend on which task ended first."""
    if isinstance(chosen, Unavailable):
        return {**run.values, "regions": chosen, **dict.fromkeys(REGIONAL_PARTS, chosen)}
    found: dict[str, list[Found]] = {region: [] for region in chosen}
    for region, number in sorted(run.found):
        found[chosen[0] if region == CLOUDFRONT else region].append(run.found[region, number])
    regions, parts = merged(chosen, found)
    return {**run.values, "regions": regions, **parts}
