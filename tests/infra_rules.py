"""What the templates promise, as a table: which property of which resource must have which value."""
from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.bicep import Resource, Template, templates_of

STORAGE = "Microsoft.Storage/storageAccounts"
BLOBS = f"{STORAGE}/blobServices"
VAULT = "Microsoft.KeyVault/vaults"
IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities"
SITE = "Microsoft.Web/sites"
PUBLISHING = f"{SITE}/basicPublishingCredentialsPolicies"

# Every resource of the type has this value; a property that is missing is Azure's default, and so none of ours.
PROMISES: tuple[tuple[str, str, Any], ...] = (
    (STORAGE, "sku.name", "sku"),
    (STORAGE, "properties.allowBlobPublicAccess", False),
    (STORAGE, "properties.allowCrossTenantReplication", False),
    (STORAGE, "properties.allowSharedKeyAccess", False),
    (STORAGE, "properties.defaultToOAuthAuthentication", True),
    (STORAGE, "properties.isLocalUserEnabled", False),
    (STORAGE, "properties.isSftpEnabled", False),
    (STORAGE, "properties.minimumTlsVersion", "TLS1_2"),
    (STORAGE, "properties.publicNetworkAccess", "isNetworkPrivate ? 'Disabled' : 'Enabled'"),
    (STORAGE, "properties.supportsHttpsTrafficOnly", True),
    (STORAGE, "properties.networkAcls.bypass", "None"),
    (STORAGE, "properties.networkAcls.defaultAction", "isNetworkPrivate ? 'Deny' : 'Allow'"),
    (STORAGE, "properties.encryption.requireInfrastructureEncryption", True),
    (STORAGE, "properties.encryption.keySource", "hasOwnKey ? 'Microsoft.Keyvault' : 'Microsoft.Storage'"),
    (STORAGE, "properties.encryption.services.queue.keyType", "Account"),
    (STORAGE, "properties.encryption.services.table.keyType", "Account"),
    (BLOBS, "properties.deleteRetentionPolicy.enabled", False),
    (BLOBS, "properties.containerDeleteRetentionPolicy.enabled", False),
    (BLOBS, "properties.isVersioningEnabled", False),
    (BLOBS, "properties.changeFeed.enabled", False),
    (BLOBS, "properties.restorePolicy.enabled", False),
    (f"{BLOBS}/containers", "properties.publicAccess", "None"),
    (VAULT, "properties.enableRbacAuthorization", True),
    (VAULT, "properties.enableSoftDelete", True),
    (VAULT, "properties.enablePurgeProtection", True),
    (VAULT, "properties.softDeleteRetentionInDays", 90),
    (VAULT, "properties.publicNetworkAccess", "isNetworkPrivate ? 'Disabled' : 'Enabled'"),
    (VAULT, "properties.networkAcls.defaultAction", "isNetworkPrivate ? 'Deny' : 'Allow'"),
    (f"{VAULT}/keys", "properties.keySize", 3072),
    (f"{VAULT}/keys", "properties.keyOps", ["wrapKey", "unwrapKey"]),
    (f"{VAULT}/keys", "properties.attributes.exportable", False),
    (SITE, "kind", "functionapp,linux"),
    (SITE, "identity.type", "UserAssigned"),
    (SITE, "properties.httpsOnly", True),
    (SITE, "properties.clientAffinityEnabled", False),
    (SITE, "properties.siteConfig.minTlsVersion", "1.2"),
    (SITE, "properties.siteConfig.scmMinTlsVersion", "1.2"),
    (SITE, "properties.siteConfig.ftpsState", "Disabled"),
    (SITE, "properties.siteConfig.http20Enabled", True),
    (SITE, "properties.siteConfig.cors.allowedOrigins", []),
    (SITE, "properties.functionAppConfig.deployment.storage.authentication.type", "UserAssignedIdentity"),
    (SITE, "properties.functionAppConfig.runtime.name", "python"),
    (SITE, "properties.functionAppConfig.runtime.version", "3.11"),
    (PUBLISHING, "properties.allow", False),
    (f"{IDENTITY}/federatedIdentityCredentials", "properties.issuer", "kubernetesIssuer"),
    (f"{IDENTITY}/federatedIdentityCredentials", "properties.subject", "system:serviceaccount:moderato:moderato"),
    (f"{IDENTITY}/federatedIdentityCredentials", "properties.audiences", ["api://AzureADTokenExchange"]),
    ("Microsoft.Web/serverfarms", "sku.name", "FC1"),
    ("Microsoft.Web/serverfarms", "properties.reserved", True),
    ("Microsoft.OperationalInsights/workspaces", "properties.features.disableLocalAuth", True),
    ("Microsoft.Insights/components", "properties.DisableLocalAuth", True),
    ("Microsoft.Insights/components", "properties.WorkspaceResourceId", "workspace.id"),
    ("Microsoft.Insights/components", "properties.DisableIpMasking", False),
    ("Microsoft.Insights/scheduledQueryRules", "properties.enabled", True),
    ("Microsoft.Insights/actionGroups", "properties.enabled", True),
    ("Microsoft.Authorization/policyAssignments", "properties.enforcementMode", "Default"),
    ("Microsoft.Authorization/roleAssignments", "properties.principalType", "ServicePrincipal"),
)
IN_REGION_SKUS = ["Standard_LRS", "Standard_ZRS"]
# They have no region, and no data of customers.
GLOBAL = {"Microsoft.Insights/actionGroups", "Microsoft.Network/privateDnsZones", "Microsoft.Network/privateDnsZones/virtualNetworkLinks"}


