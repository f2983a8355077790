"""Untrusted text and personal data: made harmless on the way in, marked on the way out."""
