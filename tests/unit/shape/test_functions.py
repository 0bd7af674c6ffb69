"""The functions as the Functions host sees them: names, routes, and no two that can answer the same request."""
from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import product

import azure.functions as func
import pytest

from dev.host.routing import compile_template
from shared.api import APIS, SERVED
from shared.bootstrap import services_of
from shared.http.register import UNMATCHED, register
from shared.jobs.register import register_jobs
from shared.jobs.work import QUEUE_JOBS, TIMER_JOBS
from shared.settings import Settings

CONNECTION = "DefaultEndpointsProtocol=http;AccountName=x;AccountKey=eA==;" + "".join(
    f"{service}Endpoint=http://127.0.0.1:9/x;" for service in ("Blob", "Queue", "Table"))

# A literal path and the one with a parameter that would match it too: the first one is meant, and its name sorts first.
LITERALS_FIRST = [("get_keys_of_receipts", "get_receipt")]


def _registered(key_file: str) -> dict[str, dict[str, object]]:
    """The HTTP trigger of each function (none for jobs) by function name, as the app declares them."""
    services = services_of(Settings.from_environ({
        "REGION": "nowhere", "STORAGE_CONNECTION_STRING": CONNECTION, "STORAGE_IS_EMULATOR": "true",
        "KEY_ENCRYPTION_KEY_FILE": key_file, "RECEIPT_SIGNING_KEY_FILE": f"{key_file}-of-receipts", "OPERATOR_KEY": "o" * 32}))
    app = func.FunctionApp()
    register(app, SERVED, services)
    register_jobs(app, QUEUE_JOBS, TIMER_JOBS, services)
    functions = {}
    for function in app.get_functions():
        name = function.get_function_name()
        assert name not in functions
        functions[name] = next(
            (binding for binding in json.loads(function.get_function_json())["bindings"]
             if binding["type"] == "httpTrigger"), {})
    return functions


@pytest.fixture(scope="module")
def functions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    return _registered(str(tmp_path_factory.mktemp("keys") / "key"))


@pytest.fixture(scope="module")
def routes(functions: dict[str, dict[str, object]]) -> list[tuple[str, str, set[str]]]:
    """Name, template and methods in the host's order: alphabetical by name, whatever the case."""
    routes = [(name, str(trigger["route"]), set(trigger["methods"])) for name, trigger in functions.items() if trigger]
    return sorted(routes, key=lambda route: route[0].lower())


def sample_paths(template: str, other: str) -> Iterator[str]:
    """The template with each parameter set to ordinary values, and to the literal that stands in its place in the other route."""
    segments, others = template.split("/"), other.split("/")
    choices = []
    for place, segment in enumerate(segments):
        parameters = re.findall(r"{\*?\w+}", segment)
        literal = others[place] if place < len(others) and "{" not in others[place] else "sample"
        choices += [["sample", "a.b~c", "0f0f", "me", literal]] * len(parameters)
    # Five values that go together, and each mixture of an ordinary one with the other route's literals.
    for values in {*zip(*choices, strict=True), *product(*(values[::4] for values in choices))}:
        path = template
        for value in values:
            path = re.sub(r"{\*?\w+}", value, path, count=1)
        yield f"/{path}"


def test_no_earlier_function_answers_a_request_that_is_meant_for_a_later_one(routes):
    patterns = {template: compile_template(template) for _, template, _ in routes}
    hidden = []
    for position, (name, template, methods) in enumerate(routes):
        if name == UNMATCHED:
            continue
        for earlier, other, other_methods in routes[:position]:
            if methods & other_methods and (earlier, name) not in LITERALS_FIRST:
                hidden += [f"{earlier} answers {path} of {name}" for path in sample_paths(template, other)
                           if patterns[other].fullmatch(path)]
    assert hidden == []


@pytest.mark.parametrize(("literal", "parameter"), LITERALS_FIRST)
def test_a_literal_that_a_parameter_would_match_too_comes_first(routes, literal: str, parameter: str):
    templates = {name: template for name, template, _ in routes}
    order = [name for name, _, _ in routes]

    assert order.index(literal) < order.index(parameter)
    assert "{" not in templates[literal]
    assert compile_template(templates[parameter]).fullmatch(f"/{templates[literal]}")


def test_no_two_functions_share_a_name_in_another_case(functions):
    assert len({name.lower() for name in functions}) == len(functions)


def test_no_route_begins_with_a_word_that_the_host_reserves(routes):
    """Azure/azure-functions-host issue 1781: such a function is put in error."""
    assert not [name for name, template, _ in routes if re.match("/|~|admin|runtime", template, re.IGNORECASE)]


def test_the_fallback_comes_last_and_takes_every_method(routes):
    name, template, methods = routes[-1]

    assert (name, template) == (UNMATCHED, "{*path}")
    assert methods >= {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


def test_every_operation_is_a_function_with_its_one_method(functions):
    for api in APIS:
        for operation in api.operations:
            for route in operation.routes:
                trigger = functions[route.function_name]
                assert (trigger["route"], trigger["methods"]) == (route.path, [operation.method])


def test_the_host_asks_for_no_function_key(functions):
    """The pipeline authenticates; a second key would break the official clients."""
    assert {str(trigger["authLevel"]).lower() for trigger in functions.values() if trigger} == {"anonymous"}


def test_jobs_of_each_kind_are_declared_once():
    kinds = [job.kind for job in QUEUE_JOBS]

    assert len(set(kinds)) == len(kinds)
    assert len({job.name for job in TIMER_JOBS}) == len(TIMER_JOBS)
