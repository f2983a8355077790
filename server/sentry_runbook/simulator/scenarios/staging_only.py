"""A loud error that production never saw: all its events come from staging, so it is P3 however many they are."""

from __future__ import annotations

from sentry_runbook.simulator.scenario import (
    CommitSpec,
    Crumb,
    DeploySpec,
    FrameSpec,
    IssueSpec,
    Raised,
    RecoverySpec,
    ReleaseSpec,
    RequestSpec,
    Scenario,
    SessionsSpec,
    StateChange,
    Stream,
    Transactions,
    fired_alert,
)

_FLAG = CommitSpec(
    "feat(roles): new role editor behind a flag (#650)",
    at=-150,
    author="Mina Park",
    email="mina.park@example.com",
    pull_request=650,
    repository="acme/admin",
)

_MAIN = IssueSpec(
    "ADMIN-5S",
    chain=(
        Raised(
            "AttributeError",
            "'NoneType' object has no attribute 'permissions'",
            (
                FrameSpec("dispatch", "site-packages/django/views/generic/base.py", 143, in_app=False),
                FrameSpec(
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
    request=RequestSpec("POST", "https://admin.staging.example.com/roles/{n}/save"),
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
        IssueSpec(
            "ADMIN-4W",
            chain=(Raised("PermissionDenied", "role editor", (FrameSpec("check", "admin/auth.py", 40),)),),
            streams=(Stream(52, -2800, -15, users=31),),
            level="warning",
            handled=True,
            transaction="/roles/",
        ),
        IssueSpec(
            "ADMIN-3G",
            chain=(Raised("IntegrityError", "duplicate key value", (FrameSpec("create", "admin/users.py", 88),)),),
            streams=(Stream(17, -11_000, -10_000, users=9),),
            transaction="/users/create",
            history=(StateChange(-9900, "resolved", {"inRelease": "admin@2.5.0"}),),
        ),
    ),
    releases=(
        ReleaseSpec("admin@2.4.1", -30_000, (DeploySpec(-29_990),)),
        ReleaseSpec("admin@2.5.0", -9960, (DeploySpec(-9990, "staging"), DeploySpec(-9940))),
        ReleaseSpec("admin@2.6.0-rc1", -140, (DeploySpec(-125, "staging"),), (_FLAG,)),
    ),
    sessions=(
        SessionsSpec(4300, -1438, 0, crashed=5, errored=40),
        SessionsSpec(4200, -2940, -1500, crashed=4, errored=40),
        SessionsSpec(210, -1400, 0, crashed=120, environment="staging"),
    ),
    transactions=(
        Transactions("/roles/", 520, -1438, 0, 190, 60),
        Transactions("/roles/{id}/save", 90, -1438, 0, 260, 110),
    ),
    alerts=(fired_alert("Errors in staging, 100 in an hour", -110, "ADMIN-5S", above=100, environment="staging"),),
    recovery=RecoverySpec(
        "admin@2.6.0-rc2 gives roles without a template an empty one.",
        fixed_at=20,
        release="admin@2.6.0-rc2",
        streams=(Stream(60, 5, 19.5, users=6, environment="staging", release="admin@2.6.0-rc1"),),
        releases=(
            ReleaseSpec(
                "admin@2.6.0-rc2",
                12,
                (DeploySpec(20, "staging", took=2.0),),
                (
                    CommitSpec(
                        "fix(roles): empty template (#653)", 8, "Mina Park", "mina.park@example.com", 653, "acme/admin"
                    ),
                ),
            ),
        ),
        sessions=(SessionsSpec(4300, 5, 1440, crashed=5, errored=40),),
    ),
)
