"""Confirm tokens: one write, once, soon, and nothing else."""

import base64
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentry_runbook.errors import RunbookError
from sentry_runbook.safety import confirm
from sentry_runbook.safety.confirm import (
    ConfirmationError,
    Confirmations,
    DamagedToken,
    ExpiredToken,
    OtherAction,
    Seen,
    SpentToken,
    StateChanged,
    seconds_running,
)
from sentry_runbook.tools.confirmation import ANY_TOKEN

PLAN: dict[str, str | int | None] = {
    "tool": "resolve_issue",
    "issue": "4711",
    "action": "ignore",
    "ignore_count": 100,
    "release": None,
    "state_status": "unresolved",
    "state_substatus": "ongoing",
}


class Clock:
    """Seconds that tests turn by hand."""

    def __init__(self, now: float = 1_000) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def turn(self, seconds: float) -> None:
        self.now += seconds


def test_a_token_confirms_its_write_once() -> None:
    confirmations = Confirmations(Clock())
    token = confirmations.issue(PLAN)
    confirmations.redeem(token, PLAN)
    with pytest.raises(SpentToken, match="already used"):
        confirmations.redeem(token, PLAN)


def test_no_token_begins_with_a_sign_that_is_lost_where_it_reads_as_a_lists_mark() -> None:
    confirmations = Confirmations(Clock())
    # Of random bytes one token in 32 would: 2,000 without one happen by chance once in 10**27.
    assert all(confirmations.issue(PLAN)[0].isalnum() for _ in range(2_000))


def test_the_order_of_the_payload_does_not_matter() -> None:
    confirmations = Confirmations(Clock())
    confirmations.redeem(confirmations.issue(PLAN), dict(reversed(PLAN.items())))


@pytest.mark.parametrize(("seconds", "good"), [(599.9, True), (600, False), (601, False), (86_400, False)])
def test_a_token_lives_ten_minutes(seconds: float, good: bool) -> None:
    clock = Clock()
    confirmations = Confirmations(clock)
    token = confirmations.issue(PLAN)
    clock.turn(seconds)
    if good:
        confirmations.redeem(token, PLAN)
    else:
        with pytest.raises(ExpiredToken, match="expired"):
            confirmations.redeem(token, PLAN)


@pytest.mark.parametrize(
    "changed",
    [
        {"issue": "4712"},
        {"action": "resolve"},
        {"ignore_count": 101},
        {"ignore_count": "100"},
        {"ignore_count": None},
        {"release": ""},
        {"extra": "x"},
    ],
)
def test_a_token_is_bound_to_the_action_and_each_argument(changed: dict[str, str | int | None]) -> None:
    confirmations = Confirmations(Clock())
    token = confirmations.issue(PLAN)
    with pytest.raises(OtherAction):
        confirmations.redeem(token, PLAN | changed)
    confirmations.redeem(token, PLAN)


def test_a_missing_argument_is_another_action() -> None:
    confirmations = Confirmations(Clock())
    token = confirmations.issue(PLAN)
    with pytest.raises(OtherAction):
        confirmations.redeem(token, {key: value for key, value in PLAN.items() if key != "release"})


def test_a_changed_state_voids_the_token_for_good() -> None:
    confirmations = Confirmations(Clock())
    token = confirmations.issue(PLAN)
    with pytest.raises(StateChanged, match="changed since"):
        confirmations.redeem(token, PLAN | {"state_status": "resolved"})
    with pytest.raises(SpentToken):
        confirmations.redeem(token, PLAN)


def test_nothing_readable_is_inside() -> None:
    token = Confirmations(Clock()).issue(PLAN)
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    for word in ("resolve", "4711", "ignore", "unresolved"):
        assert word.encode() not in raw
    assert len({Confirmations(Clock(), key=b"k" * 32).issue(PLAN) for _ in range(20)}) == 20


def test_every_changed_character_is_noticed() -> None:
    confirmations = Confirmations(Clock())
    token = confirmations.issue(PLAN)
    for index, char in enumerate(token):
        other = "A" if char != "A" else "B"
        with pytest.raises(ConfirmationError):
            confirmations.redeem(token[:index] + other + token[index + 1 :], PLAN | {"issue": "1"})
    with pytest.raises(DamagedToken):
        confirmations.redeem(token[:-1], PLAN)


def test_a_token_of_another_process_is_not_ours() -> None:
    with pytest.raises(DamagedToken, match="restart"):
        Confirmations(Clock()).redeem(Confirmations(Clock()).issue(PLAN), PLAN)
    one, two = Confirmations(Clock(), key=b"k" * 32), Confirmations(Clock(), key=b"k" * 32)
    two.redeem(one.issue(PLAN), PLAN)


@settings(max_examples=200)
@given(
    st.one_of(
        st.text(),
        st.text(alphabet="ABCabc012-_=", min_size=80, max_size=100),
        st.binary().map(lambda b: base64.urlsafe_b64encode(b).decode()),
    )
)
def test_no_made_up_token_is_taken_and_none_breaks_it(token: str) -> None:
    with pytest.raises(DamagedToken):
        Confirmations(Clock()).redeem(token, PLAN)


