"""The composition root: Settings become Services. The only place that constructs clients and engines."""
from shared.bootstrap.services import services_of as services_of
