"""What is secret or personal: by its form (tables of patterns), and by the name that stands before it."""
