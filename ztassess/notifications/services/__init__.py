"""Writes about notifications: choices, endpoints, events, and how deliveries end."""
