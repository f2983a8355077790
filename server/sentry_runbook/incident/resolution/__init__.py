"""Changes of an issue: the requested change, the state, the plan with its warnings, the read-back."""
