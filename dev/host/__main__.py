"""`python -m dev.host --port N`: one worker process, configured by its environment.

Prints exactly one line to stdout, `listening http://127.0.0.1:PORT`, when it answers; everything else goes to stderr.
"""

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
import threading
from pathlib import Path

from dev.host.configuration import ConfigurationError
from dev.host.functions import CannotIndex
from dev.host.worker import PortInUse, Worker, WorkerOptions, bind


def main(argv: list[str]) -> int:
    options = _parse(argv)
    logging.basicConfig(
        level=options.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr
    )
    try:
        if options.settings:
            os.environ.update(read_settings(options.settings))
        listener = bind(options.port)
        app_directory = options.app_dir.resolve()
        worker = Worker(
            WorkerOptions(app_directory, options.background, options.message_lease, options.tracebacks), os.environ
        )
    except (PortInUse, CannotIndex, ConfigurationError) as failure:
        if options.tracebacks and failure.__cause__ is not None:
            logging.getLogger("dev.host").error("", exc_info=failure.__cause__)
        print(failure, file=sys.stderr)
        return 1
    if options.attached:
        _end_with_stdin()
    asyncio.run(worker.serve(listener, lambda endpoint: print(f"listening {endpoint}", flush=True)))
    return 0


def read_settings(path: Path) -> dict[str, str]:
    """Return `Values` of a local.settings.json. Raises ConfigurationError."""
    try:
        values = json.loads(path.read_text())["Values"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(f"{path} cannot be read as settings: {type(error).__name__}") from None
    return {str(name): str(value) for name, value in values.items()}


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m dev.host", description="Serve the functions of an app as the Functions host does."
    )
    parser.add_argument("--port", type=int, default=7071, help="0 takes a free one")
    parser.add_argument("--app-dir", type=Path, default=Path.cwd(), help="the folder of function_app.py and host.json")
    parser.add_argument("--settings", type=Path, help="a local.settings.json whose values are added to the environment")
    parser.add_argument("--no-background", dest="background", action="store_false", help="run no timers and no queues")
    parser.add_argument(
        "--message-lease", type=int, default=20, metavar="SECONDS", help="after this a killed worker's message is free"
    )
    parser.add_argument("--attached", action="store_true", help="end when standard input ends")
    parser.add_argument("--tracebacks", action="store_true", help="print tracebacks (they may show customer content)")
    parser.add_argument("--log-level", default="warning", choices=["debug", "info", "warning", "error"])
    return parser.parse_args(argv)


def _end_with_stdin() -> None:
    def wait() -> None:
        while sys.stdin.buffer.read(4096):
            continue
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="attached", daemon=True).start()


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    logging.shutdown()
    # Not sys.exit: that would wait for handler threads which have outlived their grace.
    os._exit(code)
