// One region: all of its modules, in the order in which they need one another.

param location string
param tags object

@description('Part of the names that must be unique in all of Azure.')
param token string

param isZoneRedundant bool
param isNetworkPrivate bool
param isStorageKeyOwn bool
param isKeyInHardware bool
param instanceMemoryMegabytes int
param maximumInstances int
param alwaysReadyInstances int
param requestsPerInstance int
param threadsPerWorker int
param logRetentionDays int
param alertEmails array
param settings object
param kubernetesIssuer string

var storageSku = isZoneRedundant ? 'Standard_ZRS' : 'Standard_LRS'
var deploymentContainer = 'deployment'

module policy 'policy.bicep' = {
  name: 'policy'
  params: {
    location: location
  }
}

module identity 'identity.bicep' = {
  name: 'identity'
  params: {
    name: 'id-${token}'
    location: location
    tags: tags
    kubernetesIssuer: kubernetesIssuer
  }
  dependsOn: [
    policy
  ]
}

module network 'network.bicep' = if (isNetworkPrivate) {
  name: 'network'
  params: {
    name: 'vnet-${token}'
    location: location
    tags: tags
  }
  dependsOn: [
    policy
  ]
}

module keyVault 'key-vault.bicep' = {
  name: 'key-vault'
  params: {
    name: 'kv-${token}'
    location: location
    tags: tags
    isNetworkPrivate: isNetworkPrivate
    isKeyInHardware: isKeyInHardware
    isStorageKeyOwn: isStorageKeyOwn
    workspaceId: monitoring.outputs.workspaceId
  }
  dependsOn: [
    policy
  ]
}

// The storage accounts' own identity: it may use their key and nothing else.
module storageIdentity 'storage-identity.bicep' = if (isStorageKeyOwn) {
  name: 'storage-identity'
  params: {
    name: 'id-storage-${token}'
    location: location
    tags: tags
    keyVaultName: keyVault.outputs.name
    keyName: keyVault.outputs.storageKeyName
  }
}

// Customers' data, and nothing that is not theirs or about them.
module dataStorage 'storage.bicep' = {
  name: 'data-storage'
  params: {
    name: 'stdata${token}'
    location: location
    tags: tags
    sku: storageSku
    isNetworkPrivate: isNetworkPrivate
    keyIdentityId: isStorageKeyOwn ? storageIdentity.outputs.id : ''
    keyVaultUri: keyVault.outputs.uri
    keyName: keyVault.outputs.storageKeyName
    containers: []
  }
  dependsOn: [
    policy
  ]
}

// What the Functions host keeps: the package of the code, leases of timers, its own keys. An account of its own, because the host
// asks for Storage Blob Data Owner, and because an inventory of the data account must find nothing but what the code declares.
module hostStorage 'storage.bicep' = {
  name: 'host-storage'
  params: {
    name: 'sthost${token}'
    location: location
    tags: tags
    sku: storageSku
    isNetworkPrivate: isNetworkPrivate
    keyIdentityId: isStorageKeyOwn ? storageIdentity.outputs.id : ''
    keyVaultUri: keyVault.outputs.uri
    keyName: keyVault.outputs.storageKeyName
    containers: [
      deploymentContainer
    ]
  }
  dependsOn: [
    policy
  ]
}

module privateEndpoints 'private-endpoints.bicep' = if (isNetworkPrivate) {
  name: 'private-endpoints'
  params: {
    location: location
    tags: tags
    networkId: network.outputs.id
    subnetId: network.outputs.endpointSubnetId
    dataStorageId: dataStorage.outputs.id
    hostStorageId: hostStorage.outputs.id
    keyVaultId: keyVault.outputs.id
  }
}

module monitoring 'monitoring.bicep' = {
  name: 'monitoring'
  params: {
    token: token
    location: location
    tags: tags
    logRetentionDays: logRetentionDays
  }
  dependsOn: [
    policy
  ]
}

module roles 'roles.bicep' = {
  name: 'roles'
  params: {
    principalId: identity.outputs.principalId
    dataStorageName: dataStorage.outputs.name
    hostStorageName: hostStorage.outputs.name
    keyVaultName: keyVault.outputs.name
    keyName: keyVault.outputs.keyName
    insightsName: monitoring.outputs.insightsName
  }
}

module functionApp 'function-app.bicep' = {
  name: 'function-app'
  params: {
    token: token
    location: location
    tags: tags
    identityId: identity.outputs.id
    packageUrl: '${hostStorage.outputs.blobEndpoint}${deploymentContainer}'
    subnetId: isNetworkPrivate ? network.outputs.appSubnetId : ''
    isZoneRedundant: isZoneRedundant
    instanceMemoryMegabytes: instanceMemoryMegabytes
    maximumInstances: maximumInstances
    alwaysReadyInstances: alwaysReadyInstances
    requestsPerInstance: requestsPerInstance
    workspaceId: monitoring.outputs.workspaceId
  }
  // Without its roles the app could not read its package; without the endpoints it would not find the storage.
  dependsOn: [
    roles
    privateEndpoints
  ]
}

module appSettings 'app-settings.bicep' = {
  name: 'app-settings'
  params: {
    functionAppName: functionApp.outputs.name
    region: location
    identityClientId: identity.outputs.clientId
    dataStorageName: dataStorage.outputs.name
    dataQueueEndpoint: dataStorage.outputs.queueEndpoint
    hostBlobEndpoint: hostStorage.outputs.blobEndpoint
    hostTableEndpoint: hostStorage.outputs.tableEndpoint
    keyVaultUri: keyVault.outputs.uri
    keyUrl: keyVault.outputs.keyUrl
    telemetryConnectionString: monitoring.outputs.connectionString
    threadsPerWorker: threadsPerWorker
    settings: settings
  }
}

module alerts 'alerts.bicep' = {
  name: 'alerts'
  params: {
    token: token
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    emails: alertEmails
  }
}

module workbook 'workbook.bicep' = {
  name: 'workbook'
  params: {
    location: location
    tags: tags
    insightsId: monitoring.outputs.insightsId
  }
}

output functionAppName string = functionApp.outputs.name
output functionAppId string = functionApp.outputs.id
output endpoint string = functionApp.outputs.endpoint
output keyVaultId string = keyVault.outputs.id
