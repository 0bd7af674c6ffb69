"""Reading what a function app declares, and refusing what the real host refuses."""

from collections.abc import Callable

import azure.functions as func
import pytest

from dev.host.configuration import HostConfiguration
from dev.host.functions import CannotIndex, FunctionIndex, index

SETTINGS = {"AzureWebJobsStorage": "UseDevelopmentStorage=true", "WORK_QUEUE": "jobs", "EVERY": "0 */5 * * * *"}


def indexed(declare: Callable[[func.FunctionApp], None]) -> FunctionIndex:
    app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
    declare(app)
    return index(app, HostConfiguration(route_prefix=""), SETTINGS)


def handle(req: func.HttpRequest) -> str:
    return ""


def test_http_function_keeps_its_route_and_methods():
    methods = ["GET", "PUT"]
    functions = indexed(lambda app: app.function_name("a")(app.route(route="lists/{name}", methods=methods)(handle)))
    assert functions.http["a"].route == "lists/{name}"
    assert set(functions.http["a"].methods) == {"GET", "PUT"}
    assert functions.router.find("PUT", "/lists/x") is not None


def test_http_function_without_methods_answers_every_method():
    functions = indexed(lambda app: app.function_name("a")(app.route(route="lists")(handle)))
    assert functions.router.find("DELETE", "/lists") is not None


def test_schedule_and_queue_name_come_from_settings():
    def declare(app: func.FunctionApp) -> None:
        every = app.timer_trigger(arg_name="timer", schedule="%EVERY%", run_on_startup=True)
        app.function_name("tick")(every(lambda timer: None))
        queued = app.queue_trigger(arg_name="message", queue_name="%WORK_QUEUE%", connection="AzureWebJobsStorage")
        app.function_name("work")(queued(lambda message: None))

    functions = indexed(declare)
    assert functions.timers["tick"].schedule.expression == "0 */5 * * * *"
    assert functions.timers["tick"].run_on_startup
    assert functions.queues["work"].queue_name == "jobs"
    assert "127.0.0.1:10001" in functions.queues["work"].connection_string


def test_names_that_differ_only_in_case_are_refused():
    def declare(app: func.FunctionApp) -> None:
        app.function_name("lists")(app.route(route="a", methods=["GET"])(handle))
        app.function_name("Lists")(app.route(route="b", methods=["GET"])(handle))

    with pytest.raises(CannotIndex, match="(?i)lists"):
        indexed(declare)


@pytest.mark.parametrize("route", ["admin/keys", "administration", "Runtime/x"])
def test_reserved_routes_are_refused(route: str):
    with pytest.raises(CannotIndex, match="reserved"):
        indexed(lambda app: app.function_name("a")(app.route(route=route, methods=["GET"])(handle)))


def test_parameter_that_is_no_binding_is_refused_even_with_a_default():
    def with_default(req: func.HttpRequest, services: object = None) -> str:
        return ""

    with pytest.raises(CannotIndex, match="parameters"):
        indexed(lambda app: app.function_name("a")(app.route(route="a", methods=["GET"])(with_default)))


def test_missing_connection_setting_is_named():
    def declare(app: func.FunctionApp) -> None:
        queued = app.queue_trigger(arg_name="message", queue_name="jobs", connection="OTHER")
        app.function_name("work")(queued(lambda message: None))

    with pytest.raises(CannotIndex, match="OTHER"):
        indexed(declare)
