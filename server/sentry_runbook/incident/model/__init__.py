"""The data of an incident: evidence, policy, what people stated, and results."""
