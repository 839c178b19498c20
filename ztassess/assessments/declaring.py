"""Owns what this floor adds to the organization's declarations: exceptions of objects, and break-glass accounts."""

from __future__ import annotations

from dataclasses import replace

from ztassess.assessments.models_exceptions import BreakGlassAccount, ControlException
from ztassess.assessments.selectors import checks_of
from ztassess.connectors.contract import Declared, ResourceException
from ztassess.organizations.models import Organization


def rows_declared(organization: Organization, declared: Declared) -> Declared:
    """The declarations with the rows made here added: two queries.

    An exception for an object of one control reaches the checks of that control alone, so that it never excuses the
    same object anywhere else.
    """
    active = ControlException.objects.filter(organization=organization).active().exclude(object="")
    exceptions = tuple(
        ResourceException(row.object, row.reason, row.last_day, check_id)
        for row in active
        for check_id in checks_of(row)
    )
    names = BreakGlassAccount.objects.filter(organization=organization).values_list("name", flat=True)
    break_glass = tuple(dict.fromkeys((*declared.break_glass, *names)))
    return replace(declared, exceptions=(*declared.exceptions, *exceptions), break_glass=break_glass)
