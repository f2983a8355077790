"""A language model by script: it speaks the providers' HTTP APIs on the loopback address and holds no model."""
