"""Keeps a group of processes running as one: starts, logs, restarts and ends them; standard library only."""
