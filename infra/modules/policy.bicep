// Azure itself refuses what would take data out of the region, whoever tries: another location, a storage that replicates abroad.

param location string

// Built-in: "Allowed locations". Resources without a region (`global`) hold no data of ours and are exempt by its own rule.
resource allowedLocations 'Microsoft.Authorization/policyAssignments@2024-04-01' = {
  name: 'moderato-allowed-locations'
  properties: {
    displayName: 'Moderato: nothing outside ${location}'
    policyDefinitionId: tenantResourceId('Microsoft.Authorization/policyDefinitions', 'e56962a6-4747-49cd-b67b-bf8b01975c4c')
    enforcementMode: 'Default'
    parameters: {
      listOfAllowedLocations: {
        value: [
          location
        ]
      }
    }
  }
}

// Built-in: "Storage accounts should be limited by allowed SKUs".
resource allowedSkus 'Microsoft.Authorization/policyAssignments@2024-04-01' = {
  name: 'moderato-allowed-storage-skus'
  properties: {
    displayName: 'Moderato: storage that stays in its region'
    policyDefinitionId: tenantResourceId('Microsoft.Authorization/policyDefinitions', '7433c107-6db4-4ad1-b57a-a76dce0154a1')
    enforcementMode: 'Default'
    parameters: {
      listOfAllowedSKUs: {
        value: [
          'Standard_LRS'
          'Standard_ZRS'
        ]
      }
    }
  }
}
