"""Planted explanations: incidents whose cause is known because it was put there, with the noise of a real project."""
