"""Tests of the review of alerts."""
