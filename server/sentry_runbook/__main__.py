"""``python -m sentry_runbook`` and the ``sentry-runbook`` script."""

from sentry_runbook.cli import main

if __name__ == "__main__":
    main()
