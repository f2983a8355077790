"""What an event shows of stacks, versions, devices and calls, through the tools: text and structured values agree."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import (
    Crumb,
    FrameSpec,
    IssueSpec,
    Raised,
    ReleaseSpec,
    Scenario,
    Stream,
    ThreadSpec,
)
from sentry_runbook.simulator.world import World
from tests.collect.asked import Changed, body
from tests.tools.support import Connection, connected

ISSUE = "SHAPES-1"
OWN, LIBRARY = FrameSpec("charge", "shop/pay.py", 41), FrameSpec("send", "http/client.py", 90, in_app=False)
RELEASE = "shop@4.2.0.17"


def scenario(release: str = RELEASE, **fields: Any) -> Scenario:
    """One issue with 40 events on one release."""
    chain = (Raised("PayError", "no answer", (OWN, LIBRARY)),)
    made = {"streams": (Stream(40, -50, -5, release=release),), "chain": chain, **fields}
    return Scenario(name="shapes", issues=(IssueSpec(ISSUE, **made),), releases=(ReleaseSpec(release, -9_000),))


@asynccontextmanager
async def shop(event: Mapping[str, Any] | None = None, **fields: Any) -> AsyncIterator[Connection]:
    """A client in front of that issue, its whole events overlaid with ``event``."""
    clock = ManualClock()
    world = World(scenario(**fields), clock)
    sentry = Changed(httpx.ASGITransport(create_app(world)), {"event": body(lambda found: {**found, **(event or {})})})
    async with connected(world=world, clock=clock, transport=sentry) as connection:
        yield connection


STACKS: dict[str, tuple[dict[str, Any], str]] = {
    "a library fails last": ({}, "charge (shop/pay.py:41)"),
    "deep below the application": (
        {"chain": (Raised("PayError", "x", (OWN, *[LIBRARY] * 40)),)},
        "charge (shop/pay.py:41)",
    ),
    "only libraries": ({"chain": (Raised("PayError", "x", (LIBRARY,)),)}, "send (http/client.py:90) [library]"),
    "a thread's": (
        {"chain": (Raised("App Hanging", "2 s"),), "threads": (ThreadSpec("main", (OWN, LIBRARY), current=True),)},
        "charge (shop/pay.py:41)",
    ),
    "a message's": ({"chain": (), "title": "Import aborted", "stack": (OWN, LIBRARY)}, "charge (shop/pay.py:41)"),
    "a native library's": (
        {
            "chain": (
                Raised("SIGSEGV", "x", (FrameSpec("Draw", None, None, package="/app/libgfx.so", address="0x1f"),)),
            )
        },
        "Draw (libgfx.so 0x1f)",
    ),
}


@pytest.mark.parametrize(("fields", "line"), STACKS.values(), ids=STACKS)
async def test_the_failing_frame_is_one_in_text_values_stack_and_triage(fields: dict[str, Any], line: str) -> None:
    async with shop(**fields) as connection:
        values = (await connection.call("get_issue", issue=ISSUE))["event"]
        text = await connection.text("get_issue", issue=ISSUE)
        triage = await connection.call("triage_issue", issue=ISSUE)
    frame = values["failing_frame"]
    assert line.startswith(f"{frame['function']} ({frame['at']})")
    thrown = values.get("exceptions", [])
    stacks = [one["stack"] for one in thrown] + [values.get("stack", {}).get("lines", [])]
    assert [shown for stack in stacks for shown in stack if shown.endswith("← failing")] == [f"{line} ← failing"]
    assert f'**Failing frame:** "{frame["function"]} ({frame["at"]})"' in text
    assert f"at {line} ← failing" in text
    [step] = [one["finding"] for one in triage["checklist"] if "Stack trace" in one["step"]]
    assert f'"{frame["function"]}" at "{frame["at"]}"' in step
    assert frame.get("exception") in [None, *(one["type"] for one in thrown)]


CAUSE, WRAPPER = Raised("KeyError", "'sku'", (OWN,)), Raised("ExecutionException", "job failed", (LIBRARY,))


async def test_the_checklist_names_the_root_beside_the_line_of_the_leading_exception() -> None:
    async with shop(chain=(CAUSE, Raised("JobError", "job failed", (FrameSpec("run", "shop/jobs.py", 7),)))) as one:
        triage = await one.call("triage_issue", issue=ISSUE)
    [step] = [one["finding"] for one in triage["checklist"] if "Stack trace" in one["step"]]
    assert step == '"JobError" in "run" at "shop/jobs.py:7"; its root: "KeyError: \'sku\'".'


async def test_a_carrier_of_an_error_leads_no_line() -> None:
    async with shop(chain=(CAUSE, WRAPPER)) as connection:
        report = await connection.call("get_issue", issue=ISSUE)
        triage = await connection.call("triage_issue", issue=ISSUE)
    assert report["event"]["failing_frame"]["exception"] == "KeyError"
    assert [one["type"] for one in report["event"]["exceptions"]] == ["KeyError", "ExecutionException"]
    [step] = [one["finding"] for one in triage["checklist"] if "Stack trace" in one["step"]]
    assert step == '"KeyError" in "charge" at "shop/pay.py:41".'


# --- what stands beside the leading error --------------------------------------------------------------------------


def member(kind: str, function: str | None, **mechanism: Any) -> dict[str, Any]:
    """An exception with its place in the tree."""
    frames = [{"function": function, "filename": f"shop/{function}.py", "lineNo": 7, "inApp": True}] if function else []
    stack = {"frames": frames} if frames else None
    return {"type": kind, "value": f"words of {kind}", "mechanism": mechanism, "stacktrace": stack}


def exceptions(*values: Mapping[str, Any]) -> dict[str, Any]:
    """An event's entries with these exceptions."""
    return {"entries": [{"type": "exception", "data": {"values": list(values)}}]}


