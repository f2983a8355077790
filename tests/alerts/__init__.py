"""Alerts over raw events, evaluated by brute force, and the product compared with it (README)."""
