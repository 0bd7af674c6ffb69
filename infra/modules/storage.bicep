// A storage account that keeps everything in its region, once, and nothing that was deleted. What the app asks for at its start
// (shared/storage/account_policy.py) is promised here.

@maxLength(24)
param name string

param location string
param tags object

// One region, one copy or three zones of it. GRS and its kin would copy all data into another region.
@allowed([
  'Standard_LRS'
  'Standard_ZRS'
])
param sku string

param isNetworkPrivate bool

@description('Id of the identity that may use the operator\'s own key; empty: Microsoft\'s keys.')
param keyIdentityId string

param keyVaultUri string
param keyName string
param containers array

var hasOwnKey = !empty(keyIdentityId)

resource storage 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  // checkov:skip=CKV_AZURE_206:it wants replication to another region, which is what must never happen here
  // checkov:skip=CKV_AZURE_59:closed to the public where the network is private; elsewhere only identities with a role get in
  // checkov:skip=CKV_AZURE_35:as CKV_AZURE_59
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: sku
  }
  identity: hasOwnKey ? { type: 'UserAssigned', userAssignedIdentities: { '${keyIdentityId}': {} } } : { type: 'None' }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    isHnsEnabled: false
    isLocalUserEnabled: false
    isSftpEnabled: false
    minimumTlsVersion: 'TLS1_2'
    publicNetworkAccess: isNetworkPrivate ? 'Disabled' : 'Enabled'
    supportsHttpsTrafficOnly: true
    networkAcls: {
      bypass: 'None'
      defaultAction: isNetworkPrivate ? 'Deny' : 'Allow'
    }
    // The doubled encryption, and the account's key for tables and queues, can be had at creation only.
    encryption: {
      requireInfrastructureEncryption: true
      keySource: hasOwnKey ? 'Microsoft.Keyvault' : 'Microsoft.Storage'
      identity: hasOwnKey ? { userAssignedIdentity: keyIdentityId } : null
      keyvaultproperties: hasOwnKey ? { keyvaulturi: keyVaultUri, keyname: keyName } : null
      services: {
        blob: {
          enabled: true
          keyType: 'Account'
        }
        file: {
          enabled: true
          keyType: 'Account'
        }
        queue: {
          enabled: true
          keyType: 'Account'
        }
        table: {
          enabled: true
          keyType: 'Account'
        }
      }
    }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' = {
  parent: storage
  name: 'default'
  properties: {
    // Whatever is deleted is gone when the receipt says so. Soft delete and versions would keep it readable for days, the change feed
    // would keep its name and time. An owner's mistakes are met by the grace of a deleted account and by exports.
    deleteRetentionPolicy: {
      enabled: false
    }
    containerDeleteRetentionPolicy: {
      enabled: false
    }
    isVersioningEnabled: false
    changeFeed: {
      enabled: false
    }
    restorePolicy: {
      enabled: false
    }
  }
}

resource blobContainers 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = [for container in containers: {
  parent: blobs
  name: container
  properties: {
    publicAccess: 'None'
  }
}]

output id string = storage.id
output name string = storage.name
output blobEndpoint string = storage.properties.primaryEndpoints.blob
output queueEndpoint string = storage.properties.primaryEndpoints.queue
output tableEndpoint string = storage.properties.primaryEndpoints.table
