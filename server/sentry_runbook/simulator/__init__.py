"""An embedded Sentry for demo, drill and tests; it knows nothing of the rest.

::

    scenario     what an incident is, as data          scenarios/  the shipped ones
    materialise  descriptions -> records (spread)      records     events, sessions, releases (versions), issues
    world        all records around one clock          changes, lifecycle   what PUTs and later events do to issues
    search       the query language                    columns, discover, sessions, issue_search   questions
    *_payloads   records -> Sentry's JSON              *_routes    requests -> answers
    app          routes and access, as ASGI            profile     what a smaller or older server lacks

To add an incident, write one module in ``scenarios/``. To ask from a test, wrap ``create_app(World(scenario, clock))``
in ``httpx.ASGITransport``; move the ``ManualClock`` and the incident goes on.
"""
