"""Incidents of several issues: worlds from raw events, counted by brute force beside the tools' answers."""
