"""Owns writes of access reviews."""
