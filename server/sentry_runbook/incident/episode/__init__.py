"""The episode: onset, baseline and trend of one incident."""
