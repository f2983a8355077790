"""An embedded Sentry for demo, drill and tests; it knows nothing of the rest.

::

    scenario     what an incident is, as data          scenarios/  the shipped ones
    materialise, materialise_events                    descriptions -> records (spread)
    records      sessions, releases (versions), issues, projects; event_record: an event, worked out when it is read
    log, session_log, release_index                    records in the order of time, and what is looked up in them
    world        all records around one clock          changes, lifecycle   what PUTs and later events do to issues
    search       the query language                    columns, discover (discover_functions, series), sessions,
                                                       issue_search         questions
    *_payloads   records -> Sentry's JSON              *_routes    requests -> answers
    app          routes and access, as ASGI            profile     what a smaller or older server lacks

To add an incident, write one module in ``scenarios/``; further projects of the same situation stand in
``Scenario.beside``. To ask from a test, wrap ``create_app(World(scenario, clock))``
in ``httpx.ASGITransport``; move the ``ManualClock`` and the incident goes on.
"""
