"""What the templates promise holds, and each promise that is broken in a copy is noticed."""
from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from dev.environment import ROOT
from tests.bicep import Resource, templates_of
from tests.infra_rules import PROMISES, broken_promises

INFRA = ROOT / "infra"
OTHER_VALUES = {False: "true", True: "false"}


def test_every_promise_holds():
    assert broken_promises(INFRA) == []


def copy_of_infra(folder: Path) -> Path:
    return Path(shutil.copytree(INFRA, folder / "infra"))


def resources_with_files(kind: str) -> list[tuple[Path, Resource]]:
    return [(template.path, each) for template in templates_of(INFRA) for each in template.resources
            if each.type == kind and not each.is_existing]


def without(text: str, resource: Resource, path: str, replacement: str | None) -> str:
    """The text of a file where a resource's property has another value, or is gone."""
    start = re.search(rf"^resource {resource.name} ", text, re.MULTILINE)
    assert start
    position = start.start()
    for part in path.split("."):
        found = re.compile(rf"^ *{part}: ?", re.MULTILINE).search(text, position)
        assert found, f"{resource.name}: {path}"
        position = found.end()
    end = text.index("\n", position)
    while text[position:end].count("[") != text[position:end].count("]"):
        end = text.index("\n", end + 1)
    if replacement is None:
        return text[:found.start()] + text[end + 1:]
    return text[:position] + replacement + text[end:]


@pytest.mark.parametrize("is_removed", [False, True], ids=["flipped", "removed"])
@pytest.mark.parametrize(("kind", "path", "expected"), PROMISES, ids=[f"{kind}-{path}" for kind, path, _ in PROMISES])
def test_a_promise_that_is_broken_is_noticed(tmp_path: Path, kind: str, path: str, expected: object, is_removed: bool):
    replacement = None if is_removed else OTHER_VALUES[expected] if isinstance(expected, bool) else "'another'"
    for file, resource in resources_with_files(kind):
        infra = copy_of_infra(tmp_path / resource.name)
        copied = infra / file.relative_to(INFRA)
        copied.write_text(without(copied.read_text(), resource, path, replacement))
        assert f"{kind} {resource.name}: {path}" in broken_promises(infra)


@pytest.mark.parametrize(("file", "old", "new", "noticed"), [
    ("modules/storage.bicep", "  'Standard_ZRS'\n", "  'Standard_GRS'\n", "storage.bicep: sku"),
    ("modules/storage.bicep", "param sku string", "param sku string = 'Standard_LRS'", "storage.bicep: sku"),
    ("modules/region.bicep", "'Standard_ZRS' :", "'Standard_GZRS' :", "region.bicep: a storage that replicates abroad"),
    ("modules/region.bicep", "    location: location", "    location: 'eastus'", "region.bicep policy: location"),
    ("main.bicep", "    location: region\n", "    location: location\n", "main.bicep: location of a region"),
    ("modules/monitoring.bicep", "  location: location", "  location: 'eastus'",
     "Microsoft.OperationalInsights/workspaces workspace: location"),
    ("modules/policy.bicep", "          location\n", "          'eastus'\n", "policy: allowed locations"),
    ("modules/policy.bicep", "'Standard_ZRS'", "'Standard_RAGRS'", "policy: allowed SKUs"),
    ("modules/roles.bicep", "  scope: dataStorage\n", "", "role assignment readsSettings: scope"),
    ("modules/roles.bicep", "  scope: key\n", "  scope: keyVault\n", "role assignment usesKey: scope"),
    ("modules/function-app.bicep", "'FunctionAppLogs'", "'AppServiceHTTPLogs'", "diagnostic setting logs: logs"),
    ("modules/region.bicep", "param settings object", "@secure()\nparam settings object", "region.bicep: parameter settings"),
    ("modules/region.bicep", "param settings object", "param settings object\nparam operatorSecret string",
     "region.bicep: parameter operatorSecret"),
    ("modules/storage.bicep", "output name string = storage.name", "output key string = storage.listKeys().keys[0].value",
     "storage.bicep: a key is read"),
    ("modules/storage.bicep", "output name string", "output accountKey string", "storage.bicep: output accountKey"),
    ("modules/function-app.bicep", "  name: 'ftp'", "  name: 'scm'", "Microsoft.Web/sites/basicPublishingCredentialsPolicies: scm and ftp"),
])
def test_other_ways_out_are_noticed_too(tmp_path: Path, file: str, old: str, new: str, noticed: str):
    infra = copy_of_infra(tmp_path)
    text = (infra / file).read_text()
    assert old in text
    (infra / file).write_text(text.replace(old, new, 1))
    assert noticed in broken_promises(infra)
