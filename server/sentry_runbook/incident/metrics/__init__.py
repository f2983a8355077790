"""Numbers out of the evidence: buckets, users, onset and trend, shares of tags, impact."""
