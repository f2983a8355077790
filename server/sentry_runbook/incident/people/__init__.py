"""The people and the past of an issue: whom to ask, and how it was ended before."""
