"""What callers share: in memory now, and between processes later (DESIGN §2)."""
