"""Changes of an issue: the wish, the state, the plan with its warnings, the read-back."""
