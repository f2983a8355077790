"""Resource exhaustion: memory, a pool, connections, threads or disk ran out, often under load."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sentry_runbook.incident.causes.hypothesis import Indicator, excerpt
from sentry_runbook.incident.causes.pattern import CausePattern, Counterweight, Prevention
from sentry_runbook.incident.events.call_words import LIMITED
from sentry_runbook.incident.events.database_words import CONNECTIONS_RAN_OUT, LOCKS_TIMED_OUT
from sentry_runbook.incident.events.event_texts import whole_events
from sentry_runbook.incident.events.words import Words
from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.metrics.traffic import TrafficCorrelation
from sentry_runbook.incident.metrics.transactions import transactions
from sentry_runbook.incident.model.evidence import Known, quoted

SLOW_P95_MS = 5000
SEVERAL_ENDPOINTS = 3
DEVICE_PLATFORMS = ("cocoa", "objc", "swift", "dart", "flutter", "javascript", "android", "react-native", "apple-ios")
DEVICE = re.compile(r"(?:Android|iOS|iPadOS|watchOS|tvOS|visionOS|HarmonyOS)\b")
"""Systems that only devices of users run on."""


@dataclass(frozen=True)
class Resource:
    """Something that can run out.

    Attributes:
        errors: how the errors of that say it.
        says: what the error says, after "The error says that ".
        relief: the runbook's immediate action (scale, pool, rate-limit) for it.
        points: how much such an error says for the pattern.
    """

    errors: Words
    says: str
    relief: str
    points: int = 4


CONNECTIONS = Resource(
    CONNECTIONS_RAN_OUT,
    "connections ran out",
    "Add connection pooling, or enlarge the pool within the server's limit; scale out; rate-limit.",
)
WATCHDOG = Resource(
    Words(r"WatchdogTermination|watchdog terminated|overused RAM|low memory killer|jetsam"),
    "the system may have ended the app for its memory",
    "Look for what holds memory on the device (images, caches, leaks) in what changed.",
    # The SDK itself says "possibly": it only excludes other ends of an app.
    points=2,
)
MEMORY = Resource(
    Words(
        r"OutOfMemory|out of memory|MemoryError\b|InsufficientMemory|heap out of|Java heap space|heap limit",
        r"GC overhead limit|Cannot allocate memory|failed to allocate memory|\bOOM\b(?!-)|OOMKilled",
        r"(?:memory|buffer|heap) allocation failed|memory allocation of \d+ bytes failed",
        r"allocation size overflow|std::bad_alloc|RESOURCE_TYPE_MEMORY",
        r"(?:exceed|reach)[^.\n]{0,26} memory limit|memory limit (?:was |has been )?(?:exceeded|reached)",
        r"Allowed memory size of|\blow on memory(?! \w)",
    ),
    "memory ran out",
    "Scale horizontally and raise the memory limit for now, then find what holds the memory; rate-limit.",
)
KILLED = Resource(
    Words(r"SIGKILL|\bsignal:? ?(?:9\b|killed)|\bexit(?:ed)?(?: with)?(?: ?code| status)?[:=]? ?137\b"),
    "the system killed the process, as it does where memory runs out",
    MEMORY.relief,
    # A deploy or a time limit also ends with a kill.
    points=2,
)
RESOURCES = (
    WATCHDOG,
    MEMORY,
    CONNECTIONS,
    KILLED,
    Resource(
        Words(
            # An executor that was shut down rejects work, too: that is no load.
            r"(?:RejectedExecution|TaskRejected)(?![^\n]{0,1000}\[(?:Terminated|Shutting down))",
            r"\bes_rejected_execution|rejected execution of|thread pool (?:is )?(?:full|exhausted)|did not accept task",
            r"enough free threads|reached (?:the )?(?:pm\.)?max_children|\b(?:fork|spawn)\b[^\n]{0,20}\bEAGAIN\b",
            r"\bfork\b[^\n]{0,20}Resource temporarily unavailable",
            r"can.t (?:start new|create) thread|unable to create (?:new )?native",
            r"queue (?:is )?full\b|queue\.Full|BulkheadFull|worker timeout|back ?pressure|LoadShed",
            # C++ and PHP call functions and properties so.
            r"overloaded(?! (?:function|method|operator|constructor|member|template|property|element))",
        ),
        "threads and queues ran out",
        "Scale the workers horizontally, bound the queues, and rate-limit what fills them.",
    ),
    Resource(
        Words(
            r"\bEMFILE|\bENFILE|too many open files|No space left|\bENOSPC|disk (?:is )?full\b|SQLITE_FULL",
            r"not enough space on the disk|volume is out of space|(?:disk|file|storage) quota exceeded",
        ),
        "files and disk ran out",
        "Free or add space, raise the limit of open files, and look for what does not close them.",
    ),
    Resource(
        LOCKS_TIMED_OUT,
        "locks or statements timed out",
        "Find the long transactions and end them, shorten them, and rate-limit what competes for the rows.",
        # Deadlocks also come from a changed query: they say less than an empty pool.
        points=2,
    ),
)
"""In this order: of two that one text names, the first is meant."""


def exhausted(texts: Sequence[str]) -> tuple[Resource, str] | None:
    """The resource that ran out, and the text that says so."""
    # A service that turns our calls away tells of its own resources ("overloaded"), not of ours.
    ours = [text for text in texts if not LIMITED.search(text)]
    return next(((resource, text) for text in ours for resource in RESOURCES if resource.errors.search(text)), None)


def indicators(incident: Measurements) -> Iterator[Indicator]:
    """Indicators of the exhausted resource that the error names, then those of load."""
    match = exhausted(incident.texts)
    # Load alone explains no error: without a text that names the resource there is no sign of the pattern.
    if match is not None:
        resource, text = match
        sentence = f"The error says that {resource.says}: {excerpt(text, resource.errors)}."
        yield Indicator("exception", resource.points, sentence, core=True)
        yield from _traffic(incident)
        yield from _load(incident)


def _traffic(incident: Measurements) -> Iterator[Indicator]:
    traffic = incident.traffic
    if not isinstance(traffic, TrafficCorrelation):
        return
    if traffic.follows:
        rose = f"rose {traffic.rise:.1f}-fold" if traffic.rise < float("inf") else "rose from none"
        text = f"Errors follow the traffic (correlation {traffic.coefficient:.2f}; sessions {rose})."
        yield Indicator("traffic", 2, text)
    elif traffic.flat:
        # It weighs nothing: what ran out is named by the error itself, and a leak needs no rising traffic.
        yield Indicator("traffic", 0, "The traffic did not rise with the errors.")


def _load(incident: Measurements) -> Iterator[Indicator]:
    latency = incident.evidence.latency
    endpoint = latency.value.main_endpoint if isinstance(latency, Known) else None
    if endpoint is not None and endpoint.p95_ms is not None and endpoint.p95_ms >= SLOW_P95_MS:
        yield Indicator("latency", 1, f"The endpoint is slow: p95 {endpoint.p95_ms / 1000:.1f} s.")
    hit = {name for name in transactions(incident.evidence) if name}
    if len(hit) >= SEVERAL_ENDPOINTS:
        yield Indicator("spread", 1, f"{len(hit)} endpoints are hit.")


def action(incident: Measurements) -> str:
    """The relief for what ran out; nobody adds memory to a user's phone or browser."""
    match = exhausted(incident.texts)
    resource = match[0] if match is not None else CONNECTIONS
    return (WATCHDOG if resource is MEMORY and _on_a_device(incident) else resource).relief