GROUP = exceptions(
    member("KeyError", "row", exception_id=2, parent_id=0, source="exceptions[1]"),
    member("ValueError", "price", exception_id=1, parent_id=0, source="exceptions[0]"),
    member("ExceptionGroup", "main", exception_id=0, is_exception_group=True),
)
SUPPRESSED = exceptions(
    member("CloseError", "close", type="suppressed", exception_id=1, parent_id=0),
    member("OrderError", "order", type="generic", exception_id=0, is_exception_group=True),
)


async def told(event: Mapping[str, Any]) -> tuple[dict[str, Any], str, str, str]:
    """The event's view, its page, the finding about the stack, the postmortem."""
    async with shop(event) as connection:
        view = (await connection.call("get_issue", issue=ISSUE))["event"]
        page = await connection.text("get_issue", issue=ISSUE)
        triage = await connection.call("triage_issue", issue=ISSUE)
        postmortem = (await connection.call("draft_postmortem", issue=ISSUE))["markdown"]
    [step] = [one["finding"] for one in triage["checklist"] if "Stack trace" in one["step"]]
    return view, page, step, postmortem


async def test_siblings_of_a_group_did_not_become_each_other() -> None:
    view, page, step, postmortem = await told(GROUP)
    assert {one["type"]: one.get("aside") for one in view["exceptions"]} == {
        "KeyError": None,
        "ValueError": True,
        "ExceptionGroup": None,
    }
    assert page.count("exception, beside the failing one") == 1
    assert step == '"KeyError" in "row" at "shop/row.py:7".'
    raised = re.findall(r'(Raised|It became|Beside it): "(\w+)"', postmortem)
    assert raised == [("Raised", "KeyError"), ("It became", "ExceptionGroup"), ("Beside it", "ValueError")]


async def test_a_suppressed_error_is_neither_the_root_nor_what_became_of_it() -> None:
    view, page, step, postmortem = await told(SUPPRESSED)
    assert [one.get("aside") for one in view["exceptions"]] == [True, None]
    assert view["failing_frame"]["exception"] == "OrderError"
    assert page.count("beside the failing one") == 1
    assert step == '"OrderError" in "order" at "shop/order.py:7".'
    raised = re.findall(r'(Raised|It became|Beside it): "(\w+)"', postmortem)
    assert raised == [("Raised", "OrderError"), ("Beside it", "CloseError")]


async def test_a_chain_has_nothing_beside_it() -> None:
    chain = exceptions(member("OSError", "disk"), member("OrderError", "order"))
    view, page, _, postmortem = await told(chain)
    assert [one.get("aside") for one in view["exceptions"]] == [None, None]
    assert "beside" not in page.lower()
    assert re.findall(r'(Raised|It became|Beside it): "(\w+)"', postmortem) == [
        ("Raised", "OSError"),
        ("It became", "OrderError"),
    ]