def test_a_clock_that_goes_back_lets_no_token_live_longer_and_none_be_spent_twice() -> None:
    clock = Clock()
    confirmations = Confirmations(clock)
    spent, expired, last = (confirmations.issue(PLAN) for _ in range(3))
    confirmations.redeem(spent, PLAN)
    clock.turn(599)
    confirmations.redeem(last, PLAN)
    clock.turn(1)
    with pytest.raises(ExpiredToken):
        confirmations.redeem(expired, PLAN)
    for back in (300, 600, 100_000):
        clock.turn(-back)
        for token in (spent, expired, last):
            with pytest.raises(ConfirmationError):
                confirmations.redeem(token, PLAN)


def test_what_is_set_by_people_and_time_servers_is_not_the_clock() -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("time", "time_ns"):
            patch.setattr(time, name, lambda: pytest.fail("the clock on the wall was read"))
        confirmations = Confirmations()
        confirmations.redeem(confirmations.issue(PLAN), PLAN)
        first, second = seconds_running(), seconds_running()
    assert first <= second
    if hasattr(time, "CLOCK_BOOTTIME"):
        assert abs(time.clock_gettime(time.CLOCK_BOOTTIME) - second) < 60


def test_a_token_that_is_only_looked_at_is_not_spent_unless_the_issue_has_changed() -> None:
    confirmations = Confirmations(Clock())
    token = confirmations.issue(PLAN)
    confirmations.redeem(token, PLAN, spend=False)
    with pytest.raises(OtherAction):
        confirmations.redeem(token, PLAN | {"action": "resolve"}, spend=False)
    confirmations.redeem(token, PLAN)
    with pytest.raises(SpentToken):
        confirmations.redeem(token, PLAN, spend=False)
    void = confirmations.issue(PLAN)
    with pytest.raises(StateChanged):
        confirmations.redeem(void, PLAN | {"state_status": "resolved"}, spend=False)
    with pytest.raises(SpentToken):
        confirmations.redeem(void, PLAN)


@pytest.mark.parametrize("of_dry_run", [True, False])
def test_a_token_tells_whether_it_came_with_a_dry_run_and_nobody_can_change_that(of_dry_run: bool) -> None:
    confirmations = Confirmations(Clock())
    token = confirmations.issue(PLAN, of_dry_run=of_dry_run)
    assert confirmations.is_of_dry_run(token) is of_dry_run
    assert not confirmations.is_of_dry_run("x")
    raw = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    raw[20] ^= 1
    turned = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    assert not confirmations.is_of_dry_run(turned)
    with pytest.raises(DamagedToken):
        confirmations.redeem(turned, PLAN)
    confirmations.redeem(token, PLAN)


def test_spent_tokens_are_forgotten_only_when_expired(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirm, "MAX_SPENT", 3)
    clock = Clock()
    confirmations = Confirmations(clock)
    tokens = [confirmations.issue(PLAN) for _ in range(4)]
    for token in tokens[:3]:
        confirmations.redeem(token, PLAN)
    with pytest.raises(ConfirmationError, match="Too many"):
        confirmations.redeem(tokens[3], PLAN)
    with pytest.raises(SpentToken):
        confirmations.redeem(tokens[0], PLAN)
    clock.turn(601)
    confirmations.redeem(confirmations.issue(PLAN), PLAN)


def test_every_refusal_says_what_to_do() -> None:
    confirmations = Confirmations(Clock())
    with pytest.raises(RunbookError) as caught:
        confirmations.redeem("x", PLAN)
    assert caught.value.fix
    assert "key" not in repr(confirmations)


# --- how far the log was read


@pytest.mark.parametrize(
    ("seen", "kept"),
    [
        (Seen(), Seen()),
        (Seen(1_795_000_000_123_456, 2), Seen(1_795_000_000_123_456, 2)),
        (Seen(1_795_000_000_123_456, 300), Seen(1_795_000_000_123_456, 255)),
        (Seen(-5, 1), Seen(0, 1)),
    ],
)
def test_a_token_tells_how_far_the_log_was_read_and_is_bound_to_nothing_by_it(seen: Seen, kept: Seen) -> None:
    confirmations = Confirmations(Clock())
    token = confirmations.issue(PLAN, seen=seen)
    assert len(token) == len(ANY_TOKEN)
    assert confirmations.seen_by(token) == kept
    confirmations.redeem(token, PLAN)


def test_what_is_no_token_of_this_process_tells_nothing_of_the_log() -> None:
    confirmations = Confirmations(Clock())
    token = confirmations.issue(PLAN, seen=Seen(5, 1))
    assert Confirmations(Clock()).seen_by(token) is None
    assert confirmations.seen_by("made up") is None
    assert confirmations.seen_by(f"{'A' if token[0] != 'A' else 'B'}{token[1:]}") is None
