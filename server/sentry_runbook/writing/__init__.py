"""How changes reach Sentry: planned on a fresh read, confirmed, sent once, read back, recorded (DESIGN §8.3)."""
