"""Writes about connections, scans, results and schedules."""
