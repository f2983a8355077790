"""A second corpus over time, which no rule was tuned on: other parameters, other beginnings, a seed to draw anew."""
