"""NCRONTAB schedules of timer triggers: `{second} {minute} {hour} {day} {month} {day-of-week}`, in UTC.

Source: the NCRONTAB section of the timer trigger documentation. Unlike in Vixie cron, a day must satisfy both the day
and the day-of-week field.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_MONTHS = {name: number for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_DAYS = {name: number for number, name in enumerate("sun mon tue wed thu fri sat".split())}
_FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("second", 0, 59, {}),
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day", 1, 31, {}),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 6, _DAYS),
)
# 29 February may be eight years away (1896 to 1904, 2096 to 2104).
_SEARCH_DAYS = 366 * 8 + 1


class InvalidSchedule(ValueError):
    """The real host would refuse this schedule."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A parsed expression; each field holds its allowed values in ascending order."""

    expression: str
    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]

    @classmethod
    def parse(cls, expression: str) -> "Schedule":
        """Parse six fields, or five (then the second is 0). Raises InvalidSchedule."""
        parts = expression.split()
        if len(parts) == 5:
            parts.insert(0, "0")
        if len(parts) != 6:
            raise InvalidSchedule(f"schedule {expression!r} must have six fields, or five without seconds")
        fields = []
        for text, (title, low, high, names) in zip(parts, _FIELDS, strict=True):
            try:
                fields.append(_values(text, low, high, names))
            except ValueError:
                raise InvalidSchedule(f"schedule {expression!r}: {text!r} is not a {title} ({low} to {high})") from None
        schedule = cls(expression, *fields)
        if schedule._next_day(datetime(2096, 2, 29, tzinfo=UTC)) is None:
            raise InvalidSchedule(f"schedule {expression!r} names a day that does not exist")
        return schedule

    def next_after(self, moment: datetime) -> datetime:
        """Return the first occurrence strictly after an aware moment, in UTC."""
        start = moment.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
        if self._is_day(start):
            for hour in self.hours:
                for minute in self.minutes:
                    if (hour, minute) < (start.hour, start.minute):
                        continue
                    for second in self.seconds:
                        if (hour, minute, second) >= (start.hour, start.minute, start.second):
                            return start.replace(hour=hour, minute=minute, second=second)
        day = self._next_day(start)
        if day is None:
            raise InvalidSchedule(f"schedule {self.expression!r} has no occurrence after {moment:%Y-%m-%d}")
        return day.replace(hour=self.hours[0], minute=self.minutes[0], second=self.seconds[0])

    def _next_day(self, day: datetime) -> datetime | None:
        for offset in range(1, _SEARCH_DAYS + 1):
            candidate = day + timedelta(days=offset)
            if self._is_day(candidate):
                return candidate
        return None

    def _is_day(self, day: datetime) -> bool:
        # isoweekday counts Sunday as 7.
        return day.month in self.months and day.day in self.days and day.isoweekday() % 7 in self.weekdays


def _values(text: str, low: int, high: int, names: dict[str, int]) -> tuple[int, ...]:
    chosen: set[int] = set()
    for item in text.split(","):
        span, slash, step_text = item.partition("/")
        step = int(step_text) if slash else 1
        if step < 1:
            raise ValueError(item)
        if span == "*":
            first, last = low, high
        else:
            first_text, dash, last_text = span.partition("-")
            first = _number(first_text, names)
            # `5/15` means from 5 on, every 15; `5` alone means 5.
            last = _number(last_text, names) if dash else (high if slash else first)
        if not low <= first <= last <= high:
            raise ValueError(item)
        chosen.update(range(first, last + 1, step))
    return tuple(sorted(chosen))


def _number(text: str, names: dict[str, int]) -> int:
    if text.isascii() and text.isdigit():
        return int(text)
    # Full names are legal too: only the first three letters count.
    number = names.get(text[:3].lower()) if text.isalpha() else None
    if number is None:
        raise ValueError(text)
    return number