THREADS = {
    "entries": [
        {"type": "message", "data": {"formatted": "Deadlock"}},
        {
            "type": "threads",
            "data": {"values": [{"id": number, "name": f"pool-{number}", **member("x", "wait")} for number in (1, 2)]},
        },
    ]
}


async def test_stacks_that_nothing_tells_apart_are_not_called_missing() -> None:
    view, _, step, postmortem = await told(THREADS)
    words = "the stacks of 2 threads, none of which it marks as crashed, current or main"
    assert "failing_frame" not in view
    assert step == f"The event has {words}."
    assert f"The event has no exception and {words}." in postmortem
    async with shop(THREADS) as connection:
        missing = {one["what"]: one["why"] for one in (await connection.call("get_issue", issue=ISSUE))["missing"]}
    assert missing["event.failing_frame"] == f"the event has {words}"
    assert missing["event.exceptions"] == f"the event carries no exception and {words}"


async def test_a_frame_of_which_nobody_says_whose_it_is_stands_in_no_library() -> None:
    unsaid = member("MatchError", "match")
    unsaid["stacktrace"]["frames"][0]["inApp"] = None
    view, page, step, postmortem = await told(exceptions(unsaid))
    assert "in_app" not in view["failing_frame"]
    assert view["exceptions"][0]["stack"] == ["match (shop/match.py:7) ← failing"]
    assert step == '"MatchError" in "match" at "shop/match.py:7".'
    assert "library" not in page + postmortem


async def test_an_event_in_the_form_of_an_sdk_is_told_like_sentrys() -> None:
    frames = [{"function": "charge", "filename": "shop/pay.py", "lineno": 41, "in_app": True, "context_line": "boom()"}]
    sent = {"values": [{"type": "PayError", "value": {"code": 401}, "stacktrace": {"frames": frames}}]}
    view, _, step, _ = await told({"entries": None, "exception": sent, "tags": [["plan", "pro"], [None, "x"]]})
    assert view["failing_frame"]["context"] == "› 41 boom()"
    assert view["exceptions"][0]["value"] == '{"code": 401}'
    assert view["tags"] == {"plan": "pro"}
    assert step == '"PayError" in "charge" at "shop/pay.py:41".'


# --- versions and devices ------------------------------------------------------------------------------------------

VERSIONS = {
    "release": {"version": "desk@10.0.19.45"},
    "dist": "10.0.0.17",
    "contexts": {
        "browser": {"type": "browser", "name": "Chrome", "version": "141.0.7.12"},
        "os": {"type": "os", "name": "Windows", "version": "10.0.19.45"},
        "runtime": {"type": "runtime", "name": "CLR", "version": "4.0.30.1"},
        "app": {"type": "app", "app_version": "4.2.0.17", "app_build": "4.2.0.17"},
        "device": {"type": "device", "name": "Vera's phone", "family": "iPhone", "model": "iPhone15,2"},
    },
    "tags": [
        *({"key": key, "value": "desk@10.0.19.45"} for key in ("release", "sentry:release")),
        *({"key": key, "value": "10.0.19.45"} for key in ("dist", "app.version", "os.build", "client_version")),
        *({"key": key, "value": "Chrome 141.0.7.12"} for key in ("browser", "runtime", "client_os")),
        *({"key": key, "value": "Vera's phone"} for key in ("device.name", "device_name")),
        {"key": "environment", "value": "production"},
    ],
}


async def test_a_version_is_no_address_wherever_sentry_holds_one() -> None:
    async with shop(VERSIONS) as connection:
        report = await connection.call("get_issue", issue=ISSUE)
        text = await connection.text("get_issue", issue=ISSUE)
    event = report["event"]
    assert event["release"] == "desk@10.0.19.45"
    assert (event["browser"], event["os"]) == ("Chrome 141.0.7.12", "Windows 10.0.19.45")
    assert event["contexts"]["runtime"]["version"] == "4.0.30.1"
    assert event["contexts"]["app"] == {"app_version": "4.2.0.17", "app_build": "4.2.0.17"}
    assert event["tags"]["browser"] == event["tags"]["runtime"] == event["tags"]["client_os"] == "Chrome 141.0.7.12"
    assert {event["tags"][key] for key in ("dist", "app.version", "os.build", "client_version")} == {"10.0.19.45"}
    assert "<ip" not in text + json.dumps(report)


