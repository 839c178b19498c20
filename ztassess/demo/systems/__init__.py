"""The invented company's systems: what each looks like on a day, as the export its own connector reads."""
