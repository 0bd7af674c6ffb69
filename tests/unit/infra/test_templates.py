"""The templates as a whole: they parse, fit together, and hold what the code asks for."""
from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from uuid import UUID

import pytest

from dev.environment import ROOT
from shared.accounts.deletion import PURGE_ACCOUNT
from shared.settings import Settings
from shared.storage.queues import JOB_QUEUE
from tests.bicep import Template, parsed, templates_of

INFRA = ROOT / "infra"
TEMPLATES = templates_of(INFRA)
MAIN = next(template for template in TEMPLATES if template.path.name == "main.bicep")

API_VERSIONS = {
    "Microsoft.Authorization/policyAssignments": "2024-04-01", "Microsoft.Authorization/roleAssignments": "2022-04-01",
    "Microsoft.Authorization/roleDefinitions": "2022-04-01", "Microsoft.Insights/actionGroups": "2023-01-01",
    "Microsoft.Insights/components": "2020-02-02", "Microsoft.Insights/diagnosticSettings": "2021-05-01-preview",
    "Microsoft.Insights/scheduledQueryRules": "2023-12-01", "Microsoft.Insights/workbooks": "2023-06-01",
    "Microsoft.KeyVault": "2025-05-01", "Microsoft.ManagedIdentity/userAssignedIdentities": "2024-11-30",
    "Microsoft.Network/networkSecurityGroups": "2024-07-01", "Microsoft.Network/privateDnsZones": "2024-06-01",
    "Microsoft.Network/privateEndpoints": "2024-07-01", "Microsoft.Network/virtualNetworks": "2024-07-01",
    "Microsoft.OperationalInsights/workspaces": "2025-02-01", "Microsoft.Resources/resourceGroups": "2025-04-01",
    "Microsoft.Storage": "2025-06-01", "Microsoft.Web": "2025-03-01",
}
# Source: Azure built-in roles.
ROLES = {
    "storageBlobDataOwner": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b", "storageBlobDataContributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    "storageQueueDataContributor": "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
    "storageTableDataContributor": "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
    "keyVaultCryptoServiceEncryptionUser": "e147488a-f6f5-4113-8e2d-b22465e65bf6",
    "keyVaultSecretsUser": "4633458b-17de-408a-b874-0445c86b69e6", "monitoringMetricsPublisher": "3913510d-42f4-4e42-8a64-420c390055eb",
}
POLICIES = {"e56962a6-4747-49cd-b67b-bf8b01975c4c", "7433c107-6db4-4ad1-b57a-a76dce0154a1"}
PLATFORM_SETTINGS = {
    "AzureWebJobsStorage__credential", "AzureWebJobsStorage__clientId", "AzureWebJobsStorage__blobServiceUri",
    "AzureWebJobsStorage__tableServiceUri", "AzureWebJobsStorage__queueServiceUri", "AzureWebJobsDisableHomepage",
    "PYTHON_THREADPOOL_THREAD_COUNT"}
DEVELOPMENT_SETTINGS = {"STORAGE_CONNECTION_STRING": "", "STORAGE_IS_EMULATOR": "false", "KEY_ENCRYPTION_KEY_FILE": "",
                        "RECEIPT_SIGNING_KEY_FILE": "", "STRICT_CONTRACT": "false"}


def template_named(name: str) -> Template:
    return next(template for template in TEMPLATES if template.path.name == name)


def app_settings() -> dict[str, object]:
    return next(each for each in template_named("app-settings.bicep").resources if not each.is_existing).body["properties"]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.path.name)
def test_every_file_parses(template: Template):
    assert template.errors == []
    assert template.resources or template.modules


def test_a_file_that_does_not_parse_is_noticed(tmp_path: Path):
    broken = tmp_path / "broken.bicep"
    broken.write_text(template_named("storage.bicep").text.replace("properties: {", "properties {", 1))
    assert parsed(broken).errors


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.path.name)
def test_every_resource_has_the_api_version_of_the_table(template: Template):
    for each in template.resources:
        expected = {version for prefix, version in API_VERSIONS.items() if f"{each.type}/".startswith(f"{prefix}/")}
        assert expected == {each.api_version}, each.type


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.path.name)
def test_every_module_gets_just_the_parameters_that_it_has(template: Template):
    for module in template.modules:
        params = parsed(template.path.parent / module.file).params
        given, needed = set(module.params), {name for name, param in params.items() if not param.has_default}
        assert needed <= given <= set(params), module.name


def test_every_module_is_used_and_every_parameter_too():
    used = {(template.path.parent / module.file).resolve() for template in TEMPLATES for module in template.modules}
    assert used == {template.path.resolve() for template in TEMPLATES} - {MAIN.path.resolve()}
    for template in TEMPLATES:
        for name in [*template.params, *template.vars]:
            assert len(re.findall(rf"\b{name}\b", template.text)) > 1, f"{template.path.name}: {name}"


def test_every_output_is_used_and_every_one_that_is_used_exists():
    for template in TEMPLATES:
        for module in template.modules:
            outputs = parsed(template.path.parent / module.file).outputs
            asked = set(re.findall(rf"\b{module.name}(?:\[i\])?\.outputs\.(\w+)", template.text))
            assert asked <= set(outputs), module.name
    for template in TEMPLATES:
        if template is MAIN:
            continue
        callers = [(caller, module) for caller in TEMPLATES for module in caller.modules
                   if (caller.path.parent / module.file).resolve() == template.path.resolve()]
        asked = {name for caller, module in callers
                 for name in re.findall(rf"\b{module.name}(?:\[i\])?\.outputs\.(\w+)", caller.text)}
        assert asked == set(template.outputs), template.path.name


