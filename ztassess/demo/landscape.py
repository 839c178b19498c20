"""Owns the company's inventory as its people pasted it, and the board of its internal tools as they ticked it."""

from __future__ import annotations

from typing import Final

from ztassess.demo.company import DOMAIN, TOOLS
from ztassess.demo.telling import Teller
from ztassess.domain.inventory_paste import plan_paste
from ztassess.domain.inventory_tables import Table
from ztassess.domain.retirement import Step
from ztassess.inventory.models import InternalApp
from ztassess.inventory.selectors import inventory_contents
from ztassess.inventory.services.apps import app_add, app_tick
from ztassess.inventory.services.tables import paste_apply

# Six of the seven services: ledger was forgotten, and the page says that one is missing.
LISTED: Final = ("web", "api", "orders", "billing", "reporting", "notify")
WAYS_IN: Final = {"former employee": "leaver", "stolen password": "password", "laptop": "session"}
STORES: Final = {"users": "personal", "payments": "payment", "orders db": "confidential", "analytics": "internal"}
NEEDS: Final = {
    ("api", "users"): "write",
    ("orders", "orders db"): "write",
    ("billing", "payments"): "write",
    ("billing", "orders db"): "read",
    ("reporting", "orders db"): "read",
    ("reporting", "analytics"): "write",
    **{(person, store): "read" for person in WAYS_IN for store in ("users", "orders db")},
}
CALLS: Final = ("web,api", "api,orders", "api,billing", "orders,notify", "billing,notify")
# A flat network with one database user: everybody has everything, whatever they need.
PASTED: Final[dict[Table, str]] = {
    Table.SERVICES: "\n".join(("Service", *LISTED)),
    Table.STORES: "\n".join(f"{name}\t{kind}" for name, kind in STORES.items()),
    Table.CALLS: "\n".join(("from,to", *CALLS)),
    Table.ENTRIES: "\n".join((*(f"{name},{kind}" for name, kind in WAYS_IN.items()), "leaked key,key,reporting")),
    Table.PERMISSIONS: "\n".join(
        [
            "Who\tStore\tHas\tNeeds",
            *(
                f"{holder}\t{store}\twrite\t{NEEDS.get((holder, store), 'none')}"
                for holder in (*LISTED, *WAYS_IN)
                for store in STORES
            ),
        ]
    ),
}
NOTES: Final = {
    "admin": "Refunds and account locks; owner Diego.",
    "grafana": "Owner Marcus.",
    "metabase": "Reads the replica; owner Tom.",
    "wiki": "",
    "jobs": "Starts the nightly jobs; owner Lena.",
}


def inventory_pasted(teller: Teller, who: str) -> None:
    """Somebody pastes the five tables one after the other, and confirms each preview."""
    for table, text in PASTED.items():
        teller.clock.later(minutes=4)
        plan = plan_paste(table, text, inventory_contents(), replace=False)
        paste_apply(
            organization=teller.organization,
            table=table,
            text=text,
            replace=False,
            digest=plan.digest,
            actor=teller.people[who],
        )


def tools_listed(teller: Teller, who: str) -> None:
    """Somebody puts the internal tools on the board."""
    for tool in TOOLS:
        teller.clock.later(seconds=40)
        app = app_add(
            organization=teller.organization,
            name=tool.capitalize(),
            host=f"{tool}.{DOMAIN}",
            note=NOTES[tool],
            actor=teller.people[who],
        )
        InternalApp.objects.filter(id=app.id).update(added_at=teller.clock.now())


def tool_ticked(teller: Teller, who: str, tool: str, *steps: Step, says: bool = True) -> None:
    """Somebody says of a tool how far it is."""
    for step in steps:
        teller.clock.later(seconds=5)
        app = InternalApp.objects.get(organization=teller.organization, host=f"{tool}.{DOMAIN}")
        app_tick(app=app, step=step, says=says, version=app.version, actor=teller.people[who])
