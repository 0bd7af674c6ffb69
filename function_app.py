"""The Azure Functions app: settings, services, and everything registered on `app`."""
import gc

# Importing makes many objects and hardly any garbage: looking for it meanwhile takes an eighth of a cold start.
gc.disable()

import os  # noqa: E402

import azure.functions as func  # noqa: E402

from shared import memory  # noqa: E402
from shared.api import SERVED  # noqa: E402
from shared.bootstrap import services_of  # noqa: E402
from shared.http.register import register  # noqa: E402
from shared.jobs.register import register_jobs  # noqa: E402
from shared.jobs.work import QUEUE_JOBS, TIMER_JOBS  # noqa: E402
from shared.settings import Settings  # noqa: E402
from shared.telemetry.loggers import quieten_libraries  # noqa: E402

quieten_libraries()
memory.give_large_blocks_back()
services = services_of(Settings.from_environ(os.environ))
app = func.FunctionApp()
register(app, SERVED, services)
register_jobs(app, QUEUE_JOBS, TIMER_JOBS, services)

gc.freeze()
gc.enable()
