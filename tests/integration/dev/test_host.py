"""A worker of the local host, as a process, serving a small app of the tests' own."""

import json
import os
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import QueueClient

from dev.azurite import Azurite
from dev.environment import ROOT
from dev.host.process import HostProcess

APP = '''
    import json
    import os
    import time

    import azure.functions as func

    app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


    @app.function_name("echo")
    @app.route(route="echo/{name}", methods=["GET", "HEAD", "POST"])
    def echo(req):
        seen = {"url": req.url, "params": dict(req.params), "route": dict(req.route_params)}
        seen["body"] = req.get_body().decode()
        return func.HttpResponse(json.dumps(seen), mimetype="application/json", headers={"x-pid": str(os.getpid())})


    @app.function_name("text")
    @app.route(route="text", methods=["GET"])
    async def text(req):
        return "plain"


    @app.function_name("wrong_type")
    @app.route(route="wrong-type", methods=["GET"])
    def wrong_type(req):
        return {"a": "dict"}


    @app.function_name("failing")
    @app.route(route="failing", methods=["POST"])
    def failing(req, context):
        raise KeyError(req.get_body().decode())


    @app.function_name("slow")
    @app.route(route="slow", methods=["GET"])
    def slow(req):
        time.sleep(1.5)
        return "finished"


    def note(line):
        with open(os.environ["NOTES"], "a") as notes:
            notes.write(line + "\\n")


    @app.function_name("tick")
    @app.timer_trigger(arg_name="timer", schedule="0 0 0 1 1 *")
    def tick(timer):
        note("tick")


    @app.function_name("work")
    @app.queue_trigger(arg_name="message", queue_name="%QUEUE%", connection="AzureWebJobsStorage")
    def work(message):
        job = message.get_json()
        note(f"{job['id']} try {message.dequeue_count} by {os.getpid()}")
        time.sleep(job.get("sleep", 0))
        if job.get("fail"):
            raise ValueError(job)
'''
HOST_JSON = {
    "version": "2.0",
    "extensions": {
        "http": {"routePrefix": ""},
        "queues": {"messageEncoding": "none", "maxDequeueCount": 3, "visibilityTimeout": "00:00:00"},
    },
}


class Served:
    """The toy app in a folder of its own, with its queue."""

    def __init__(self, folder: Path, azurite: Azurite) -> None:
        self.folder = folder
        self.queue_name = f"q{os.urandom(6).hex()}"
        self.connection_string = azurite.connection_string
        self.notes = folder / "notes"
        self.notes.touch()
        (folder / "function_app.py").write_text(textwrap.dedent(APP))
        (folder / "host.json").write_text(json.dumps(HOST_JSON))

    @property
    def settings(self) -> dict[str, str]:
        return {"AzureWebJobsStorage": self.connection_string, "QUEUE": self.queue_name, "NOTES": str(self.notes)}

    def worker(self, *options: str) -> HostProcess:
        return HostProcess(self.settings, app_directory=self.folder, options=options, log_path=self.folder / "log")

    def queue(self, suffix: str = "") -> QueueClient:
        return QueueClient.from_connection_string(self.connection_string, self.queue_name + suffix)

    def noted(self, *starts: str) -> Callable[[], bool]:
        return lambda: all(f"\n{start}" in "\n" + self.notes.read_text() for start in starts)


def wait_for(condition: Callable[[], bool]) -> None:
    """Return once the condition holds; the bound is only there so that a failure ends."""
    deadline = time.monotonic() + 60
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("what was waited for did not come")
        time.sleep(0.05)


def is_empty(queue: QueueClient) -> bool:
    return queue.get_queue_properties().approximate_message_count == 0


@pytest.fixture
def served(tmp_path: Path, azurite: Azurite) -> Served:
    return Served(tmp_path, azurite)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, azurite: Azurite) -> Iterator[httpx.Client]:
    served = Served(tmp_path_factory.mktemp("app"), azurite)
    with served.worker("--no-background") as host, httpx.Client(base_url=host.endpoint) as client:
        yield client


def test_request_reaches_the_handler_as_the_real_host_passes_it(client: httpx.Client):
    seen = client.get("/ECHO/A%2Fb%20c/?x=1&X=2&empty=&y=%C3%A9").json()
    assert seen["url"] == f"{str(client.base_url).rstrip('/')}/ECHO/A%2Fb%20c/?x=1&X=2&empty=&y=%C3%A9"
    assert seen["params"] == {"x": "1,2", "y": "é"}
    assert seen["route"] == {"name": "A%2Fb c"}


def test_chunked_body_arrives_whole(client: httpx.Client):
    assert client.post("/echo/x", content=iter([b"one ", b"two"])).json()["body"] == "one two"


def test_wrong_method_and_unknown_path_are_404_without_body(client: httpx.Client):
    for answer in (client.delete("/echo/x"), client.get("/nowhere"), client.head("/text")):
        assert (answer.status_code, answer.content) == (404, b"")


