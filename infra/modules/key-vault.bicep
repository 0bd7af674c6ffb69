// The vault: the key that wraps accounts' data keys, the storage's own key where wanted, and the secrets that
// `python3 dev make-keys` puts there. No secret passes through a template.

@maxLength(24)
param name string

param location string
param tags object
param isNetworkPrivate bool
param isKeyInHardware bool
param isStorageKeyOwn bool
param workspaceId string

var keyType = isKeyInHardware ? 'RSA-HSM' : 'RSA'
var keyName = 'key-encryption-key'
var storageKeyName = 'storage-key'

resource keyVault 'Microsoft.KeyVault/vaults@2025-05-01' = {
  // checkov:skip=CKV_AZURE_109:closed to the public where the network is private; elsewhere the app has no fixed address to allow, and only identities with a role get in
  // checkov:skip=CKV_AZURE_189:as CKV_AZURE_109
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: isKeyInHardware ? 'premium' : 'standard'
    }
    enableRbacAuthorization: true
    // Once the key-encryption key is gone, so is everything: nobody, the operator included, can purge it in the next 90 days.
    enableSoftDelete: true
    enablePurgeProtection: true
    softDeleteRetentionInDays: 90
    enabledForDeployment: false
    enabledForDiskEncryption: false
    enabledForTemplateDeployment: false
    publicNetworkAccess: isNetworkPrivate ? 'Disabled' : 'Enabled'
    networkAcls: {
      // The storage accounts come as a trusted service for their own key.
      bypass: 'AzureServices'
      defaultAction: isNetworkPrivate ? 'Deny' : 'Allow'
    }
  }
}

resource keyEncryptionKey 'Microsoft.KeyVault/vaults/keys@2025-05-01' = {
  // checkov:skip=CKV_AZURE_40:an expiry would end the service on that day; the key is renewed every year, and old versions must unwrap until all is wrapped anew
  // checkov:skip=CKV_AZURE_112:in hardware where isKeyInHardware says so; development pays for none
  parent: keyVault
  name: keyName
  properties: {
    kty: keyType
    keySize: 3072
    keyOps: [
      'wrapKey'
      'unwrapKey'
    ]
    attributes: {
      enabled: true
      exportable: false
    }
    // The timer `rotate_keys` wraps every data key again when there is a new version.
    rotationPolicy: {
      lifetimeActions: [
        {
          trigger: {
            timeAfterCreate: 'P365D'
          }
          action: {
            type: 'rotate'
          }
        }
      ]
    }
  }
}

resource storageKey 'Microsoft.KeyVault/vaults/keys@2025-05-01' = if (isStorageKeyOwn) {
  // checkov:skip=CKV_AZURE_40:an expiry would lock the storage on that day; it is renewed every year
  // checkov:skip=CKV_AZURE_112:in hardware where isKeyInHardware says so
  parent: keyVault
  name: storageKeyName
  properties: {
    kty: keyType
    keySize: 3072
    keyOps: [
      'wrapKey'
      'unwrapKey'
    ]
    attributes: {
      enabled: true
      exportable: false
    }
    rotationPolicy: {
      lifetimeActions: [
        {
          trigger: {
            timeAfterCreate: 'P365D'
          }
          action: {
            type: 'rotate'
          }
        }
      ]
    }
  }
}

// Who used which key, when: names of keys and secrets, no value.
resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'audit'
  scope: keyVault
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        categoryGroup: 'audit'
        enabled: true
      }
    ]
  }
}

output id string = keyVault.id
output name string = keyVault.name
output uri string = keyVault.properties.vaultUri
output keyName string = keyEncryptionKey.name
// Without a version: the app asks for the current one.
output keyUrl string = '${keyVault.properties.vaultUri}keys/${keyName}'
output storageKeyName string = storageKeyName
