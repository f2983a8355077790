"""Whether it is over: what is measured after the fix, and the verdict."""
