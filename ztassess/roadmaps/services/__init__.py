"""Writes about the sprint."""
