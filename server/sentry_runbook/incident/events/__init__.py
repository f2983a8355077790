"""What the events that were read whole say: their texts, failed calls to other hosts, and what they lack."""
