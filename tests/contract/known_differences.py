"""Where the embedded Sentry's answers differ in shape from those of the recorded Sentry 24.2, and why."""

from __future__ import annotations

import re
from typing import NamedTuple


class Known(NamedTuple):
    """Differences of one kind and reason.

    Attributes:
        resource: whose answers, as a pattern that matches all of the name.
        path: where, as a pattern that matches all of the path.
        kind: as :func:`tests.contract.shapes.differences` names it.
        reason: why it stays.
    """

    resource: str
    path: str
    kind: str
    reason: str

    def is_about(self, resource: str, path: str, kind: str) -> bool:
        """Whether it is this difference."""
        matches = re.fullmatch(self.resource, resource) and re.fullmatch(self.path, path)
        return bool(matches) and kind == self.kind


ANY = ".*"
ISSUE = r"issues/\*/|issues/|shortids/\*/"
EVENT = r"issues/\*/events/\*/|issues/\*/events/|eventids/\*/"
KNOWN = (
    # --- 24.2 is older
    Known(ISSUE, ".*/(priority|priorityLockedAt|seer\\w+)", "extra", "newer servers have priorities and Seer"),
    Known(ISSUE, r".*/activity\[first_seen\]/data/priority", "extra", "newer: the first line tells the priority"),
    Known(ANY, r".*/sentry_app", "extra", "newer: which integration acted"),
    Known(ANY, r".*/isSuspended", "extra", "newer"),
    Known(r"issues/\*/tags/", r"\[\]/uniqueValues", "extra", "newer; not read"),
    Known(EVENT, r".*/user/geo", "extra", "newer: where the address is"),
    Known(EVENT, r".*/mechanism/exception_id", "extra", "newer SDKs number the exceptions of a chain"),
    Known(r"issues/\*/events/", r"\[\]/metadata", "extra", "newer; not read"),
    Known("releases/.*", r".*/dateStarted", "extra", "newer; not read"),
    Known(".*/committers/", r"/committers\[\]/group_owner_id", "extra", "newer; not read"),
    Known("/", "/allow(MemberInvite|MemberProjectCreation|SuperuserAccess)", "extra", "newer; not read"),
    Known("projects/.*", r".*/has(Flags|Logs|TraceMetrics|Insights\w+)", "extra", "newer products; not read"),
    Known(
        ".*/committers/", r"/committers\[\]/commits\[\]/score", "missing", "of the older search, by the release alone"
    ),
    Known("projects/.*", r".*/(eventProcessing|hasCustomMetrics)", "missing", "gone since; not read"),
    Known("events-stats/ .*", r".*/meta/(datasetReason|isMetrics\w+|tips)", "missing", "gone since; not read"),
    Known(
        "events-stats/ .*", r".*/meta/(fields|units)/(time|count|count_unique_user)", "missing", "columns, later axes"
    ),
    Known("events-stats/ .*", r".*/meta/(fields|units)/count.*\)", "extra", "later servers name axes here; not read"),
    Known(ANY, r".*/metadata/display_title_with_tree_label", "missing", "gone since; a hint for the web pages"),
    # --- left out of the embedded Sentry, for nothing reads it
    Known(ANY, r".*/(options|flags|identities)", "missing", "a user's own settings, where the token's user is meant"),
    Known(ISSUE, r".*/metadata/sdk", "missing", "a hint for the web pages"),
    Known(
        rf"{ISSUE}|{EVENT}",
        r".*[rR]elease/(authors|currentProjectMeta|firstEvent|lastEvent|newGroups|owner|projects)",
        "missing",
        "releases inside of issues and events are told shorter by later servers",
    ),
    Known("/", r"/\w+", "missing", "settings, roles and limits of the organization"),
    Known(r"projects/\*/\*/", r"/(organization/)?\w+", "missing", "settings of the project"),
    Known(
        r"projects/\*/\*/", r"/(environments|hasUserReports|latestDeploys)", "extra", "told by the list only, on 24.2"
    ),
    # --- what the two worlds hold
    Known(ANY, r".*/repository/externalSlug", "never null", "the recorded repository has no provider"),
    Known(r"issues/\*/", "/lastSeen", "never null", "every embedded issue has an event; a recorded monitor's has none"),
    Known(
        "projects/", r"\[\]/(firstEvent|latestRelease|latestDeploys)", "never null", "the embedded project has events"
    ),
    Known("issues/", r"\[\]/metadata/title", "extra", "the recorded list holds no monitor"),
    Known("releases/.*", r"/lastDeploy", "never null", "the recorded server never told it, with six deploys neither"),
    Known(EVENT, r".*/user/(id|username)", "never null", "embedded people have all parts, recorded ones some"),
    Known(EVENT, "/sdk", "never null", "one recorded event came without an SDK"),
    Known(EVENT, r".*/data/inferredContentType", "never null", "the recorded bodies came without their type"),
    Known("events/ environment .*", r"/data\[\]/geo.country_code", "never null", "recorded addresses lie nowhere"),
)
