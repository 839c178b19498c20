"""Read-only readers of other systems: fetch, freeze into a snapshot, judge. No Django here."""
