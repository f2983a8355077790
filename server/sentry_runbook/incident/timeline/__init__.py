"""What happened when: rows with their source, milestones and the time between them."""
