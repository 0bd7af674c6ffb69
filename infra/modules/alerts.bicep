// What must wake somebody. The queries ask for the app's metrics and for its lines of JSON (docs/operations.md), whichever is there; what
// the host says of itself counts in one place, for a message that it moves. An alert names no account's content.

param token string
param location string
param tags object
param workspaceId string
param emails array

// `isSilence`: the alert is that there is nothing.
var rules = [
  {
    name: 'failed-purge'
    title: 'Moderato: a purge failed'
    severity: 1
    window: 'PT1H'
    query: 'union isfuzzy=true (AppMetrics | where Name == "moderato.jobs" and tostring(Properties.job) == "purge-account" and tostring(Properties.outcome) == "failed"), (FunctionAppLogs | where Message has "durationMs" | extend run = parse_json(substring(Message, indexof(Message, "{"))) | where tostring(run.event) == "job" and tostring(run.operation) == "purge-account" and tostring(run.status) == "failed")'
    isSilence: false
  }
  {
    name: 'poison-messages'
    title: 'Moderato: jobs were given up'
    severity: 1
    window: 'PT1H'
    query: 'union isfuzzy=true (AppMetrics | where Name == "moderato.queue.depth" and tostring(Properties.queue) == "jobs-poison" and Sum > 0), (FunctionAppLogs | where Message has "Moving message to queue" and Message has "jobs-poison")'
    isSilence: false
  }
  {
    name: 'server-errors'
    title: 'Moderato: requests answered with 5xx'
    severity: 2
    window: 'PT15M'
    query: 'union isfuzzy=true (AppMetrics | where Name == "moderato.requests" and toint(Properties.status) >= 500), (FunctionAppLogs | where Message has "durationMs" | extend run = parse_json(substring(Message, indexof(Message, "{"))) | where tostring(run.event) == "request" and toint(run.status) >= 500)'
    isSilence: false
  }
  {
    name: 'silence'
    title: 'Moderato: for an hour there was no request and no timer'
    severity: 1
    window: 'PT1H'
    query: 'union isfuzzy=true (AppMetrics | where Name in ("moderato.requests", "moderato.jobs")), (FunctionAppLogs | where Message has "durationMs" | extend run = parse_json(substring(Message, indexof(Message, "{"))) | where tostring(run.event) in ("request", "timer"))'
    isSilence: true
  }
]

// Without a region: it holds addresses of the operator's people, nothing of customers.
resource people 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'ag-${token}'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'moderato'
    emailReceivers: [for (email, i) in emails: {
      name: 'person-${i}'
      emailAddress: email
      useCommonAlertSchema: true
    }]
  }
}

resource alerts 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [for rule in rules: {
  name: 'alert-${rule.name}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: rule.title
    severity: rule.severity
    enabled: true
    evaluationFrequency: 'PT5M'
    windowSize: rule.window
    scopes: [
      workspaceId
    ]
    // The table comes into being with the first metric.
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: rule.query
          timeAggregation: 'Count'
          operator: rule.isSilence ? 'LessThan' : 'GreaterThan'
          threshold: rule.isSilence ? 1 : 0
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    actions: {
      actionGroups: [
        people.id
      ]
    }
  }
}]
