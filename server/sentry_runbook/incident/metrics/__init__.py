"""Metrics of the evidence: time series, unique users, crash-free sessions, unhandled events, tag shares, traffic."""
