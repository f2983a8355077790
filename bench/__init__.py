"""The benchmark: what a call costs, measured against the product's budgets. ``python -m bench`` runs it.

How the modules lie: :mod:`bounds` holds the budgets, :mod:`cases` the calls that are measured. :mod:`counts` counts
without a clock (rounds, requests, characters); :mod:`walls`, :mod:`crowd`, :mod:`first` and :mod:`startup` measure
time and memory. :mod:`upstream` is the Sentry that answers late, :mod:`table` shows the result.
"""
