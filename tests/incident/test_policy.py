import sys
import zoneinfo
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sentry_runbook.errors import SettingsError
from sentry_runbook.incident.model.policy import Level, default_policy
from sentry_runbook.incident.policy_file import dump_policy, load_policy


def written(folder: Path, text: str) -> Path:
    path = folder / "policy.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_built_in_policy_is_the_runbooks_table() -> None:
    policy = default_policy()
    assert (policy.thresholds.crash_free_below_pct, policy.thresholds.unhandled_per_minute_above) == (95, 500)
    assert (policy.thresholds.users_per_hour_above, policy.thresholds.sessions_minimum) == (100, 50)
    words = [policy.words(level) for level in ("P0", "P1", "P2", "P3")]
    assert [word.label for word in words] == ["Critical", "Major", "Minor", "Low"]
    assert [word.response_minutes for word in words] == [15, 60, 480, 20160]
    assert [word.response for word in words] == ["15 minutes", "1 hour", "same business day", "next sprint"]
    assert [word.next_update_minutes for word in words] == [30, 60, None, None]
    assert [word.next_update for word in words] == ["30 minutes", "1 hour", "when something changes", "none planned"]
    assert words[1].escalation == "Slack #incidents, tag the team lead"
    assert policy.title == "runbook default (built in)"


@pytest.mark.parametrize(
    "name",
    [
        *(
            "production",
            "prod",
            "prd",
            "live",
            "prod-eu",
            "production_2",
            "live-us",
            "",
            "Production",
            "PROD",
            "Live.EU",
        ),
        *("eu-production", "eu.prod", "shop_prd", "eu-prod-2", "acme.live.eu"),
    ],
)
def test_these_environments_are_production(name: str) -> None:
    assert default_policy().is_production(name)


@pytest.mark.parametrize(
    "name",
    [
        *("staging", "preproduction", "production2", "product", "delivery", "dev", "olive", "prods", "main"),
        *("pre-prod", "Pre-Production", "non-prod", "not_production", "prod-test", "live.staging", "prod-dev", "UAT"),
    ],
)
def test_these_environments_are_not_production(name: str) -> None:
    assert not default_policy().is_production(name)


def test_a_dumped_policy_reads_back_to_the_same_policy(tmp_path: Path) -> None:
    path = written(tmp_path, dump_policy(default_policy()))
    assert load_policy(path).model_copy(update={"source": "built in"}) == default_policy()


def test_a_changed_policy_survives_the_round_trip_with_odd_characters(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        'name = "acme \\"ops\\" ü"\n[edge_case]\ntitles = ["^ping\\\\d+$"]\n'
        '[severity.P1]\nescalation = "page #ops — now"\n',
    )
    policy = load_policy(path)
    assert policy.edge_case.titles == (r"^ping\d+$",)
    again = load_policy(written(tmp_path, dump_policy(policy)))
    assert again == policy


def test_a_part_of_a_file_keeps_the_rest_of_the_built_in_policy(tmp_path: Path) -> None:
    policy = load_policy(
        written(tmp_path, "[severity.P0]\nresponse_minutes = 10\n[thresholds]\nusers_per_hour_above = 7\n")
    )
    assert policy.words("P0").response_minutes == 10
    assert policy.words("P0").label == "Critical"
    assert policy.words("P1") == default_policy().words("P1")
    assert policy.thresholds.users_per_hour_above == 7
    assert policy.thresholds.crash_free_below_pct == 95
    assert policy.source.endswith("policy.toml")