NAMES_OF_RELEASES = (RELEASE, "10.0.0.1", "com.example.shop@1.2.3+45", "shop@prod.2026.1", "Shop 4.2.0.17 (1234)")


@pytest.mark.parametrize("release", NAMES_OF_RELEASES)
async def test_a_release_is_whole_in_every_answer_however_it_is_written(release: str) -> None:
    async with shop(release=release) as connection:
        told = {
            tool: json.dumps(await connection.call(tool, issue=ISSUE)) + await connection.text(tool, issue=ISSUE)
            for tool in (
                "get_issue",
                "triage_issue",
                "list_events",
                "discover_impact",
                "draft_postmortem",
                "draft_update",
            )
        }
    assert {tool: (release in said, re.search(r"<[a-z]+ \d+>", said)) for tool, said in told.items()} == dict.fromkeys(
        told, (True, None)
    )


@pytest.mark.parametrize("release", NAMES_OF_RELEASES)
async def test_an_issue_can_be_resolved_in_a_release_however_it_is_written(release: str) -> None:
    asked = {"issue": ISSUE, "action": "resolve_in_release", "release": release, "dry_run": True}
    async with shop(release=release) as connection:
        plan = await connection.call("resolve_issue", **asked)
    assert (plan["outcome"], f'"{release}"' in plan["after"]["summary"]) == ("planned", True)


async def test_a_release_that_looks_like_an_e_mail_address_is_no_person() -> None:
    asked = {"issue": ISSUE, "action": "resolve_in_release", "release": "shop@feature.checkout", "dry_run": True}
    async with shop(release="shop@feature.checkout") as connection:
        report = await connection.call("get_issue", issue=ISSUE)
        plan = await connection.call("resolve_issue", **asked)
    assert report["event"]["release"] == report["last_release"] == "shop＠feature.checkout"
    assert (plan["outcome"], "masked" in plan, "masked" in report) == ("planned", False, False)


async def test_a_notebook_that_is_called_by_its_owner_is_masked_and_a_server_is_not() -> None:
    def named(server: str) -> dict[str, Any]:
        return {"tags": [{"key": "server_name", "value": server}], "context": {"hostname": server}}

    async with shop(named("Veras-MacBook-Pro.local")) as connection:
        told = await connection.text("get_issue", issue=ISSUE) + await connection.text("triage_issue", issue=ISSUE)
    async with shop(named("web-7.eu.internal")) as connection:
        server = (await connection.call("get_issue", issue=ISSUE))["event"]["tags"]["server_name"]
    assert ("Vera" in told, "<personal 1>" in told, server) == (False, True, "web-7.eu.internal")


async def test_a_device_is_shown_by_its_model_and_never_by_its_owners_name() -> None:
    async with shop(VERSIONS) as connection:
        told = [await connection.text(tool, issue=ISSUE) for tool in ("get_issue", "triage_issue")]
        report = await connection.call("get_issue", issue=ISSUE)
    assert report["event"]["device"] == "iPhone iPhone15,2"
    assert "Vera" not in json.dumps(report) + "".join(told)


async def test_a_family_that_is_the_owners_name_is_none() -> None:
    owned = {"type": "device", "name": "Vera's iPad", "family": "Vera's iPad", "model": "iPad13,1"}
    tags = [{"key": key, "value": "Vera's iPad"} for key in ("device", "device.family", "device.model")]
    async with shop({"contexts": {"device": owned}, "tags": tags}) as connection:
        told = await connection.text("get_issue", issue=ISSUE) + await connection.text("triage_issue", issue=ISSUE)
        report = await connection.call("get_issue", issue=ISSUE)
    assert report["event"]["device"] == "iPad13,1"
    assert "Vera" not in json.dumps(report) + told