def broken_promises(infra: Path) -> list[str]:
    """Which promise does not hold, in words."""
    templates = templates_of(infra)
    return [*_of_table(templates), *_of_skus(templates), *_of_locations(templates), *_of_policies(templates), *_of_scopes(templates),
            *_of_secrets(templates), *_of_logs(templates)]


def _made(templates: list[Template], kind: str | None = None) -> list[Resource]:
    return [each for template in templates for each in template.resources
            if not each.is_existing and (kind is None or each.type == kind)]


def _of_table(templates: list[Template]) -> Iterator[str]:
    for kind, path, expected in PROMISES:
        found = _made(templates, kind)
        if not found:
            yield f"{kind}: there is none"
        for each in found:
            value = each.at(path)
            if value != expected or isinstance(value, bool) != isinstance(expected, bool):
                yield f"{kind} {each.name}: {path}"
    if {each.at("name") for each in _made(templates, PUBLISHING)} != {"scm", "ftp"}:
        yield f"{PUBLISHING}: scm and ftp"


def _of_skus(templates: list[Template]) -> Iterator[str]:
    for template in templates:
        if any(each.type == STORAGE and not each.is_existing for each in template.resources):
            allowed = re.findall(r"'(\w+)'", template.params["sku"].decorators)
            if allowed != IN_REGION_SKUS or template.params["sku"].has_default:
                yield f"{template.path.name}: sku"
        if re.search(r"(?i)_(RA)?GZ?RS", template.text):
            yield f"{template.path.name}: a storage that replicates abroad"


def _of_locations(templates: list[Template]) -> Iterator[str]:
    for each in _made(templates):
        location = each.at("location")
        expected = "global" if each.type in GLOBAL else "region" if each.type.endswith("/resourceGroups") else "location"
        if location is not None and location != expected:
            yield f"{each.type} {each.name}: location"
    main = next(template for template in templates if template.path.name == "main.bicep")
    if main.modules[0].params["location"] != "region":
        yield "main.bicep: location of a region"
    region = next(template for template in templates if template.path.name == "region.bicep")
    yield from (f"region.bicep {module.name}: location" for module in region.modules
                if module.params.get("location", "location") != "location")


def _of_policies(templates: list[Template]) -> Iterator[str]:
    values = {each.name: each.at("properties.parameters") for each in _made(templates, "Microsoft.Authorization/policyAssignments")}
    if values.get("allowedLocations") != {"listOfAllowedLocations": {"value": ["location"]}}:
        yield "policy: allowed locations"
    if values.get("allowedSkus") != {"listOfAllowedSKUs": {"value": IN_REGION_SKUS}}:
        yield "policy: allowed SKUs"


def _of_scopes(templates: list[Template]) -> Iterator[str]:
    """A role without a scope would be one on the whole resource group."""
    scopes = {each.name: each.at("scope") for each in _made(templates, "Microsoft.Authorization/roleAssignments")}
    expected = {"onDataStorage": "dataStorage", "readsSettings": "dataStorage", "onHostStorage": "hostStorage", "usesKey": "key",
                "readsSecrets": "keyVault", "sendsTelemetry": "insights", "mayUseKey": "key"}
    yield from (f"role assignment {name}: scope" for name in expected.keys() | scopes.keys() if scopes.get(name) != expected.get(name))


def _of_secrets(templates: list[Template]) -> Iterator[str]:
    for template in templates:
        for parameter in template.params.values():
            if "secure" in parameter.decorators or re.search(r"(?i)secret|password|token$|credential|sasToken", parameter.name) \
                    and parameter.name != "token":
                yield f"{template.path.name}: parameter {parameter.name}"
        if re.search(r"listKeys|listAccountSas|listServiceSas|list\(|getSecret", template.text):
            yield f"{template.path.name}: a key is read"
        yield from (f"{template.path.name}: output {name}" for name in template.outputs
                    if re.search(r"(?i)secret|password|credential|key$", name))
        yield from (f"{template.path.name}: a secret passes through" for each in template.resources
                    if each.type == f"{VAULT}/secrets")


def _of_logs(templates: list[Template]) -> Iterator[str]:
    for each in _made(templates, "Microsoft.Insights/diagnosticSettings"):
        named = [log.get("category") or log.get("categoryGroup") for log in each.at("properties.logs")]
        if named != {"audit": ["audit"], "logs": ["FunctionAppLogs"]}.get(each.name):
            yield f"diagnostic setting {each.name}: logs"
