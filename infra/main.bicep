// Moderato in an Azure subscription: one resource group for each region, and in it all that this region needs.
// Regions share nothing: no data, no key, no identity, no log.
targetScope = 'subscription'

@description('Name of the environment; part of the names of the resource groups.')
@minLength(1)
@maxLength(40)
param environmentName string

@description('The region where the deployment itself is recorded, and the only one that is served unless regionNames says more.')
param location string

@description('The regions to serve, separated by spaces; empty: the location alone.')
param regionNames string = ''

@description('Which file of infra/parameters/ applies.')
@allowed([
  'development'
  'production'
])
param profileName string = 'development'

var profiles = {
  development: loadJsonContent('parameters/development.json')
  production: loadJsonContent('parameters/production.json')
}
var profile = profiles[profileName]
var regions = split(empty(regionNames) ? location : regionNames, ' ')
var tags = {
  'azd-env-name': environmentName
}

resource resourceGroups 'Microsoft.Resources/resourceGroups@2025-04-01' = [for region in regions: {
  name: 'rg-${environmentName}-${region}'
  location: region
  tags: tags
}]

module regional 'modules/region.bicep' = [for (region, i) in regions: {
  name: 'moderato-${region}'
  scope: resourceGroups[i]
  params: {
    location: region
    tags: tags
    token: uniqueString(subscription().id, environmentName, region)
    isZoneRedundant: profile.isZoneRedundant
    isNetworkPrivate: profile.isNetworkPrivate
    isStorageKeyOwn: profile.isStorageKeyOwn
    isKeyInHardware: profile.isKeyInHardware
    instanceMemoryMegabytes: profile.instanceMemoryMegabytes
    maximumInstances: profile.maximumInstances
    alwaysReadyInstances: profile.alwaysReadyInstances
    requestsPerInstance: profile.requestsPerInstance
    threadsPerWorker: profile.threadsPerWorker
    logRetentionDays: profile.logRetentionDays
    alertEmails: profile.alertEmails
    settings: profile.settings
    kubernetesIssuer: contains(profile.kubernetesIssuers, region) ? profile.kubernetesIssuers[region] : ''
  }
}]

// azd puts the code into this group; `python3 dev deploy-regions`, its hook, into the others.
output AZURE_RESOURCE_GROUP string = resourceGroups[0].name

// What the hooks need of each region. Names and addresses, no secret.
output MODERATO_REGIONS_DEPLOYED array = [for (region, i) in regions: {
  location: region
  resourceGroup: resourceGroups[i].name
  functionAppName: regional[i].outputs.functionAppName
  functionAppId: regional[i].outputs.functionAppId
  keyVaultId: regional[i].outputs.keyVaultId
  endpoint: regional[i].outputs.endpoint
}]
