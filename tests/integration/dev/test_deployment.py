"""What the commands of a deployment ask of `az` and `azd`, by programs in their place that write down how they were called."""
from __future__ import annotations

import base64
import json
import os
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from dev.environment import ROOT

# Answers of the real ones in their shape; a body that is sent is written down with its file's mode.
STAND_IN = f"""#!{sys.executable}
import json, os, pathlib, sys
arguments = sys.argv[1:]
body = next((value[1:] for value in arguments if value.startswith("@")), None)
call = {{"tool": pathlib.Path(sys.argv[0]).name, "arguments": arguments}}
if body:
    folder = pathlib.Path(body).parent
    call |= {{"body": json.loads(pathlib.Path(body).read_text()), "folderMode": folder.stat().st_mode & 0o777, "file": body}}
with open(os.environ["CALLS"], "a") as file:
    file.write(json.dumps(call) + "\\n")
if os.environ.get("FAILS") and os.environ["FAILS"] in " ".join(arguments):
    sys.exit(3)
if arguments[:2] == ["env", "list"]:
    print(json.dumps([{{"Name": "old"}}]))
if "get" in arguments:
    url = arguments[arguments.index("--url") + 1]
    names = json.loads(os.environ["SECRETS"]).get(url.split("/vaults/")[-1].split("/")[0], [])
    more = "skiptoken" not in url and len(names) > 1
    page = names[1:] if "skiptoken" in url else names[:1]
    print(json.dumps({{"value": [{{"name": name}} for name in page], "nextLink": url + "&$skiptoken=1" if more else None}}))
"""


def region(name: str) -> dict[str, str]:
    group = f"/subscriptions/0/resourceGroups/rg-e-{name}/providers"
    return {"location": name, "resourceGroup": f"rg-e-{name}", "functionAppName": f"func-{name}", "endpoint": f"https://{name}.example",
            "functionAppId": f"{group}/Microsoft.Web/sites/func-{name}", "keyVaultId": f"{group}/Microsoft.KeyVault/vaults/kv-{name}"}


class Terminal:
    def __init__(self, folder: Path) -> None:
        self.tools, self.calls_file = folder / "bin", folder / "calls"
        self.tools.mkdir()
        for name in ("az", "azd"):
            (self.tools / name).write_text(STAND_IN)
            (self.tools / name).chmod(0o755)

    def run(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        program = "import sys; from dev.__main__ import COMMANDS; import importlib; " \
                  "sys.exit(importlib.import_module(COMMANDS[sys.argv[1]][0]).main(sys.argv[2:]))"
        # Nothing but the tools in place: the real ones of this machine must not be called.
        values: Mapping[str, str] = {**os.environ, "PATH": str(self.tools), "CALLS": str(self.calls_file), "SECRETS": "{}", **environ}
        return subprocess.run([sys.executable, "-c", program, *arguments], cwd=ROOT, env=values, capture_output=True, text=True, timeout=60)

    def calls(self) -> list[dict]:
        return [json.loads(line) for line in self.calls_file.read_text().splitlines()] if self.calls_file.exists() else []

    def lines(self) -> list[str]:
        return [" ".join([call["tool"], *call["arguments"]]) for call in self.calls()]


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)


def test_what_if_asks_az_for_the_whole_subscription(terminal: Terminal):
    done = terminal.run("what-if", "e", "--location", "westeurope", "--regions", "westeurope swedencentral", "--profile", "production")
    assert done.returncode == 0, done.stderr
    assert terminal.calls()[0]["arguments"] == [
        "deployment", "sub", "what-if", "--name", "moderato-e", "--location", "westeurope", "--template-file",
        str(ROOT / "infra" / "main.bicep"), "--parameters", "environmentName=e", "location=westeurope",
        "regionNames=westeurope swedencentral", "profileName=production"]


def test_a_new_environment_is_made_and_brought_up(terminal: Terminal):
    assert terminal.run("deploy", "e", "--location", "westeurope", "--profile", "production").returncode == 0
    assert terminal.lines() == ["azd env list --output json", "azd env new e --location westeurope",
                                "azd env set MODERATO_PROFILE production --environment e", "azd up --environment e"]


def test_an_environment_that_there_is_keeps_what_is_not_said(terminal: Terminal):
    assert terminal.run("deploy", "old", "--regions", "westeurope swedencentral").returncode == 0
    assert terminal.lines() == ["azd env list --output json",
                                "azd env set MODERATO_REGIONS westeurope swedencentral --environment old", "azd up --environment old"]


