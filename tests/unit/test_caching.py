"""What a process remembers is bounded by what it costs."""
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
