"""Timer functions follow their schedule on a clock of the test's own."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from dev.host.functions import TimerFunction
from dev.host.invocation import Invoker
from dev.host.ncrontab import Schedule
from dev.host.timers import TimerRunner

START = datetime(2026, 3, 4, 10, 0, 0, tzinfo=UTC)


class Time:
    """A clock that sleeping moves on."""

    def __init__(self) -> None:
        self.now = START

    async def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        await asyncio.sleep(0)


def timer(handler: Callable[..., object], expression: str = "0 * * * * *", on_startup: bool = False) -> TimerFunction:
    is_async = asyncio.iscoroutinefunction(handler)
    schedule = Schedule.parse(expression)
    return TimerFunction("tick", handler, "timer", is_async, False, schedule=schedule, run_on_startup=on_startup)


def runner(function: TimerFunction, time: Time, storage: str = "") -> TimerRunner:
    timers = {function.name: function}
    return TimerRunner(timers, Invoker(threads=1), storage or str(uuid4()), lambda: time.now, time.sleep)


async def until(task: asyncio.Task[None], condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def test_timer_runs_at_each_occurrence():
    time, seen = Time(), []

    async def tick(timer: object) -> None:
        seen.append((time.now, timer.past_due))

    async def scenario() -> None:
        task = asyncio.ensure_future(runner(timer(tick), time).run())
        await until(task, lambda: len(seen) == 3)

    asyncio.run(scenario())
    assert seen[:3] == [(START + timedelta(minutes=minutes), False) for minutes in (1, 2, 3)]


def test_run_that_outlasts_a_tick_makes_the_next_past_due():
    time, seen = Time(), []

    async def tick(timer: object) -> None:
        seen.append(timer.past_due)
        if len(seen) == 1:
            time.now += timedelta(minutes=3, seconds=30)

    async def scenario() -> None:
        task = asyncio.ensure_future(runner(timer(tick), time).run())
        await until(task, lambda: len(seen) == 3)

    asyncio.run(scenario())
    assert seen[:3] == [False, True, False]


def test_run_on_startup_does_not_wait_for_the_schedule():
    time, seen = Time(), []

    async def tick(timer: object) -> None:
        seen.append(time.now)

    async def scenario() -> None:
        task = asyncio.ensure_future(runner(timer(tick, "0 0 0 1 1 *", on_startup=True), time).run())
        await until(task, lambda: len(seen) == 1)

    asyncio.run(scenario())
    assert seen == [START]


def test_a_failing_run_does_not_stop_the_schedule():
    time, seen = Time(), []

    async def tick(timer: object) -> None:
        seen.append(time.now)
        raise KeyError("no reason")

    async def scenario() -> None:
        task = asyncio.ensure_future(runner(timer(tick), time).run())
        await until(task, lambda: len(seen) == 2)

    asyncio.run(scenario())
    assert seen[1] - seen[0] == timedelta(minutes=1)


def test_two_workers_on_one_storage_never_run_a_timer_together():
    async def scenario() -> tuple[bool, bool, bool]:
        storage, release = str(uuid4()), asyncio.Event()

        async def tick(timer: object) -> None:
            await release.wait()

        function = timer(tick)
        first, second = runner(function, Time(), storage), runner(function, Time(), storage)
        running = asyncio.ensure_future(first.run_once(function))
        await asyncio.sleep(0)
        refused = await second.run_once(function)
        release.set()
        return await running, refused, await second.run_once(function)

    assert asyncio.run(scenario()) == (True, False, True)


def test_two_workers_on_one_storage_share_the_ticks():
    async def scenario() -> tuple[bool, bool, bool]:
        storage = str(uuid4())

        async def tick(timer: object) -> None:
            return None

        function = timer(tick)
        first, second = runner(function, Time(), storage), runner(function, Time(), storage)
        once = await first.run_once(function, START)
        again = await second.run_once(function, START)
        return once, again, await second.run_once(function, START + timedelta(minutes=1))

    assert asyncio.run(scenario()) == (True, False, True)


def test_run_now_finds_a_timer_whatever_the_case():
    async def scenario() -> tuple[bool, bool, int]:
        seen = []

        async def tick(timer: object) -> None:
            seen.append(timer)

        function = timer(tick)
        each = runner(function, Time())
        found, missing = each.run_now("TICK"), each.run_now("tock")
        while not seen:
            await asyncio.sleep(0)
        return found, missing, len(seen)

    assert asyncio.run(scenario()) == (True, False, 1)
