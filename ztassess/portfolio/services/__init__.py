"""Owns writes of the portfolio."""
