"""Numbers to figures: plain Plotly dicts with the same numbers as table, CSV and words. No Django, no plotly import."""
