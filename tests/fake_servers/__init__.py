"""Servers that speak Sentry's API, but not today's. Each module gives one ASGI application with a small state.

Written from observed behaviour (see each module); reusable by tests of the client, of the tools and of ``doctor``.
"""
