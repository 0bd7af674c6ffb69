"""host.json and `%SETTING%` names, with the real host's defaults."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from dev.host.configuration import ConfigurationError, HostConfiguration, expand, parse_time_span


def read(folder: Path, text: str) -> HostConfiguration:
    (folder / "host.json").write_text(text)
    return HostConfiguration.read(folder)


def test_defaults_are_the_real_hosts(tmp_path: Path):
    configuration = HostConfiguration.read(tmp_path)
    assert configuration.route_prefix == "api"
    assert configuration.queues.max_dequeue_count == 5
    assert configuration.queues.batch_size == 16
    assert configuration.queues.new_batch_threshold == 8
    assert configuration.queues.visibility_timeout == timedelta(0)
    assert configuration.queues.base64


def test_empty_route_prefix_serves_from_the_root(tmp_path: Path):
    assert read(tmp_path, '{"extensions": {"http": {"routePrefix": ""}}}').route_prefix == ""


def test_queue_options_are_read(tmp_path: Path):
    section = {"messageEncoding": "none", "visibilityTimeout": "00:00:30", "batchSize": 4, "maxDequeueCount": 3}
    queues = read(tmp_path, json.dumps({"extensions": {"queues": section}})).queues
    assert (queues.base64, queues.batch_size, queues.new_batch_threshold, queues.max_dequeue_count) == (False, 4, 2, 3)
    assert queues.visibility_timeout == timedelta(seconds=30)


@pytest.mark.parametrize(
    "text",
    ["{", '{"extensions": {"queues": {"batchSize": 33}}}', '{"extensions": {"queues": {"visibilityTimeout": "30"}}}'],
)
def test_broken_host_json_is_one_clear_error(tmp_path: Path, text: str):
    with pytest.raises(ConfigurationError, match="host.json"):
        read(tmp_path, text)


def test_time_spans_have_days_and_fractions():
    assert parse_time_span("1.02:03:04.5") == timedelta(days=1, hours=2, minutes=3, seconds=4.5)


def test_settings_are_expanded_inside_a_text():
    assert expand("%A%-%B%", {"A": "x", "B": "y"}) == "x-y"


def test_a_missing_setting_is_named():
    with pytest.raises(ConfigurationError, match="%MISSING%"):
        expand("%MISSING%", {})
