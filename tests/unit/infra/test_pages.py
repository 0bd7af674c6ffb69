"""What the pages for operators tell people to type into Azure's tools, which do not run here: it is shell, and its names are ours."""
from __future__ import annotations

import json
import re
import subprocess

import pytest
import yaml

from dev.__main__ import COMMANDS
from dev.deployment.make_keys import SECRETS
from dev.environment import ROOT
from tests.bicep import parsed

PAGES = {name: (ROOT / "docs" / f"{name}.md").read_text() for name in ("operations", "deploying")}
BLOCKS = {f"{name} {number}": block for name, page in PAGES.items() for number, block in enumerate(
    re.findall(r"^```\n((?:(?:[a-z_]+=)?\S*(?:az|azd|python3|kubectl|group=|own|operator)\b).*?)^```$", page, re.MULTILINE | re.DOTALL))}
MODULES = ROOT / "infra" / "modules"
MANIFEST = list(yaml.safe_load_all((ROOT / "infra" / "kubernetes" / "moderato.yaml").read_text()))


def commands() -> str:
    """All that is typed: blocks, and what stands between backticks in a line."""
    in_line = re.findall(r"`((?:az|azd|kubectl|docker|python3 dev) [^`]+)`", "".join(PAGES.values()))
    return "\n".join([*BLOCKS.values(), *in_line])


@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_is_shell(name: str):
    text = re.sub(r"<[a-z0-9 \']+>", "placeholder", BLOCKS[name])
    done = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")


def test_blocks_of_both_pages_were_found():
    assert {name.split()[0] for name in BLOCKS} == set(PAGES)
    assert all(any(tool in block for block in BLOCKS.values()) for tool in ("az login", "kubectl create", "az rest", "python3 dev deploy"))


def test_every_command_of_ours_is_one_with_options_that_it_has():
    typed = set(re.findall(r"python3 dev ([a-z-]+)", "".join(PAGES.values())))
    assert typed and typed <= set(COMMANDS)
    sources = {"deploy": "deploy.py", "what-if": "what_if.py"}
    for command, options in re.findall(r"python3 dev (deploy|what-if) ([^`\n#]*)", "".join(PAGES.values())):
        source = (ROOT / "dev" / "deployment" / sources[command]).read_text()
        assert all(f'"{option}"' in source for option in re.findall(r"--[a-z]+", options)), command


def test_names_of_resources_are_those_that_the_templates_make():
    typed = commands()
    assert "group=rg-contoso-westeurope" in typed
    assert "name: 'rg-${environmentName}-${region}'" in (ROOT / "infra" / "main.bicep").read_text()
    assert set(re.findall(r"secrets/([a-z-]+)", typed)) == set(SECRETS)
    (secret,) = re.findall(r"kubectl create secret generic (\S+) --namespace (\S+)", typed)
    container = next(each for each in MANIFEST if each["kind"] == "Deployment")["spec"]["template"]["spec"]["containers"][0]
    used = {(each["valueFrom"]["secretKeyRef"]["name"], each["valueFrom"]["secretKeyRef"]["key"]) for each in container["env"]}
    assert used == {(secret[0], key) for key in re.findall(r"--from-literal=([a-z-]+)=", typed)}
    assert {each["metadata"]["namespace"] for each in MANIFEST if each["kind"] == "Deployment"} == {secret[1]}


def test_parameters_on_the_page_are_those_of_the_files_with_their_values():
    files = {name: json.loads((ROOT / "infra" / "parameters" / f"{name}.json").read_text()) for name in ("development", "production")}
    table = PAGES["deploying"].partition("| Parameter |")[2].partition("\n\n")[0]
    rows = [[cell.strip() for cell in line.strip("| ").split("|")] for line in table.splitlines() if line.startswith("| `")]
    named = {name: row[1:3] for row in rows for name in re.findall(r"`(\w+)`", row[0])}
    assert set(named) == set(files["development"])
    for index, values in enumerate(files.values()):
        for row in rows:
            names = re.findall(r"`(\w+)`", row[0])
            said = row[1 + index].split(", ") if len(names) > 1 else [row[1 + index]]
            shown = {False: "no", True: "yes"}
            assert said == [shown[values[name]] if isinstance(values[name], bool) else str(values[name] or "none")
                            if not isinstance(values[name], int) else str(values[name]) for name in names]


def test_the_arithmetic_of_the_page_is_right():
    """Each product and quotient that it writes out, and the costs of a million calls."""
    page = PAGES["operations"].replace("\n", " ").replace(",", "")
    sums = re.findall(r"([\d.]+) (x|/) ([\d.]+) = ([\d.]+)", page)
    assert len(sums) >= 4
    for left, sign, right, answer in sums:
        exact = float(left) * float(right) if sign == "x" else float(left) / float(right)
        assert exact == pytest.approx(float(answer)), f"{left} {sign} {right}"
    calls, seconds, gigabytes, total = re.findall(r"(\d+) x \(([\d.]+) s x (\d+) GB\) += +(\d+) GB-seconds", page)[0]
    assert int(calls) * float(seconds) * int(gigabytes) == pytest.approx(int(total))
    reads, batches = re.findall(r"= (\d+) table reads = +(\d+) x 10000", page)[0]
    assert int(reads) == int(batches) * 10_000
    profile = json.loads((ROOT / "infra" / "parameters" / "development.json").read_text())
    assert f"{profile['maximumInstances']} x 50 = 2000" in page


def test_roles_and_groups_that_are_named_exist():
    typed = commands()
    assert "--role 'Key Vault Secrets User'" in typed
    assert parsed(MODULES / "roles.bicep").vars["roleIds"]["keyVaultSecretsUser"] == "4633458b-17de-408a-b874-0445c86b69e6"
    version = re.findall(r"refresh\?api-version=([\d-]+)", typed)
    assert version and all(each in (ROOT / "dev" / "deployment" / "make_keys.py").read_text() for each in version)