def test_a_new_environment_needs_a_region(terminal: Terminal):
    done = terminal.run("deploy", "e")
    assert (done.returncode, len(terminal.calls())) == (1, 1)
    assert "say its region with --location" in done.stderr


@pytest.mark.parametrize(("command", "tool"), [(("what-if", "e", "--location", "westeurope"), "az"), (("deploy", "e"), "azd")])
def test_a_tool_that_is_not_installed_is_named_with_where_it_is_had(terminal: Terminal, command: tuple[str, ...], tool: str):
    (terminal.tools / tool).unlink()
    done = terminal.run(*command)
    assert done.returncode == 1
    assert done.stderr.startswith(f"{tool} is not installed; it is had from https://")


def test_a_failure_of_the_tool_is_one_of_the_command(terminal: Terminal):
    done = terminal.run("deploy", "old", FAILS="up")
    assert (done.returncode, done.stderr) == (1, "azd up --environment old failed\n")


def test_keys_that_lack_are_made_in_each_vault_and_shown_nowhere(terminal: Terminal):
    regions = [region("westeurope"), region("swedencentral"), region("norwayeast")]
    done = terminal.run("make-keys", MODERATO_REGIONS_DEPLOYED=json.dumps(regions), SECRETS=json.dumps({
        "kv-swedencentral": ["operator-key"], "kv-norwayeast": ["operator-key", "receipt-signing-key"]}))
    assert done.returncode == 0, done.stderr
    puts = [call for call in terminal.calls() if "put" in call["arguments"]]
    values = [call["body"]["properties"]["value"] for call in puts]
    assert [call["arguments"][-1].split("/vaults/")[1] for call in puts] == [
        f"{place}?api-version=2025-05-01" for place in ("kv-westeurope/secrets/operator-key", "kv-westeurope/secrets/receipt-signing-key",
                                                       "kv-swedencentral/secrets/receipt-signing-key")]
    assert len(values[0]) >= 64 and len(set(values)) == 3
    assert all(len(base64.b64decode(value, validate=True)) == 32 for value in values[1:])
    assert not any(value in done.stdout + done.stderr + " ".join(terminal.lines()) for value in values)
    assert all(call["folderMode"] == stat.S_IRWXU and not Path(call["file"]).exists() for call in puts)
    refreshed = [line.split("/sites/")[1] for line in terminal.lines() if "--method post" in line]
    assert refreshed == [f"func-{name}/config/configreferences/appsettings/refresh?api-version=2025-03-01"
                         for name in ("westeurope", "swedencentral")]
    assert done.stdout.splitlines()[-1] == "norwayeast: the keys are there"


def test_no_key_is_made_where_the_vault_cannot_be_asked(terminal: Terminal):
    done = terminal.run("make-keys", MODERATO_REGIONS_DEPLOYED=json.dumps([region("westeurope")]), FAILS="--method get")
    assert done.returncode == 1
    assert not [call for call in terminal.calls() if "put" in call["arguments"]]


def test_further_regions_get_the_same_package(terminal: Terminal):
    regions = [region("westeurope"), region("swedencentral"), region("norwayeast")]
    done = terminal.run("deploy-regions", MODERATO_REGIONS_DEPLOYED=json.dumps(regions), AZURE_RESOURCE_GROUP="rg-e-westeurope")
    assert done.returncode == 0, done.stderr
    packed, *deployed = terminal.calls()
    package = packed["arguments"][-1]
    assert packed["arguments"][:-1] == ["package", "api", "--output-path"]
    assert [call["arguments"] for call in deployed] == [
        ["functionapp", "deployment", "source", "config-zip", "--resource-group", f"rg-e-{name}", "--name", f"func-{name}",
         "--src", package, "--build-remote", "true"] for name in ("swedencentral", "norwayeast")]


def test_one_region_needs_no_az(terminal: Terminal):
    (terminal.tools / "az").unlink()
    one = json.dumps([region("westeurope")])
    done = terminal.run("deploy-regions", MODERATO_REGIONS_DEPLOYED=one, AZURE_RESOURCE_GROUP="rg-e-westeurope")
    assert (done.returncode, terminal.calls()) == (0, [])


@pytest.mark.parametrize("hook", ["make-keys", "deploy-regions"])
def test_a_hook_outside_of_azd_says_so(terminal: Terminal, hook: str):
    done = terminal.run(hook, MODERATO_REGIONS_DEPLOYED="")
    assert (done.returncode, terminal.calls()) == (1, [])
    assert "run `python3 dev deploy`" in done.stderr
