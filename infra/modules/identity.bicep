// The identity of the app. User-assigned, so that it has its roles before the app exists.

param name string
param location string
param tags object

@description('Issuer of the Kubernetes cluster (OIDC) whose pods may act as this identity; empty: none.')
param kubernetesIssuer string

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

// The service account of infra/kubernetes/moderato.yaml, in that one cluster.
resource workload 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2024-11-30' = if (!empty(kubernetesIssuer)) {
  parent: identity
  name: 'kubernetes'
  properties: {
    issuer: kubernetesIssuer
    subject: 'system:serviceaccount:moderato:moderato'
    audiences: [
      'api://AzureADTokenExchange'
    ]
  }
}

output id string = identity.id
output principalId string = identity.properties.principalId
output clientId string = identity.properties.clientId
