"""Mutated answers of Sentry, played through the real tools."""
