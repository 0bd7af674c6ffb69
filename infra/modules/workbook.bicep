// What an operator looks at first. The queries are in workbook.json.

param location string
param tags object
param insightsId string

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, 'moderato-workbook')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Moderato in ${location}'
    category: 'workbook'
    sourceId: insightsId
    serializedData: loadTextContent('../workbook.json')
  }
}
