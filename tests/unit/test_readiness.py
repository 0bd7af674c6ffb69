"""Readiness names what does not work, and asks the storage and the key vault no more often than it must."""
from shared.errors import Unavailable
from shared.readiness import Readiness


def test_it_names_what_does_not_work_whatever_it_raises():
    def unavailable() -> None:
        raise Unavailable("not there")

    def broken() -> None:
        raise KeyError("something of a customer's")
    assert Readiness({"a": lambda: None, "b": unavailable, "c": broken}).missing() == ["b", "c"]


def test_it_asks_again_only_after_ten_seconds():
    asked, now = [], [100.0]
    readiness = Readiness({"a": lambda: asked.append(now[0])}, monotonic=lambda: now[0])
    for second in (0, 1, 10, 11):
        now[0] = 100.0 + second
        readiness.missing()
    assert asked == [100.0, 111.0]
