"""The company of the example as people would paste it: six services on a flat network with one database user."""

from __future__ import annotations

from ztassess.domain.inventory_tables import Table

SERVICES = ("web", "api", "orders", "billing", "reporting", "notify")
PEOPLE = {"former employee": "leaver", "stolen password": "password", "laptop": "session"}
STORES = {"users": "personal", "payments": "payment", "orders db": "confidential", "analytics": "internal"}
NEEDS = {
    ("api", "users"): "write",
    ("orders", "orders db"): "write",
    ("billing", "payments"): "write",
    ("billing", "orders db"): "read",
    ("reporting", "orders db"): "read",
    ("reporting", "analytics"): "write",
} | {(person, store): "read" for person in PEOPLE for store in ("users", "orders db")}
CALLS = ("web,api", "api,orders", "api,billing", "orders,notify", "billing,notify")

TABLES: dict[Table, str] = {
    Table.SERVICES: "\n".join(("Service", *SERVICES)),
    Table.STORES: "\n".join(f"{name}\t{kind}" for name, kind in STORES.items()),
    Table.CALLS: "\n".join(("from,to", *CALLS)),
    Table.ENTRIES: "\n".join((*(f"{name},{kind}" for name, kind in PEOPLE.items()), "leaked key,key,reporting")),
    Table.PERMISSIONS: "\n".join(
        [
            "Who\tStore\tHas\tNeeds",
            *(
                f"{holder}\t{store}\twrite\t{NEEDS.get((holder, store), 'none')}"
                for holder in (*SERVICES, *PEOPLE)
                for store in STORES
            ),
        ]
    ),
}
