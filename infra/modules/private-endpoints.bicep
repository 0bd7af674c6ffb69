// Addresses of storage and vault within the private network, and their names.

param location string
param tags object
param networkId string
param subnetId string
param dataStorageId string
param hostStorageId string
param keyVaultId string

var zoneNames = [
  'privatelink.blob.${environment().suffixes.storage}'
  'privatelink.queue.${environment().suffixes.storage}'
  'privatelink.table.${environment().suffixes.storage}'
  'privatelink.vaultcore.azure.net'
]
// `zone` is the place in zoneNames.
var endpoints = [
  { name: 'data-blob', target: dataStorageId, group: 'blob', zone: 0 }
  { name: 'data-queue', target: dataStorageId, group: 'queue', zone: 1 }
  { name: 'data-table', target: dataStorageId, group: 'table', zone: 2 }
  { name: 'host-blob', target: hostStorageId, group: 'blob', zone: 0 }
  { name: 'host-table', target: hostStorageId, group: 'table', zone: 2 }
  { name: 'vault', target: keyVaultId, group: 'vault', zone: 3 }
]

// Zones of names have no region; they hold addresses of this network.
resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [for zoneName in zoneNames: {
  name: zoneName
  location: 'global'
  tags: tags
}]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [for (zoneName, i) in zoneNames: {
  parent: zones[i]
  name: 'app'
  location: 'global'
  properties: {
    registrationEnabled: false
    virtualNetwork: {
      id: networkId
    }
  }
}]

resource privateEndpoints 'Microsoft.Network/privateEndpoints@2024-07-01' = [for endpoint in endpoints: {
  name: 'pe-${endpoint.name}'
  location: location
  tags: tags
  properties: {
    subnet: {
      id: subnetId
    }
    privateLinkServiceConnections: [
      {
        name: endpoint.name
        properties: {
          privateLinkServiceId: endpoint.target
          groupIds: [
            endpoint.group
          ]
        }
      }
    ]
  }
}]

resource zoneGroups 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-07-01' = [for (endpoint, i) in endpoints: {
  parent: privateEndpoints[i]
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: 'zone'
        properties: {
          privateDnsZoneId: zones[endpoint.zone].id
        }
      }
    ]
  }
  dependsOn: [
    links
  ]
}]
