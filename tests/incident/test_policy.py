from pathlib import Path

import pytest

from sentry_runbook.errors import SettingsError
from sentry_runbook.incident.model.policy import default_policy
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
    assert words[0].next_update_minutes == 30
    assert words[1].escalation == "Slack #incidents, tag the team lead"
    assert policy.title == "runbook default (built in)"


@pytest.mark.parametrize("name", ["production", "prod", "live", "prod-eu", "production_2", "live-us", ""])
def test_these_environments_are_production(name: str) -> None:
    assert default_policy().is_production(name)


@pytest.mark.parametrize(
    "name", ["staging", "Production", "preproduction", "production2", "product", "delivery", "dev"]
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
        ("period_hours = 1.5", "period_hours"),
        ("period_hours = 2026-01-01", "period_hours"),
        ("name = 'two\x7flines'", "is not TOML"),
        ("name = [", "is not TOML"),
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