def _on_a_device(incident: Measurements) -> bool:
    platform = incident.evidence.issue.platform
    # A server's event tells the browser and the system of the user that it served; Java also runs on servers.
    on_device = platform in ("java", "csharp", None) and any(
        DEVICE.match(event.os or "") for event in whole_events(incident.evidence)
    )
    return platform in DEVICE_PLATFORMS or on_device


def prevention(incident: Measurements) -> Prevention:
    """A limit and an alert before the resource runs out."""
    project = quoted(incident.evidence.issue.project or "the project")
    return Prevention(
        f"Set a limit and an alert for the resource that ran out in {project}",
        "a load test at the incident's traffic raises the alert before the first error",
    )


PATTERN = CausePattern(
    name="resource_exhaustion",
    title="Resource exhaustion",
    signal="The error rate follows the traffic (out of memory, pool exhausted, too many connections)",
    indicators=indicators,
    action=action,
    general_action=CONNECTIONS.relief,
    plain_action="add capacity and limit the load",
    plain_cause="something that ran out under load",
    prevention=prevention,
    counterweights=(
        Counterweight(
            strong="resource_exhaustion",
            from_points=5,
            weakens=("deployment_regression",),
            points=-1,
            text="The errors name a resource that ran out, which timing alone does not explain.",
        ),
    ),
)
