"""Owns writes: making and keeping archives, taking one in, deleting an organization."""
