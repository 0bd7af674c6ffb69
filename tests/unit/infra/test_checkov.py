"""checkov finds nothing in the templates that is not skipped beside its reason, and has read all of them."""
from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from dev.bench.own_environment import python_with
from dev.environment import ROOT
from tests.bicep import templates_of

INFRA = ROOT / "infra"


@pytest.fixture(scope="module")
def checkov() -> Path:
    """Its program, in an environment of its own (a minute and 290 MB at the first time)."""
    return python_with("requirements-infra.txt").with_name("checkov")


@pytest.fixture(scope="module")
def found(checkov: Path) -> dict[str, Any]:
    return report(checkov, INFRA)


def report(checkov: Path, folder: Path) -> dict[str, Any]:
    """checkov's exit code is 0 where a file does not parse, so that it is not asked."""
    done = subprocess.run([checkov, "--directory", folder, "--framework", "bicep", "--skip-download", "--output", "json"],
                          capture_output=True, text=True, timeout=300)
    return json.loads(done.stdout)


def objections(found: dict[str, Any], resources: int) -> list[str]:
    """What speaks against the templates. A file that was not read counts, and so do resources that were not seen."""
    if "summary" not in found:
        return ["checkov saw no resource"]
    summary, results = found["summary"], found["results"]
    failed = [f"{each['check_id']} {each['file_path']} {each['resource']}" for each in results["failed_checks"]]
    if summary["parsing_errors"] or results["parsing_errors"]:
        failed.append(f"not parsed: {results['parsing_errors']}")
    if summary["resource_count"] < resources:
        failed.append(f"only {summary['resource_count']} of {resources} resources were seen")
    return failed


def declared() -> int:
    return sum(len(template.resources) for template in templates_of(INFRA))


def test_checkov_finds_nothing(found: dict[str, Any]):
    assert objections(found, declared()) == []
    assert found["summary"]["passed"] > 0


def test_every_skip_has_its_reason_and_is_needed(found: dict[str, Any]):
    written = [skip for template in templates_of(INFRA) for skip in re.findall(r"checkov:skip=(\w+):?(.*)", template.text)]
    used = {each["check_id"] for each in found["results"]["skipped_checks"]}
    assert all(len(reason) > 10 for _, reason in written)
    assert {check for check, _ in written} == used


def test_a_file_that_does_not_parse_and_a_folder_of_nothing_are_objected_to(checkov: Path, tmp_path: Path):
    broken = Path(shutil.copytree(INFRA, tmp_path / "broken"))
    file = broken / "modules" / "storage.bicep"
    file.write_text(file.read_text().replace("properties: {", "properties {", 1))
    (tmp_path / "nothing").mkdir()

    assert any("not parsed" in each or "resources were seen" in each for each in objections(report(checkov, broken), declared()))
    assert objections(report(checkov, tmp_path / "nothing"), declared()) == ["checkov saw no resource"]


def test_an_unsafe_property_is_found_by_checkov_too(checkov: Path, tmp_path: Path):
    unsafe = Path(shutil.copytree(INFRA, tmp_path / "unsafe"))
    file = unsafe / "modules" / "storage.bicep"
    file.write_text(file.read_text().replace("minimumTlsVersion: 'TLS1_2'", "minimumTlsVersion: 'TLS1_0'"))
    assert objections(report(checkov, unsafe), declared())