async def test_an_address_in_a_message_stays_masked_and_a_version_in_one_does_not() -> None:
    value = "Could not load 'Core, Version=4.2.0.17' on Chrome/141.0.0.0 for 93.184.216.34"
    async with shop(chain=(Raised("LoadError", value, (OWN,)),)) as connection:
        report = await connection.call("get_issue", issue=ISSUE)
    shown = report["event"]["exceptions"][0]["value"]
    assert shown == "Could not load 'Core, Version=4.2.0.17' on Chrome/141.0.0.0 for <ip 1>"


# --- calls ---------------------------------------------------------------------------------------------------------


def call(host: str, status: object, *, level: Any = "info", before: float = 1.0) -> Crumb:
    """An HTTP call as a browser's SDK notes it."""
    data = {"method": "POST", "url": f"https://{host}/v1", "status_code": status}
    return Crumb("xhr", None, level, data, "http", before)


@pytest.mark.parametrize("status", [0, "0", None], ids=["zero", "zero as text", "none"])
async def test_a_call_without_an_answer_failed_and_says_so(status: object) -> None:
    level = "error" if status is None else "info"
    crumbs = tuple(call("pay.vendor.example", status, level=level, before=before) for before in (3, 2, 1))
    async with shop(breadcrumbs=crumbs) as connection:
        report = await connection.call("get_issue", issue=ISSUE)
        triage = await connection.call("triage_issue", issue=ISSUE)
    assert report["event"]["breadcrumbs"][-1]["text"].endswith("/v1 no answer")
    [step] = [one["finding"] for one in triage["checklist"] if "Breadcrumbs" in one["step"]]
    assert re.fullmatch(
        r'Calls to "pay\.vendor\.example" fail \(no answer\) in \d of \d events, 3 calls in each\.', step
    )
    assert triage["causes"][0]["pattern"] == "third_party_failure"


async def test_all_retries_of_an_event_are_counted_also_those_among_steps_that_are_not_shown() -> None:
    retries = tuple(call("pay.vendor.example", 503, before=100 - number) for number in range(45))
    async with shop(breadcrumbs=(*retries, *[Crumb("log", "a step")] * 35)) as connection:
        report = await connection.call("get_issue", issue=ISSUE)
        triage = await connection.call("triage_issue", issue=ISSUE)
    assert "vendor" not in json.dumps(report["event"]["breadcrumbs"])
    [step] = [one["finding"] for one in triage["checklist"] if "Breadcrumbs" in one["step"]]
    assert step.endswith("events, 45 calls in each.")


FAILED_CALL = {
    "type": "http",
    "category": "fetch",
    "level": "info",
    "data": {"method": "POST", "url": "https://pay.vendor.example/v1", "status_code": 503},
}
LISTS: dict[str, dict[str, Any]] = {
    "values in an entry": {"entries": [{"type": "breadcrumbs", "data": {"values": [FAILED_CALL]}}]},
    "a list in an entry": {"entries": [{"type": "breadcrumbs", "data": [FAILED_CALL]}]},
    "a list among others that are none": {"entries": [{"type": "breadcrumbs", "data": [None, 7, FAILED_CALL, "x"]}]},
    "values beside the entries": {"entries": [], "breadcrumbs": {"values": [FAILED_CALL]}},
    "a list beside the entries": {"entries": [], "breadcrumbs": [FAILED_CALL]},
}


@pytest.mark.parametrize("event", LISTS.values(), ids=LISTS)
async def test_breadcrumbs_are_read_in_each_form_that_servers_keep(event: dict[str, Any]) -> None:
    async with shop(event) as connection:
        report = await connection.call("get_issue", issue=ISSUE)
        triage = await connection.call("triage_issue", issue=ISSUE)
    assert [one["text"].rpartition(" ")[2] for one in report["event"]["breadcrumbs"]] == ["503"]
    assert triage["causes"][0]["pattern"] == "third_party_failure"


@pytest.mark.parametrize(
    "host", ["eu.i.posthog.com", "bat.bing.com", "rum.vendor.example", "metrics.vendor.example", "o1.ingest.sentry.io"]
)
async def test_measurements_that_are_blocked_are_no_dependency(host: str) -> None:
    async with shop(breadcrumbs=(call(host, 0),)) as connection:
        triage = await connection.call("triage_issue", issue=ISSUE)
    assert [one["pattern"] for one in triage["causes"] if one["pattern"] == "third_party_failure"] == []
    assert host not in json.dumps(triage["causes"])
