"""A loud error that production never saw: all its events come from staging, so it is P3 however many they are."""

from __future__ import annotations

from sentry_runbook.simulator.scenario import (
    Alert,
    Change,
    Commit,
    Crumb,
    Deploy,
    Frame,
    Issue,
    Raised,
    Recovery,
    Release,
    Request,
    Scenario,
    Sessions,
    Stream,
    Transactions,
)

_FLAG = Commit(
    "feat(roles): new role editor behind a flag (#650)",
    at=-150,
    author="Mina Park",
    email="mina.park@example.com",
    pull_request=650,
    repository="acme/admin",
)

_MAIN = Issue(
    "ADMIN-5S",
    chain=(
        Raised(
            "AttributeError",
            "'NoneType' object has no attribute 'permissions'",
            (
                Frame("dispatch", "site-packages/django/views/generic/base.py", 143, in_app=False),
                Frame(
                    "save_role",
                    "admin/roles/views.py",
                    77,
                    source="    granted = role.template.permissions",
                    vars={"role": "Role(id={n})", "template": "None"},
                ),
            ),
            mechanism="django",
        ),
    ),
    streams=(Stream(640, -120, -5, users=6, environment="staging", release="admin@2.6.0-rc1"),),
    culprit="admin.roles.views in save_role",
    transaction="/roles/{id}/save",
    breadcrumbs=(Crumb("query", "SELECT * FROM role_template WHERE id = NULL", seconds_before=0.2),),
    request=Request("POST", "https://admin.staging.example.com/roles/{n}/save"),
    suspects=(_FLAG,),
)

SCENARIO = Scenario(
    name="staging-only",
    title="An error of staging alone",
    summary="640 events in two hours, all of them from staging: nobody outside the team has seen it.",
    project="admin",
    project_id="4508110000000707",
    platform="python-django",
    issues=(
        _MAIN,
        Issue(
            "ADMIN-4W",
            chain=(Raised("PermissionDenied", "role editor", (Frame("check", "admin/auth.py", 40),)),),
            streams=(Stream(52, -2800, -15, users=31),),
            level="warning",
            handled=True,
            transaction="/roles/",
        ),
        Issue(
            "ADMIN-3G",
            chain=(Raised("IntegrityError", "duplicate key value", (Frame("create", "admin/users.py", 88),)),),
            streams=(Stream(17, -11_000, -10_000, users=9),),
            transaction="/users/create",
            history=(Change(-9900, "resolved", {"inRelease": "admin@2.5.0"}),),
        ),
    ),
    releases=(
        Release("admin@2.4.1", -30_000, (Deploy(-29_990),)),
        Release("admin@2.5.0", -9960, (Deploy(-9990, "staging"), Deploy(-9940))),
        Release("admin@2.6.0-rc1", -140, (Deploy(-125, "staging"),), (_FLAG,)),
    ),
    sessions=(
        Sessions(4300, -1438, 0, crashed=5, errored=40),
        Sessions(4200, -2940, -1500, crashed=4, errored=40),
        Sessions(210, -1400, 0, crashed=120, environment="staging"),
    ),
    transactions=(
        Transactions("/roles/", 520, -1438, 0, 190, 60),
        Transactions("/roles/{id}/save", 90, -1438, 0, 260, 110),
    ),
    alerts=(Alert("Errors in staging, 100 in an hour", -110, "staging"),),
    recovery=Recovery(
        "admin@2.6.0-rc2 gives roles without a template an empty one.",
        fixed_at=20,
        release="admin@2.6.0-rc2",
        streams=(Stream(60, 5, 19.5, users=6, environment="staging", release="admin@2.6.0-rc1"),),
        releases=(
            Release(
                "admin@2.6.0-rc2",
                12,
                (Deploy(20, "staging", took=2.0),),
                (
                    Commit(
                        "fix(roles): empty template (#653)", 8, "Mina Park", "mina.park@example.com", 653, "acme/admin"
                    ),
                ),
            ),
        ),
        sessions=(Sessions(4300, 5, 1440, crashed=5, errored=40),),
    ),
)
