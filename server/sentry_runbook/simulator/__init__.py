"""An embedded Sentry for demo, drill and tests; it knows nothing of the rest."""
