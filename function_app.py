"""The Azure Functions app: settings, services, and everything registered on `app`."""
import logging
import os

import azure.functions as func

from shared.api import APIS
from shared.bootstrap import services_of
from shared.http.register import register
from shared.jobs.register import register_jobs
from shared.jobs.work import QUEUE_JOBS, TIMER_JOBS
from shared.settings import Settings

# The Azure libraries log every request's address at INFO, which the Functions worker would pass on.
logging.getLogger("azure").setLevel(logging.WARNING)

services = services_of(Settings.from_environ(os.environ))
app = func.FunctionApp()
register(app, APIS, services)
register_jobs(app, QUEUE_JOBS, TIMER_JOBS, services)
