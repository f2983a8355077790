"""Labelled situations: organizations in which something, several things or nothing is wrong, made from raw events."""