def test_head_has_the_length_and_no_body(client: httpx.Client):
    answer = client.head("/echo/x")
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) > 0
    assert answer.content == b""


def test_str_is_plain_text(client: httpx.Client):
    answer = client.get("/text")
    assert (answer.status_code, answer.text) == (200, "plain")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


def test_dict_is_500(client: httpx.Client):
    assert client.get("/wrong-type").status_code == 500


def test_body_over_100_mb_is_413_before_it_is_read(client: httpx.Client):
    with socket.create_connection((client.base_url.host, client.base_url.port)) as connection:
        connection.sendall(b"POST /echo/x HTTP/1.1\r\nHost: x\r\nContent-Length: 104857601\r\n\r\n")
        assert connection.recv(64).startswith(b"HTTP/1.1 413 ")


def test_exception_is_500_and_its_message_is_not_logged(served: Served):
    with served.worker("--no-background") as host:
        answer = httpx.post(f"{host.endpoint}/failing", content=b"a customer's words")
    log = (served.folder / "log").read_text()
    assert (answer.status_code, answer.content) == (500, b"")
    assert "function failing failed: KeyError at " in log
    assert "customer" not in log


def test_timer_can_be_run_by_hand(served: Served):
    with served.worker("--no-background") as host:
        assert httpx.post(f"{host.endpoint}/admin/functions/TICK", json={"input": ""}).status_code == 202
        wait_for(served.noted("tick"))


def test_web_page_cannot_run_a_timer(served: Served):
    with served.worker("--no-background") as host:
        assert httpx.post(f"{host.endpoint}/admin/functions/tick", content=b"{}").status_code == 404


def test_message_is_handled_once_and_deleted(served: Served):
    with served.worker():
        wait_for(lambda: _exists(served.queue()))
        served.queue().send_message(json.dumps({"id": "a"}))
        wait_for(served.noted("a try 1"))
        wait_for(lambda: is_empty(served.queue()))
    assert served.notes.read_text().count("a try") == 1


def test_failing_message_goes_to_the_poison_queue_after_its_tries(served: Served):
    served.queue().create_queue()
    served.queue().send_message(json.dumps({"id": "bad", "fail": True}))
    with served.worker():
        wait_for(lambda: _exists(served.queue("-poison")) and not is_empty(served.queue("-poison")))
        wait_for(lambda: is_empty(served.queue()))
    tries = [line.split(" by ")[0] for line in served.notes.read_text().splitlines()]
    assert tries == ["bad try 1", "bad try 2", "bad try 3"]
    assert [json.loads(message.content)["id"] for message in served.queue("-poison").peek_messages()] == ["bad"]


def test_long_work_keeps_its_message_from_the_other_worker(served: Served):
    served.queue().create_queue()
    served.queue().send_message(json.dumps({"id": "long", "sleep": 4}))
    with served.worker("--message-lease", "2"), served.worker("--message-lease", "2"):
        wait_for(served.noted("long try 1"))
        wait_for(lambda: is_empty(served.queue()))
    assert served.notes.read_text().count("long try") == 1


def test_message_of_a_killed_worker_is_taken_by_another(served: Served):
    served.queue().create_queue()
    served.queue().send_message(json.dumps({"id": "job", "sleep": 3}))
    first = served.worker("--message-lease", "2").start()
    wait_for(served.noted("job try 1"))
    first.kill()
    with served.worker("--message-lease", "2"):
        wait_for(served.noted("job try 2"))
        wait_for(lambda: is_empty(served.queue()))


def test_running_request_is_finished_before_the_worker_ends(served: Served):
    host = served.worker("--no-background").start()
    with socket.create_connection(("127.0.0.1", int(host.endpoint.rpartition(":")[2]))) as connection:
        connection.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        time.sleep(0.3)
        code = host.stop()
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    assert code == 0
    assert answer.endswith(b"finished")


def test_port_in_use_is_one_line_that_names_it(served: Served):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = _run_host(served, "--port", str(port))
    assert result.returncode == 1
    assert result.stderr == f"port {port} is in use; choose another with --port\n"
    assert result.stdout == ""


def test_app_that_cannot_be_imported_is_one_line_with_the_place(served: Served):
    (served.folder / "function_app.py").write_text("import os\nimport no_such_module\n")
    result = _run_host(served, "--port", "0")
    assert result.returncode == 1
    reason = "ModuleNotFoundError: No module named 'no_such_module' (function_app.py line 2)"
    assert result.stderr == f"function_app cannot be imported: {reason}\n"


def _run_host(served: Served, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dev.host", "--app-dir", str(served.folder), *options]
    environ = {**os.environ, **served.settings}
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)


def _exists(queue: QueueClient) -> bool:
    try:
        queue.get_queue_properties()
    except ResourceNotFoundError:
        return False
    return True
