"""Bricks without business: scoped base model, sealed secrets, health, headers, template tags."""