def test_every_error_of_a_file_is_named_at_once_with_line_and_key(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        'nme = "x"\n'
        "[thresholds]\n"
        'users_per_hour_above = "10"\n'
        "crash_free_below_pct = 101\n"
        "[severity.P0]\n"
        'label = ""\n'
        "[production]\n"
        "environments = '(('\n"
        "[trend]\n"
        "spiking = nan\n",
    )
    with pytest.raises(SettingsError) as caught:
        load_policy(path)
    text = str(caught.value)
    for part in (
        "line 1, nme: no such key; valid are name, period_hours, production",
        "line 3, thresholds.users_per_hour_above",
        "line 4, thresholds.crash_free_below_pct",
        "line 6, severity.P0.label",
        "line 8, production.environments: not a regular expression",
        "line 10, trend.spiking",
        str(path),
    ):
        assert part in text


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("thresholds = 5", "line 1, thresholds: input should be a table"),
        ("[severity.P5]\nlabel = 'x'", "valid are P0, P1, P2, P3"),
        ("source = 'me'", "source: no such key"),
        ("[severity.P0]\nresponse_minutes = 0", "severity.P0.response_minutes"),
        ("[severity.P0]\nresponse_minutes = true", "severity.P0.response_minutes"),
        ("[edge_case]\nlevels = 'info'", "edge_case.levels"),
        ("[severity.P2]\nnext_update_minutes = 0", "line 2, severity.P2.next_update_minutes"),
        ('[severity.P2]\nnext_update = ""', "line 2, severity.P2.next_update: must be one line of visible text"),
        ('[symptoms]\n"/a.b" = "x"\n"/a(" = "paying"', "line 3, symptoms./a(: not a regular expression"),
        ("[symptoms]\n'\\(/a' = 5", "line 2, symptoms.\\(/a: input should be a valid string"),
        ('[symptoms]\n"/a\\\\(" = ""', "line 2, symptoms./a\\(: must be one line of visible text"),
        ("symptoms = 'x'", "line 1, symptoms: input should be a"),
        ("period_hours = 1.5", "period_hours"),
        ("period_hours = 2026-01-01", "period_hours"),
        ("name = 'two\x7flines'", "is not TOML"),
        ("name = [", "is not TOML"),
        pytest.param("name = " + "[" * 20_000, "is nested too deeply", id="lists in lists"),
        pytest.param("period_hours = " + "9" * 5_000, "is not TOML", id="a number longer than Python reads"),
    ],
)
def test_a_wrong_value_is_refused_by_key(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_policy(written(tmp_path, text))
    assert named in str(caught.value)


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load_policy(tmp_path / "nowhere.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="cannot be read"):
        load_policy(tmp_path / "binary.toml")


# --- response words and the calendar -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[severity.P2]\nresponse_minutes = 120", "2 hours"),
        ("[severity.P3]\nresponse_minutes = 2880", "2 days"),
        ("[severity.P0]\nresponse_minutes = 10", "10 minutes"),
        ('[severity.P2]\nresponse_minutes = 120\nresponse = "before lunch"', "before lunch"),
        ('[severity.P2]\nlabel = "Small"', "same business day"),
    ],
)
def test_new_minutes_never_stand_beside_the_old_words(tmp_path: Path, text: str, words: str) -> None:
    level: Level = "P0" if "P0" in text else "P3" if "P3" in text else "P2"
    assert load_policy(written(tmp_path, text)).words(level).response == words


@pytest.mark.parametrize(
    ("text", "minutes", "words"),
    [
        pytest.param("[severity.P2]\nnext_update_minutes = 480", 480, "8 hours", id="a_file_from_before_the_words"),
        pytest.param("[severity.P0]\nnext_update_minutes = 15", 15, "15 minutes", id="minutes_alone"),
        pytest.param(
            '[severity.P0]\nnext_update = "every half hour"\nnext_update_minutes = 30', 30, "every half hour", id="both"
        ),
        pytest.param('[severity.P0]\nnext_update = "as agreed"', None, "as agreed", id="words_alone"),
        pytest.param(
            '[severity.P2]\nnext_update = "when something changes"\nnext_update_minutes = 240',
            240,
            "4 hours",
            id="minutes_beside_words_that_name_no_time",
        ),
        pytest.param('[severity.P0]\nlabel = "x"', 30, "30 minutes", id="neither"),
    ],
)
def test_when_the_next_update_comes_is_said_in_minutes_or_in_words_that_agree(
    tmp_path: Path, text: str, minutes: int | None, words: str
) -> None:
    policy = load_policy(written(tmp_path, text))
    level: Level = "P2" if "P2" in text else "P0"
    assert (policy.words(level).next_update_minutes, policy.words(level).next_update) == (minutes, words)
    again = load_policy(written(tmp_path, dump_policy(policy)))
    assert again.words(level) == policy.words(level)


def test_symptoms_keep_their_order_and_survive_the_round_trip(tmp_path: Path) -> None:
    text = '[symptoms]\n"/account\\\\b" = "opening the account page"\n\'^POST "x"\' = "paying, or \\"buying\\""\n'
    policy = load_policy(written(tmp_path, text))
    assert list(policy.symptoms.items()) == [
        ("/account\\b", "opening the account page"),
        ('^POST "x"', 'paying, or "buying"'),
    ]
    again = load_policy(written(tmp_path, dump_policy(policy)))
    assert list(again.symptoms.items()) == list(policy.symptoms.items())
    assert default_policy().symptoms == {}