def test_outputs_of_the_deployment_are_what_the_hooks_read():
    hooks = "".join(path.read_text() for path in (ROOT / "dev" / "deployment").glob("*.py"))
    for name in MAIN.outputs:
        assert name in hooks
    entry = str(MAIN.outputs["MODERATO_REGIONS_DEPLOYED"])
    for key in set(re.findall(r'region\["(\w+)"\]|region\[\'(\w+)\'\]', hooks)):
        assert f"{''.join(key)}: " in entry


def test_role_and_policy_ids_are_those_of_the_tables():
    assert template_named("roles.bicep").vars["roleIds"] == ROLES
    guids = {guid for template in TEMPLATES for guid in re.findall(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", template.text)}
    assert guids == set(ROLES.values()) | POLICIES
    assert template_named("storage-identity.bicep").vars["cryptoServiceEncryptionUser"] == ROLES["keyVaultCryptoServiceEncryptionUser"]


def test_the_app_is_no_owner_of_the_data_and_reads_settings_alone():
    variables = template_named("roles.bicep").vars
    assert variables["dataRoles"] == [f"roleIds.storage{name}DataContributor" for name in ("Blob", "Queue", "Table")]
    assert variables["hostRoles"] == ["roleIds.storageBlobDataOwner", "roleIds.storageTableDataContributor"]
    own_role = next(each for each in template_named("roles.bicep").resources if each.name == "storageSettingsReader")
    assert own_role.at("properties.permissions") == [{
        "actions": ["Microsoft.Storage/storageAccounts/blobServices/read", "Microsoft.Storage/storageAccounts/blobServices/getInfo/action"],
        "notActions": [], "dataActions": [], "notDataActions": []}]


def test_every_setting_of_the_code_is_set_and_nothing_else():
    ours = {field.name.upper() for field in dataclasses.fields(Settings)}
    assert set(app_settings()) == ours | PLATFORM_SETTINGS


def test_settings_for_development_are_off_and_secrets_are_references():
    values = app_settings()
    assert {name: values[name] for name in DEVELOPMENT_SETTINGS} == DEVELOPMENT_SETTINGS
    for name, secret in (("OPERATOR_KEY", "operator-key"), ("RECEIPT_SIGNING_KEY", "receipt-signing-key"),
                         ("REVIEWER_KEY", "reviewer-key")):
        assert f"'@Microsoft.KeyVault(SecretUri=${{keyVaultUri}}secrets/{secret})'" in str(values[name])
    assert values["AZURE_CONTENT_SAFETY_KEY"] == ""


def test_a_setting_that_the_operator_decides_is_read_by_its_own_name():
    for name, value in app_settings().items():
        if "settings." in str(value) and name != "REVIEWER_KEY":
            assert value == f"contains(settings, '{name}') ? settings.{name} : ''"


def test_what_the_template_sets_is_accepted_by_the_code():
    values = {name: str(value) for name, value in app_settings().items() if name not in PLATFORM_SETTINGS}
    values |= {name: "" for name, value in values.items() if value.startswith("contains(")}
    values |= {"REGION": "westeurope", "STORAGE_ACCOUNT_NAME": "stdata0", "RECEIPT_SIGNING_KEY": "c" * 43 + "=", "OPERATOR_KEY": "k" * 64,
               "KEY_ENCRYPTION_KEY_URL": "https://kv-0.vault.azure.net/keys/key-encryption-key", "MANAGED_IDENTITY_CLIENT_ID": "0",
               "TELEMETRY_CONNECTION_STRING": f"InstrumentationKey={UUID(int=0)};IngestionEndpoint=https://westeurope-5.in.example/"}
    assert not Settings.from_environ(values).storage_is_emulator


@pytest.mark.parametrize("profile", ["development", "production"])
def test_a_parameter_file_has_what_the_template_reads(profile: str):
    values = json.loads((INFRA / "parameters" / f"{profile}.json").read_text())
    read = set(re.findall(r"\bprofile\.(\w+)", MAIN.text))
    assert read == set(values)
    assert f"{profile}: loadJsonContent('parameters/{profile}.json')" in MAIN.text


def test_production_is_the_closed_one():
    values = json.loads((INFRA / "parameters" / "production.json").read_text())
    assert all(values[name] for name in ("isZoneRedundant", "isNetworkPrivate", "isStorageKeyOwn", "isKeyInHardware"))


def test_azd_gives_every_parameter_and_no_secret():
    parameters = json.loads((INFRA / "main.parameters.json").read_text())["parameters"]
    assert set(parameters) == set(MAIN.params)
    variables = set(re.findall(r"\$\{(\w+)", json.dumps(parameters)))
    assert variables == {"AZURE_ENV_NAME", "AZURE_LOCATION", "MODERATO_REGIONS", "MODERATO_PROFILE"}


def test_names_are_as_long_as_azure_takes_them():
    """`uniqueString` has 13 characters; names of storage accounts and vaults at most 24."""
    names = re.findall(r"name: '(\w+|kv-)\$\{token\}'", template_named("region.bicep").text)
    assert {"stdata", "sthost", "kv-"} <= set(names)
    assert all(len(name) + 13 <= 24 for name in names)


def test_there_is_an_alert_for_each_thing_that_must_be_known():
    queries = {rule["name"]: rule["query"] for rule in template_named("alerts.bicep").vars["rules"]}
    assert set(queries) == {"failed-purge", "poison-messages", "server-errors", "silence"}
    assert PURGE_ACCOUNT in queries["failed-purge"] and f"{JOB_QUEUE}-poison" in queries["poison-messages"]
    # Whether or not telemetry is on: what the host logs is always kept.
    assert all("FunctionAppLogs" in query and "AppMetrics" in query for query in queries.values())
