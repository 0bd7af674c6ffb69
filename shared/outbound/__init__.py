"""The one way out: requests to addresses that callers name, which may lead nowhere but to the public internet."""
