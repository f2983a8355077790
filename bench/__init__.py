"""The benchmark: what a call costs, measured against the product's budgets. ``python -m bench`` runs it.

:mod:`.bounds` holds the budgets, :mod:`.cases` the calls that are measured. :mod:`.counts` counts without a clock
(rounds, requests, characters); :mod:`.latency`, :mod:`.cold_start`, :mod:`.concurrency` and :mod:`.startup` measure
time and memory; :mod:`.first_edition` compares with the project's first edition in the same run. :mod:`.upstream` is
the Sentry with a chosen latency, :mod:`.server_process` a server apart from its client, :mod:`.table` the output.
"""
