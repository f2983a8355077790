"""What people are told: the facts that templates use, for each audience and format."""
