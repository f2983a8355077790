"""The shared Sentry client: every HTTP request of the product is made here."""
