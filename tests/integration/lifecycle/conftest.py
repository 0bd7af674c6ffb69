"""The deployment of a test's own that the tests of accounts have."""
from tests.integration.accounts.conftest import deployment, own_azurite  # noqa: F401  (fixtures)
