"""What a process remembers is bounded by what it costs."""
import threading

from shared import caching
from shared.caching import BoundedCache


def test_what_was_not_used_for_the_longest_time_is_forgotten_first():
    cache: BoundedCache[str, str] = BoundedCache(2)
    cache.put("a", "1")
    cache.put("b", "2")
    assert cache.find("a") == "1"
    cache.put("c", "3")
    assert [cache.find(key) for key in "abc"] == ["1", None, "3"]


def test_entries_cost_at_most_the_limit_together():
    cache: BoundedCache[str, str] = BoundedCache(10, cost=len)
    cache.put("a", "xxxxx")
    cache.put("b", "xxxxx")
    assert cache.find("a") and cache.find("b")
    cache.put("c", "x")
    assert (cache.find("a"), cache.find("b"), cache.find("c")) == (None, "xxxxx", "x")


def test_an_entry_that_is_replaced_costs_what_the_new_one_costs():
    cache: BoundedCache[str, str] = BoundedCache(10, cost=len)
    cache.put("a", "xxxxxxxxxx")
    cache.put("a", "x")
    cache.put("b", "xxxxxxxxx")
    assert cache.find("a") == "x"


def test_the_newest_entry_stays_even_if_it_alone_costs_more_than_the_limit():
    cache: BoundedCache[str, str] = BoundedCache(3, cost=len)
    cache.put("a", "x")
    cache.put("b", "xxxx")
    assert (cache.find("a"), cache.find("b")) == (None, "xxxx")


def test_what_is_told_to_be_forgotten_is():
    cache: BoundedCache[str, str] = BoundedCache(3)
    cache.put("a", "x")
    cache.forget("a")
    cache.forget("never there")
    assert cache.find("a") is None


class Watch:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_what_was_not_used_for_too_long_is_forgotten_and_what_was_used_is_not():
    watch = Watch()
    cache: BoundedCache[str, str] = BoundedCache(10, idle_seconds=300, monotonic=watch)
    cache.put("idle", "1")
    cache.put("used", "2")
    watch.seconds = 299
    assert cache.find("used") == "2"
    watch.seconds = 300
    assert (cache.find("idle"), cache.find("used")) == (None, "2")
    watch.seconds = 599
    assert cache.find("used") == "2"
    watch.seconds = 899
    assert cache.find("used") is None


def test_what_was_forgotten_for_its_age_costs_nothing_any_more():
    watch = Watch()
    cache: BoundedCache[str, str] = BoundedCache(10, cost=len, idle_seconds=5, monotonic=watch)
    cache.put("a", "xxxxxxxxxx")
    watch.seconds = 5
    cache.sweep()
    cache.put("b", "xxxxx")
    cache.put("c", "xxxxx")
    assert (cache.find("a"), cache.find("b"), cache.find("c")) == (None, "xxxxx", "xxxxx")


def test_an_entry_that_is_put_again_is_as_new():
    watch = Watch()
    cache: BoundedCache[str, str] = BoundedCache(10, idle_seconds=5, monotonic=watch)
    cache.put("a", "1")
    watch.seconds = 4
    cache.put("a", "2")
    watch.seconds = 8
    assert cache.find("a") == "2"


def test_a_process_that_has_nothing_to_do_forgets_too(monkeypatch):
    monkeypatch.setattr(caching, "_SWEEP_SECONDS", 0.01)
    forgotten = threading.Event()

    class Value:
        def __del__(self) -> None:
            forgotten.set()
    caching._Sweeper().watch(cache := BoundedCache(10, idle_seconds=0.05))
    cache.put("a", Value())
    assert forgotten.wait(10)


def test_without_an_age_nothing_is_forgotten_but_for_its_cost():
    watch = Watch()
    cache: BoundedCache[str, str] = BoundedCache(2, monotonic=watch)
    cache.put("a", "1")
    watch.seconds = 1e9
    cache.sweep()
    assert cache.find("a") == "1"


def test_entries_are_forgotten_by_what_their_keys_say():
    cache: BoundedCache[tuple[str, str], str] = BoundedCache(10)
    for account in ("one", "two"):
        for name in ("x", "y"):
            cache.put((account, name), name)
    cache.forget_where(lambda key: key[0] == "one")
    assert [cache.find((account, "x")) for account in ("one", "two")] == [None, "x"]


def test_forgetting_says_whether_there_was_anything():
    cache: BoundedCache[str, str] = BoundedCache(10)
    cache.put("a", "1")
    assert cache.forget("a") is True
    assert cache.forget("a") is False
