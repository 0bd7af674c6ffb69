"""Schedules as the timer trigger documentation describes them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from dev.host.ncrontab import InvalidSchedule, Schedule

START = datetime(2026, 3, 4, 10, 20, 30, tzinfo=UTC)  # a Wednesday


def after(expression: str, start: datetime = START) -> str:
    return Schedule.parse(expression).next_after(start).strftime("%Y-%m-%d %H:%M:%S")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("0 */5 * * * *", "2026-03-04 10:25:00"),
        ("0 0 * * * *", "2026-03-04 11:00:00"),
        ("0 0 */2 * * *", "2026-03-04 12:00:00"),
        ("0 0 9-17 * * *", "2026-03-04 11:00:00"),
        ("0 30 9 * * *", "2026-03-05 09:30:00"),
        ("0 30 9 * * 1-5", "2026-03-05 09:30:00"),
        ("0 30 9 * Jan Mon", "2027-01-04 09:30:00"),
        ("0 0 0 1 1 *", "2027-01-01 00:00:00"),
        ("*/10 * * * * *", "2026-03-04 10:20:40"),
        ("5,35 * * * * *", "2026-03-04 10:20:35"),
        ("0 10/15 * * * *", "2026-03-04 10:25:00"),
        ("0 0-30/10 * * * *", "2026-03-04 10:30:00"),
        ("0 0 0 * * SUN", "2026-03-08 00:00:00"),
        ("0 0 0 * * 0", "2026-03-08 00:00:00"),
        ("0 0 0 * december *", "2026-12-01 00:00:00"),
        ("15 10 * * *", "2026-03-05 10:15:00"),
    ],
)
def test_next_occurrence(expression: str, expected: str):
    assert after(expression) == expected


def test_next_occurrence_is_strictly_later():
    assert after("30 20 10 * * *") == "2026-03-05 10:20:30"


def test_fractions_of_a_second_do_not_repeat_an_occurrence():
    assert after("* * * * * *", START + timedelta(milliseconds=999)) == "2026-03-04 10:20:31"


def test_day_and_weekday_must_both_hold():
    assert after("0 0 0 13 * FRI") == "2026-03-13 00:00:00"
    assert after("0 0 0 13 * FRI", datetime(2026, 3, 13, tzinfo=UTC)) == "2026-11-13 00:00:00"


def test_last_second_of_the_year_is_followed_by_the_next_year():
    assert after("* * * * * *", datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)) == "2027-01-01 00:00:00"


def test_leap_day_may_be_eight_years_away():
    assert after("0 0 0 29 2 *", datetime(2096, 3, 1, tzinfo=UTC)) == "2104-02-29 00:00:00"


def test_short_months_are_passed_over():
    assert after("0 0 0 31 * *", datetime(2026, 3, 31, 1, tzinfo=UTC)) == "2026-05-31 00:00:00"


def test_other_time_zones_are_read_as_utc():
    start = datetime(2026, 3, 4, 23, 30, tzinfo=timezone(timedelta(hours=2)))
    assert after("0 0 22 * * *", start) == "2026-03-04 22:00:00"


@pytest.mark.parametrize(
    "expression",
    [
        "", "* * * *", "* * * * * * *", "60 * * * * *", "* 60 * * * *", "* * 24 * * *", "* * * 0 * *", "* * * 32 * *",
        "* * * * 13 *", "* * * * * 7", "*/0 * * * * *", "5-1 * * * * *", "a * * * * *", "1, * * * * *",
        "* * * * * MONKEY1", "-1 * * * * *", "? * * * * *",
    ],
)  # fmt: skip
def test_malformed_schedules_are_refused(expression: str):
    with pytest.raises(InvalidSchedule):
        Schedule.parse(expression)


@pytest.mark.parametrize("expression", ["0 0 0 30 2 *", "0 0 0 31 4,6,9,11 *"])
def test_schedules_that_never_occur_are_refused(expression: str):
    with pytest.raises(InvalidSchedule, match="does not exist"):
        Schedule.parse(expression)
