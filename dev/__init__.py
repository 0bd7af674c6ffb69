"""Everything that runs, tests and measures the service on a developer's machine; never deployed."""