def test_a_printed_file_keeps_no_words_that_new_minutes_would_contradict(tmp_path: Path) -> None:
    printed = dump_policy(default_policy())
    assert '# response = "15 minutes"' in printed
    changed = printed.replace("response_minutes = 15", "response_minutes = 5")
    assert load_policy(written(tmp_path, changed)).words("P0").response == "5 minutes"


BERLIN = '[calendar]\ntime_zone = "Europe/Berlin"\n'


def test_a_calendar_survives_the_round_trip(tmp_path: Path) -> None:
    text = f'{BERLIN}work_days = ["sun", "mon"]\nwork_start = "08:30"\nwork_end = "16:15"\n'
    policy = load_policy(written(tmp_path, text))
    assert (policy.calendar.time_zone, policy.calendar.work_days) == ("Europe/Berlin", ("sun", "mon"))
    assert load_policy(written(tmp_path, dump_policy(policy))) == policy


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('[calendar]\ntime_zone = "Europe/Berln"', "line 2, calendar.time_zone: no time zone is called 'Europe/Berln'"),
        ('[calendar]\ntime_zone = "../../etc/passwd"', "no time zone is called '../../etc/passwd'"),
        ('[calendar]\ntime_zone = "Europe"', "no time zone is called 'Europe'"),
        ("[calendar]\ntime_zone = 1", "line 2, calendar.time_zone"),
        ('[calendar]\nwork_days = ["monday"]', "calendar.work_days"),
        ("[calendar]\nwork_days = []", "calendar.work_days"),
        ('[calendar]\nwork_start = "9:00"', "calendar.work_start"),
        ('[calendar]\nwork_end = "24:00"', "calendar.work_end"),
        ('[calendar]\nwork_start = "18:00"', "line 1, calendar: work_start (18:00) must lie before work_end (17:00)"),
        ('[calendar]\nholidays = ["2026-12-25"]', "valid are time_zone, work_days, work_start, work_end"),
    ],
)
def test_a_wrong_calendar_is_refused_by_key(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_policy(written(tmp_path, text))
    assert named in str(caught.value)


def test_a_computer_without_time_zones_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tzdata", None)
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath(to=[str(tmp_path)])
    zoneinfo.ZoneInfo.clear_cache()
    try:
        with pytest.raises(SettingsError, match="no time zone data; install it: pip install tzdata"):
            load_policy(written(tmp_path, BERLIN))
    finally:
        zoneinfo.reset_tzpath(to=before)


@pytest.mark.parametrize(
    ("started", "due"),
    [
        # Monday 2026-11-23; Berlin is an hour ahead of UTC.
        ("2026-11-23T15:59:00+00:00", "2026-11-23T16:00:00+00:00"),
        ("2026-11-23T16:00:00+00:00", "2026-11-24T16:00:00+00:00"),
        ("2026-11-23T03:00:00+00:00", "2026-11-23T16:00:00+00:00"),
        ("2026-11-22T23:30:00+00:00", "2026-11-23T16:00:00+00:00"),
        ("2026-11-20T15:59:00+00:00", "2026-11-20T16:00:00+00:00"),
        ("2026-11-20T16:00:00+00:00", "2026-11-23T16:00:00+00:00"),
        ("2026-11-21T10:00:00+00:00", "2026-11-23T16:00:00+00:00"),
        # Summer time begins on Sunday 2026-03-29.
        ("2026-03-27T18:00:00+00:00", "2026-03-30T15:00:00+00:00"),
    ],
)
def test_a_business_day_ends_with_its_working_hours_in_the_time_zone(tmp_path: Path, started: str, due: str) -> None:
    calendar = load_policy(written(tmp_path, BERLIN)).calendar
    assert calendar.end_of_business_day(datetime.fromisoformat(started)) == datetime.fromisoformat(due)


def test_without_a_time_zone_no_business_day_has_an_end() -> None:
    assert default_policy().calendar.end_of_business_day(datetime(2026, 11, 23, tzinfo=UTC)) is None


def test_a_policy_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    assert load_policy(written(tmp_path, "\ufeffname = 'ours'\r\n")).name == "ours"
