// The app's settings: every one of shared/settings.py, and those of the platform. A test compares both sides.
// Not among them: APPLICATIONINSIGHTS_CONNECTION_STRING, with which the host itself would write the address of every request, and so
// names of lists, into the logs; and those that Flex Consumption keeps in functionAppConfig.

param functionAppName string
param region string
param identityClientId string
param dataStorageName string
param dataQueueEndpoint string
param hostBlobEndpoint string
param hostTableEndpoint string
param keyVaultUri string
param keyUrl string
param telemetryConnectionString string
param threadsPerWorker int

@description('The operator\'s values by the names of the settings, as texts; what is not named has the default of the code. No secrets: HAS_REVIEWER_KEY, true or false, says that the vault has one named reviewer-key.')
param settings object

resource app 'Microsoft.Web/sites@2025-03-01' existing = {
  name: functionAppName
}

resource appSettings 'Microsoft.Web/sites/config@2025-03-01' = {
  // checkov:skip=CKV_AZURE_13:callers are authenticated by the app itself; the published clients send a key, which the platform cannot check
  // checkov:skip=CKV_AZURE_63:addresses of requests have names of lists in them, and must not be logged
  // checkov:skip=CKV_AZURE_65:error pages of the platform could show what was sent; the app logs by request id
  // checkov:skip=CKV_AZURE_66:as CKV_AZURE_63; these are settings of the app and not of its logs
  // checkov:skip=CKV_AZURE_80:there is no .NET in it
  // checkov:skip=CKV_AZURE_88:Flex Consumption takes its code from a container of blobs, and the app keeps no files
  // checkov:skip=CKV_AZURE_222:said of the site; these are its settings
  parent: app
  name: 'appsettings'
  properties: {
    AzureWebJobsStorage__credential: 'managedidentity'
    AzureWebJobsStorage__clientId: identityClientId
    // The host's own things lie in its account; the queue that it works off is the app's.
    AzureWebJobsStorage__blobServiceUri: hostBlobEndpoint
    AzureWebJobsStorage__tableServiceUri: hostTableEndpoint
    AzureWebJobsStorage__queueServiceUri: dataQueueEndpoint
    AzureWebJobsDisableHomepage: 'true'
    PYTHON_THREADPOOL_THREAD_COUNT: string(threadsPerWorker)

    // What this template knows. Secrets are references that the platform resolves with the app's identity.
    REGION: region
    STORAGE_ACCOUNT_NAME: dataStorageName
    MANAGED_IDENTITY_CLIENT_ID: identityClientId
    KEY_ENCRYPTION_KEY_URL: keyUrl
    RECEIPT_SIGNING_KEY: '@Microsoft.KeyVault(SecretUri=${keyVaultUri}secrets/receipt-signing-key)'
    OPERATOR_KEY: '@Microsoft.KeyVault(SecretUri=${keyVaultUri}secrets/operator-key)'
    REVIEWER_KEY: contains(settings, 'HAS_REVIEWER_KEY') && settings.HAS_REVIEWER_KEY ? '@Microsoft.KeyVault(SecretUri=${keyVaultUri}secrets/reviewer-key)' : ''
    TELEMETRY_CONNECTION_STRING: telemetryConnectionString

    // For development alone.
    STORAGE_CONNECTION_STRING: ''
    STORAGE_IS_EMULATOR: 'false'
    KEY_ENCRYPTION_KEY_FILE: ''
    RECEIPT_SIGNING_KEY_FILE: ''
    STRICT_CONTRACT: 'false'

    // Forwarding, where it is on, uses the identity.
    AZURE_CONTENT_SAFETY_KEY: ''

    // What the operator decides. An empty value is the code's default.
    ENTRA_TENANT_ID: contains(settings, 'ENTRA_TENANT_ID') ? settings.ENTRA_TENANT_ID : ''
    ENTRA_AUDIENCE: contains(settings, 'ENTRA_AUDIENCE') ? settings.ENTRA_AUDIENCE : ''
    ENTRA_OPERATOR_AUDIENCE: contains(settings, 'ENTRA_OPERATOR_AUDIENCE') ? settings.ENTRA_OPERATOR_AUDIENCE : ''
    ENTRA_AUTHORITY: contains(settings, 'ENTRA_AUTHORITY') ? settings.ENTRA_AUTHORITY : ''
    PUBLIC_ENDPOINT: contains(settings, 'PUBLIC_ENDPOINT') ? settings.PUBLIC_ENDPOINT : ''
    BLOCKLIST_ITEM_LIMIT: contains(settings, 'BLOCKLIST_ITEM_LIMIT') ? settings.BLOCKLIST_ITEM_LIMIT : ''
    TERM_LIST_LIMIT: contains(settings, 'TERM_LIST_LIMIT') ? settings.TERM_LIST_LIMIT : ''
    TERM_LIMIT: contains(settings, 'TERM_LIMIT') ? settings.TERM_LIMIT : ''
    IMAGE_LIST_LIMIT: contains(settings, 'IMAGE_LIST_LIMIT') ? settings.IMAGE_LIST_LIMIT : ''
    IMAGE_LIMIT: contains(settings, 'IMAGE_LIMIT') ? settings.IMAGE_LIMIT : ''
    CLASSIFIER_PROJECT_LIMIT: contains(settings, 'CLASSIFIER_PROJECT_LIMIT') ? settings.CLASSIFIER_PROJECT_LIMIT : ''
    CLASSIFIER_TAG_LIMIT: contains(settings, 'CLASSIFIER_TAG_LIMIT') ? settings.CLASSIFIER_TAG_LIMIT : ''
    CLASSIFIER_IMAGE_LIMIT: contains(settings, 'CLASSIFIER_IMAGE_LIMIT') ? settings.CLASSIFIER_IMAGE_LIMIT : ''
    PREDICTION_RETENTION_DAYS: contains(settings, 'PREDICTION_RETENTION_DAYS') ? settings.PREDICTION_RETENTION_DAYS : ''
    CLASSIFIER_LINK_MINUTES: contains(settings, 'CLASSIFIER_LINK_MINUTES') ? settings.CLASSIFIER_LINK_MINUTES : ''
    LIST_CACHE_MEGABYTES: contains(settings, 'LIST_CACHE_MEGABYTES') ? settings.LIST_CACHE_MEGABYTES : ''
    ACCOUNT_CACHE_SECONDS: contains(settings, 'ACCOUNT_CACHE_SECONDS') ? settings.ACCOUNT_CACHE_SECONDS : ''
    DELETED_ACCOUNT_GRACE_HOURS: contains(settings, 'DELETED_ACCOUNT_GRACE_HOURS') ? settings.DELETED_ACCOUNT_GRACE_HOURS : ''
    DATA_KEY_SETTLE_SECONDS: contains(settings, 'DATA_KEY_SETTLE_SECONDS') ? settings.DATA_KEY_SETTLE_SECONDS : ''
    REVIEW_CONTENT_RETENTION_DAYS: contains(settings, 'REVIEW_CONTENT_RETENTION_DAYS') ? settings.REVIEW_CONTENT_RETENTION_DAYS : ''
    REVIEW_LEASE_MINUTES: contains(settings, 'REVIEW_LEASE_MINUTES') ? settings.REVIEW_LEASE_MINUTES : ''
    REVIEW_SESSION_HOURS: contains(settings, 'REVIEW_SESSION_HOURS') ? settings.REVIEW_SESSION_HOURS : ''
    REVIEW_SESSION_IDLE_MINUTES: contains(settings, 'REVIEW_SESSION_IDLE_MINUTES') ? settings.REVIEW_SESSION_IDLE_MINUTES : ''
    REVIEW_PLATFORM_SIGN_IN: contains(settings, 'REVIEW_PLATFORM_SIGN_IN') ? settings.REVIEW_PLATFORM_SIGN_IN : ''
    AUDIT_RETENTION_DAYS: contains(settings, 'AUDIT_RETENTION_DAYS') ? settings.AUDIT_RETENTION_DAYS : ''
    EXPORT_RETENTION_DAYS: contains(settings, 'EXPORT_RETENTION_DAYS') ? settings.EXPORT_RETENTION_DAYS : ''
    IMPORT_RETENTION_HOURS: contains(settings, 'IMPORT_RETENTION_HOURS') ? settings.IMPORT_RETENTION_HOURS : ''
    IMPORT_SIZE_LIMIT_MEGABYTES: contains(settings, 'IMPORT_SIZE_LIMIT_MEGABYTES') ? settings.IMPORT_SIZE_LIMIT_MEGABYTES : ''
    IMPORT_ENTRY_LIMIT: contains(settings, 'IMPORT_ENTRY_LIMIT') ? settings.IMPORT_ENTRY_LIMIT : ''
    TEXT_ENGINE: contains(settings, 'TEXT_ENGINE') ? settings.TEXT_ENGINE : ''
    ONNX_TEXT_MODEL_FOLDER: contains(settings, 'ONNX_TEXT_MODEL_FOLDER') ? settings.ONNX_TEXT_MODEL_FOLDER : ''
    IMAGE_ENGINE: contains(settings, 'IMAGE_ENGINE') ? settings.IMAGE_ENGINE : ''
    ONNX_IMAGE_MODEL_FOLDER: contains(settings, 'ONNX_IMAGE_MODEL_FOLDER') ? settings.ONNX_IMAGE_MODEL_FOLDER : ''
    IMAGE_SEXUAL_CUTS: contains(settings, 'IMAGE_SEXUAL_CUTS') ? settings.IMAGE_SEXUAL_CUTS : ''
    ADULT_THRESHOLD: contains(settings, 'ADULT_THRESHOLD') ? settings.ADULT_THRESHOLD : ''
    RACY_THRESHOLD: contains(settings, 'RACY_THRESHOLD') ? settings.RACY_THRESHOLD : ''
    CACHED_IMAGE_HOURS: contains(settings, 'CACHED_IMAGE_HOURS') ? settings.CACHED_IMAGE_HOURS : ''
    CACHED_IMAGE_LIMIT: contains(settings, 'CACHED_IMAGE_LIMIT') ? settings.CACHED_IMAGE_LIMIT : ''
    CALLBACK_RETENTION_DAYS: contains(settings, 'CALLBACK_RETENTION_DAYS') ? settings.CALLBACK_RETENTION_DAYS : ''
    AZURE_CONTENT_SAFETY_ENDPOINT: contains(settings, 'AZURE_CONTENT_SAFETY_ENDPOINT') ? settings.AZURE_CONTENT_SAFETY_ENDPOINT : ''
    PII_PHONE_REGIONS: contains(settings, 'PII_PHONE_REGIONS') ? settings.PII_PHONE_REGIONS : ''
    PII_PAYMENT_DATA: contains(settings, 'PII_PAYMENT_DATA') ? settings.PII_PAYMENT_DATA : ''
    FETCH_ALLOWED_NETWORKS: contains(settings, 'FETCH_ALLOWED_NETWORKS') ? settings.FETCH_ALLOWED_NETWORKS : ''
  }
}
