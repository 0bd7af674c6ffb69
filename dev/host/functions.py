"""Reads the HTTP, timer and queue functions that `function_app.app` declares; refuses what the real host refuses."""

import importlib
import inspect
import json
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev import azurite
from dev.host.configuration import ConfigurationError, HostConfiguration, expand
from dev.host.ncrontab import InvalidSchedule, Schedule
from dev.host.routing import InvalidTemplate, Router, compile_template

_ALL_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT")
_DEFAULT_CONNECTION = "AzureWebJobsStorage"
# Azure/azure-functions-host issue 1781 and pull request 3460: such a route puts its function in error.
_RESERVED = ("admin", "runtime")


class CannotIndex(Exception):
    """The app cannot be loaded; the message is one line with the reason."""


@dataclass(frozen=True, slots=True)
class Function:
    """What every kind of function has: its name, its handler, and the name of the parameter its trigger binds to."""

    name: str
    handler: Callable[..., Any]
    parameter: str
    is_async: bool
    takes_context: bool


@dataclass(frozen=True, slots=True)
class HttpFunction(Function):
    route: str
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TimerFunction(Function):
    schedule: Schedule
    run_on_startup: bool


@dataclass(frozen=True, slots=True)
class QueueFunction(Function):
    queue_name: str
    connection_string: str


@dataclass(frozen=True, slots=True)
class FunctionIndex:
    """All functions of an app by kind, and the router over the HTTP ones."""

    http: dict[str, HttpFunction]
    timers: dict[str, TimerFunction]
    queues: dict[str, QueueFunction]
    router: Router


def load_app(app_directory: Path) -> Any:
    """Import function_app from a folder and return its `app`. Raises CannotIndex with the reason and the place."""
    sys.path.insert(0, str(app_directory))
    try:
        return importlib.import_module("function_app").app
    except Exception as error:
        raise CannotIndex(f"function_app cannot be imported: {_describe(error, app_directory)}") from error


def index(app: Any, configuration: HostConfiguration, settings: Mapping[str, str]) -> FunctionIndex:
    """Read every function of an app; one broken function breaks all, as in the real host. Raises CannotIndex."""
    http: dict[str, HttpFunction] = {}
    timers: dict[str, TimerFunction] = {}
    queues: dict[str, QueueFunction] = {}
    seen: set[str] = set()
    try:
        declared = app.get_functions()
    except ValueError as error:
        raise CannotIndex(f"the function app is not valid: {error}") from None
    for each in declared:
        name = each.get_function_name()
        if name.lower() in seen:
            raise CannotIndex(f"two functions are named {name!r} (names must differ in more than case)")
        seen.add(name.lower())
        try:
            trigger = _trigger(each)
            common = _common(each, trigger)
            match trigger["type"]:
                case "httpTrigger":
                    http[name] = _http(common, trigger, configuration)
                case "timerTrigger":
                    timers[name] = _timer(common, trigger, settings)
                case "queueTrigger":
                    queues[name] = _queue(common, trigger, settings)
                case other:
                    raise ConfigurationError(f"the local host does not run functions with a {other}")
        except (ConfigurationError, InvalidTemplate, InvalidSchedule) as error:
            raise CannotIndex(f"function {name!r}: {error}") from None
    router = Router.of(((each.name, each.route, each.methods) for each in http.values()), configuration.route_prefix)
    return FunctionIndex(http, timers, queues, router)


def _trigger(function: Any) -> dict[str, Any]:
    bindings = json.loads(function.get_function_json())["bindings"]
    triggers = [binding for binding in bindings if binding["type"].endswith("Trigger")]
    if len(triggers) != 1:
        raise ConfigurationError("it must have exactly one trigger")
    others = [binding["type"] for binding in bindings if binding is not triggers[0] and binding["name"] != "$return"]
    if others:
        raise ConfigurationError(f"the local host knows no binding {others[0]!r} beside the trigger")
    return triggers[0]


def _common(function: Any, trigger: dict[str, Any]) -> tuple[str, Callable[..., Any], str, bool, bool]:
    handler = function.get_user_function()
    parameters = inspect.signature(handler).parameters
    # The Python worker compares these two sets, default values or not, and fails the whole app when they differ.
    if set(parameters) - {"context"} != {trigger["name"]}:
        raise ConfigurationError(f"its parameters ({', '.join(parameters)}) are not its binding ({trigger['name']})")
    is_async = inspect.iscoroutinefunction(handler)
    return function.get_function_name(), handler, trigger["name"], is_async, "context" in parameters


def _http(common: tuple, trigger: dict[str, Any], configuration: HostConfiguration) -> HttpFunction:
    route = trigger.get("route") or common[0]
    if route.lower().startswith(_RESERVED):
        raise InvalidTemplate(f"route {route!r} begins with a reserved word ({' or '.join(_RESERVED)})")
    compile_template(route)
    return HttpFunction(*common, route=route, methods=tuple(trigger.get("methods") or _ALL_METHODS))


def _timer(common: tuple, trigger: dict[str, Any], settings: Mapping[str, str]) -> TimerFunction:
    schedule = Schedule.parse(expand(trigger["schedule"], settings))
    return TimerFunction(*common, schedule=schedule, run_on_startup=bool(trigger.get("runOnStartup", False)))


def _queue(common: tuple, trigger: dict[str, Any], settings: Mapping[str, str]) -> QueueFunction:
    connection = trigger.get("connection") or _DEFAULT_CONNECTION
    connection_string = settings.get(connection) or settings.get(f"AzureWebJobs{connection}")
    if not connection_string:
        raise ConfigurationError(f"its connection setting {connection} is not set")
    if connection_string.strip(" ;").lower() == "usedevelopmentstorage=true":
        connection_string = azurite.connection_string(azurite.DEFAULT_PORTS)
    if not any(f"{part}=" in connection_string for part in ("AccountName", "QueueEndpoint")):
        raise ConfigurationError(f"its connection setting {connection} is not a storage connection string")
    queue_name = expand(trigger["queueName"], settings)
    return QueueFunction(*common, queue_name=queue_name, connection_string=connection_string)


def _describe(error: Exception, app_directory: Path) -> str:
    """Return type, message and the innermost line of the app's own files, on one line."""
    message = " ".join(str(error).split()) or "no message"
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(app_directory)]
    own = [frame for frame in own if ".venv" not in frame.filename and frame.filename != __file__]
    place = f" ({Path(own[-1].filename).relative_to(app_directory)} line {own[-1].lineno})" if own else ""
    return f"{type(error).__name__}: {message}{place}"
