"""Lists that are written down in several places hold the same entries."""
from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest

from shared.api import APIS
from shared.http.operation import Operation
from shared.jobs.work import TIMER_JOBS
from shared.settings import Settings
from shared.storage.holdings import HOLDINGS, Holding

ROOT = Path(__file__).resolve().parents[3]
OPERATIONS = [operation for api in APIS for operation in api.operations]
SETTINGS = {field.name.upper() for field in dataclasses.fields(Settings)}
HOST_SETTINGS = {"FUNCTIONS_WORKER_RUNTIME", "AzureWebJobsStorage", "AzureWebJobsDisableHomepage",
                 "PYTHON_THREADPOOL_THREAD_COUNT"}


def sample_values() -> dict[str, str]:
    return json.loads((ROOT / "local.settings.sample.json").read_text())["Values"]


def readme_rows() -> dict[str, tuple[str, str]]:
    """Name: default and meaning, from the table under `## Settings` in the README."""
    section = re.search(r"^## Settings$(.*?)(?=^## |\Z)", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    assert section, "README.md has no section Settings"
    rows = re.findall(r"^\| `(\w+)` \|([^|]*)\|(.*)\|$", section[1], re.MULTILINE)
    return {name: (default.strip(), meaning.strip()) for name, default, meaning in rows}


def test_the_sample_settings_name_every_setting_and_the_hosts_own():
    assert set(sample_values()) == SETTINGS | HOST_SETTINGS


def test_the_readme_names_every_setting():
    assert set(readme_rows()) - HOST_SETTINGS == SETTINGS


def test_the_readme_gives_each_setting_its_default():
    rows = readme_rows()
    for field in dataclasses.fields(Settings):
        if field.default not in (dataclasses.MISSING, None):
            default = str(field.default).lower() if isinstance(field.default, bool) else str(field.default)
            assert default in rows[field.name.upper()][0].replace(",", "").replace("`", ""), field.name


def test_every_setting_is_described():
    assert all(len(field.metadata["doc"]) > 10 for field in dataclasses.fields(Settings))


def test_the_sample_settings_are_valid_settings():
    settings = Settings.from_environ(sample_values())

    assert settings.storage_is_emulator
    # Whoever copies the sample tests against real rules, not against the test suite's.
    assert not settings.strict_contract


@pytest.mark.parametrize("holding", HOLDINGS, ids=lambda holding: holding.kind)
def test_every_kind_of_record_and_blob_is_in_the_architecture_page(holding: Holding):
    assert f"`{holding.kind}`" in (ROOT / "docs" / "architecture.md").read_text()


def test_kinds_are_unique_and_fit_a_table_key():
    kinds = [holding.kind for holding in HOLDINGS]

    assert len(set(kinds)) == len(kinds)
    assert all(re.fullmatch("[a-z]+(-[a-z]+)*", kind) for kind in kinds)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_every_operation_is_in_the_table_of_operations(operation: Operation):
    pages = [ROOT / "docs" / "reference.md", ROOT / "README.md"]
    text = "".join(page.read_text() for page in pages if page.exists())

    assert f"`{operation.name}`" in text


def test_the_table_of_operations_names_no_operation_that_is_gone():
    named = re.findall(r"^\|.*?`([a-z]+(?:_[a-z0-9]+)+)`", (ROOT / "docs" / "reference.md").read_text(), re.MULTILINE)

    assert set(named) <= {operation.name for operation in OPERATIONS} | {job.name for job in TIMER_JOBS}
