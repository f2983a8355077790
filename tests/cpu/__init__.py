"""What text of strangers may cost: every pattern and every scanner of the product, on repeats that are made to hurt."""
