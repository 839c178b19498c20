"""A cluster tells what runs in it, without itself and its mesh, or says why it cannot."""

from __future__ import annotations

from dataclasses import replace

from ztassess.connectors.kubernetes import CONNECTOR
from ztassess.connectors.kubernetes.sharing import shares
from ztassess.connectors.runner import read_once
from ztassess.domain.findings import Unavailable
from ztassess.domain.roster import Workload


def test_workloads_of_the_company_are_told(reading) -> None:
    share = read_once(CONNECTOR, reading()).share
    assert share is not None
    assert share.workloads == (Workload("orders", "shop", "Deployment"), Workload("pay", "shop", "Deployment"))


def test_kind_that_could_not_be_read_makes_no_shorter_list(reading) -> None:
    why = Unavailable("missing_scope", "apps/deployments:list")
    snapshot = CONNECTOR.collect(reading())
    assert shares(replace(snapshot, deployments=why)).workloads == why
