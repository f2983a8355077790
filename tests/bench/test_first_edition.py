"""The comparison with the first edition, and the bursts of callers: what is counted, not what is timed."""

from pathlib import Path

import pytest
from bench.cases import CASES, ISSUE
from bench.concurrency import burst
from bench.first_edition import checked_out, compared
from bench.incident_copies import COPIES, ISSUES, WARM_UP, world
from bench.server_process import NOW, Edition, ServerProcess, ServerProcessFailed
from bench.table import cell
from bench.upstream import Upstream

pytestmark = pytest.mark.matrix  # each starts processes of servers; what users see of it is tested elsewhere


def test_without_the_history_the_comparison_says_that_it_was_not_measured(upstream: Upstream, tmp_path: Path) -> None:
    with checked_out(repository=tmp_path) as first:
        assert first is None
        measures = compared(upstream, first, calls=1, processes=1)
    cells = {measure.name: cell(measure) for measure in measures}
    assert cells["CPU, ratio"] == cells["wall at 100 ms, ratio"] == "not measured here"
    assert cells["first call, times a warm one, now"] != "not measured here"


def test_each_issue_has_requests_of_its_own_and_callers_send_each_once(upstream: Upstream) -> None:
    measured = burst(NOW, upstream, [*ISSUES[:3], *ISSUES[:3]], latency_ms=0)
    assert len(measured.waits_ms) == 6
    assert measured.requests_alone > 10
    assert measured.upstream.most_of_one_request == 1
    assert 2 * measured.requests_alone < measured.upstream.requests <= 3 * measured.requests_alone


def test_the_sentry_of_many_callers_holds_twenty_incidents_and_one_to_warm_up() -> None:
    assert {issue.spec.short_id for issue in world().issues()} > {*ISSUES, WARM_UP}
    assert len(set(ISSUES) - {WARM_UP}) == COPIES == 20


def test_the_worker_counts_what_the_calls_of_this_checkout_take(upstream: Upstream) -> None:
    counts = NOW.counts(upstream.url(), [case for case in CASES if case.tool in ("triage_issue", "resolve_issue")])
    assert {tool: count["rounds"] for tool, count in counts.items()} == {"triage_issue": 2, "resolve_issue": 3}
    assert counts["triage_issue"]["requests"] > counts["resolve_issue"]["requests"]


def test_a_package_from_elsewhere_than_the_given_folder_is_refused(upstream: Upstream, tmp_path: Path) -> None:
    with (
        pytest.raises(ServerProcessFailed, match="ended"),
        ServerProcess(Edition("none", tmp_path), upstream.url()),
    ):
        pass


def test_a_call_that_fails_is_no_measurement(upstream: Upstream) -> None:
    with ServerProcess(NOW, upstream.url()) as server:
        assert len(server.triage([ISSUE])) == 1
        with pytest.raises(ServerProcessFailed, match="NOPE-1"):
            server.triage(["NOPE-1"])
