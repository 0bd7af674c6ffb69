"""Operations become functions, and what none of them matches is answered by the family whose prefix it has."""
from __future__ import annotations

import json

import azure.functions as func
import pytest

from shared.http.operation import Api, Auth, Call
from shared.http.register import UNMATCHED, register
from tests.unit.http.things import Thing, new_api, render_error


@pytest.fixture
def handlers(services):
    """The registered functions' handlers by name: two families, the last one without a prefix."""
    things, own = new_api("1"), new_api()
    own.prefix = ""

    @things.operation("GET", "{name}", auth=Auth.PUBLIC)
    def get_thing(call: Call) -> Thing:
        return Thing(name="one")

    @things.operation("DELETE", "{name}", auth=Auth.PUBLIC, success=(204,))
    def delete_thing(call: Call) -> None: ...

    app = func.FunctionApp()
    register(app, (things, own), services)
    return {function.get_function_name(): function for function in app.get_functions()}


def test_each_operation_is_bound_to_its_own_function(handlers, request_of):
    """A loop variable in a closure would bind every function to the last operation."""
    get, delete = (handlers[name].get_user_function() for name in ("get_thing", "delete_thing"))

    assert get(request_of(url="http://host/things/a?api-version=1")).status_code == 200
    assert delete(request_of(url="http://host/things/a?api-version=1")).status_code == 204


def test_the_only_parameter_is_the_binding(handlers):
    """The Python worker refuses the whole app otherwise."""
    for function in handlers.values():
        code = function.get_user_function().__code__
        assert code.co_varnames[:code.co_argcount] == ("req",)
        trigger = next(binding for binding in json.loads(function.get_function_json())["bindings"]
                       if binding["type"] == "httpTrigger")
        assert trigger["name"] == "req"


def test_an_operation_has_a_function_for_each_version_of_the_path_and_its_handler_sees_which(services, request_of):
    versioned = Api("Things", prefix="things/{version}/of", render_error=render_error, path_versions=("v1.0", "v2.0-preview"))

    @versioned.operation("GET", "one", auth=Auth.PUBLIC)
    def get_one(call: Call) -> Thing:
        return Thing(name="one", note=call.api_version)

    app = func.FunctionApp()
    register(app, (versioned, new_api()), services)
    functions = {function.get_function_name(): function.get_user_function() for function in app.get_functions()}

    assert [(route.function_name, route.path, route.version) for route in versioned.operations[0].routes] == [
        ("get_one_v1_0", "things/v1.0/of/one", "v1.0"), ("get_one", "things/v2.0-preview/of/one", "v2.0-preview")]
    assert [json.loads(functions[name](request_of(url="http://host/things")).get_body())["note"]
            for name in ("get_one_v1_0", "get_one")] == ["v1.0", "v2.0-preview"]


@pytest.mark.parametrize("path", ["things", "things/", "THINGS/x", "", "else", "things2/x"])
def test_an_unmatched_path_is_a_404_and_needs_neither_key_nor_version(handlers, request_of, path: str):
    answer = handlers[UNMATCHED].get_user_function()(request_of(url=f"http://host/{path}", path=path))

    assert answer.status_code == 404
    assert json.loads(answer.get_body())["of"] == "NotFound"
