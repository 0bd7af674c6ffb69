"""What the published Custom Vision specifications say of their operations, in a table of our own.

Source: CustomVision-Training-v3.3.json and -v3.4-preview.json, which have the same 52 operations;
CustomVision-Prediction-v3.0.json and -v3.1.json, which have the same 8.
"""
from __future__ import annotations

from typing import Any

# Operation: method, path below the version's prefix, success codes.
TRAINING: dict[str, tuple[str, str, tuple[int, ...]]] = {
    "GetDomains": ("GET", "domains", (200,)),
    "GetDomain": ("GET", "domains/{domainId}", (200,)),
    "GetProjects": ("GET", "projects", (200,)),
    "CreateProject": ("POST", "projects", (200,)),
    "GetProject": ("GET", "projects/{projectId}", (200,)),
    "DeleteProject": ("DELETE", "projects/{projectId}", (204,)),
    "UpdateProject": ("PATCH", "projects/{projectId}", (200,)),
    "GetArtifact": ("GET", "projects/{projectId}/artifacts", (200,)),
    "ExportProject": ("GET", "projects/{projectId}/export", (200,)),
    "GetImages": ("GET", "projects/{projectId}/images", (200,)),
    "CreateImagesFromData": ("POST", "projects/{projectId}/images", (200, 207)),
    "DeleteImages": ("DELETE", "projects/{projectId}/images", (202, 204)),
    "GetImageRegionProposals": ("POST", "projects/{projectId}/images/{imageId}/regionproposals", (200,)),
    "GetImageCount": ("GET", "projects/{projectId}/images/count", (200,)),
    "CreateImagesFromFiles": ("POST", "projects/{projectId}/images/files", (200, 207)),
    "GetImagesByIds": ("GET", "projects/{projectId}/images/id", (200,)),
    "UpdateImageMetadata": ("POST", "projects/{projectId}/images/metadata", (200, 207)),
    "CreateImagesFromPredictions": ("POST", "projects/{projectId}/images/predictions", (200, 207)),
    "CreateImageRegions": ("POST", "projects/{projectId}/images/regions", (200, 207)),
    "DeleteImageRegions": ("DELETE", "projects/{projectId}/images/regions", (204,)),
    "QuerySuggestedImages": ("POST", "projects/{projectId}/images/suggested", (200,)),
    "QuerySuggestedImageCount": ("POST", "projects/{projectId}/images/suggested/count", (200,)),
    "GetTaggedImages": ("GET", "projects/{projectId}/images/tagged", (200,)),
    "GetTaggedImageCount": ("GET", "projects/{projectId}/images/tagged/count", (200,)),
    "CreateImageTags": ("POST", "projects/{projectId}/images/tags", (200,)),
    "DeleteImageTags": ("DELETE", "projects/{projectId}/images/tags", (204,)),
    "GetUntaggedImages": ("GET", "projects/{projectId}/images/untagged", (200,)),
    "GetUntaggedImageCount": ("GET", "projects/{projectId}/images/untagged/count", (200,)),
    "CreateImagesFromUrls": ("POST", "projects/{projectId}/images/urls", (200, 207)),
    "GetIterations": ("GET", "projects/{projectId}/iterations", (200,)),
    "GetIteration": ("GET", "projects/{projectId}/iterations/{iterationId}", (200,)),
    "DeleteIteration": ("DELETE", "projects/{projectId}/iterations/{iterationId}", (204,)),
    "UpdateIteration": ("PATCH", "projects/{projectId}/iterations/{iterationId}", (200,)),
    "GetExports": ("GET", "projects/{projectId}/iterations/{iterationId}/export", (200,)),
    "ExportIteration": ("POST", "projects/{projectId}/iterations/{iterationId}/export", (200,)),
    "GetIterationPerformance": ("GET", "projects/{projectId}/iterations/{iterationId}/performance", (200,)),
    "GetImagePerformances": ("GET", "projects/{projectId}/iterations/{iterationId}/performance/images", (200,)),
    "GetImagePerformanceCount": ("GET", "projects/{projectId}/iterations/{iterationId}/performance/images/count", (200,)),
    "PublishIteration": ("POST", "projects/{projectId}/iterations/{iterationId}/publish", (200,)),
    "UnpublishIteration": ("DELETE", "projects/{projectId}/iterations/{iterationId}/publish", (204,)),
    "DeletePrediction": ("DELETE", "projects/{projectId}/predictions", (204,)),
    "QueryPredictions": ("POST", "projects/{projectId}/predictions/query", (200,)),
    "QuickTestImage": ("POST", "projects/{projectId}/quicktest/image", (200,)),
    "QuickTestImageUrl": ("POST", "projects/{projectId}/quicktest/url", (200,)),
    "GetTags": ("GET", "projects/{projectId}/tags", (200,)),
    "CreateTag": ("POST", "projects/{projectId}/tags", (200,)),
    "GetTag": ("GET", "projects/{projectId}/tags/{tagId}", (200,)),
    "DeleteTag": ("DELETE", "projects/{projectId}/tags/{tagId}", (204,)),
    "UpdateTag": ("PATCH", "projects/{projectId}/tags/{tagId}", (200,)),
    "SuggestTagsAndRegions": ("POST", "projects/{projectId}/tagsandregions/suggestions", (200,)),
    "TrainProject": ("POST", "projects/{projectId}/train", (200,)),
    "ImportProject": ("POST", "projects/import", (200,)),
}

PREDICTION: dict[str, tuple[str, str, tuple[int, ...]]] = {
    "ClassifyImage": ("POST", "{projectId}/classify/iterations/{publishedName}/image", (200,)),
    "ClassifyImageWithoutSaving": ("POST", "{projectId}/classify/iterations/{publishedName}/image/nostore", (200,)),
    "ClassifyImageUrl": ("POST", "{projectId}/classify/iterations/{publishedName}/url", (200,)),
    "ClassifyImageUrlWithoutSaving": ("POST", "{projectId}/classify/iterations/{publishedName}/url/nostore", (200,)),
    "AnalyzeImage": ("POST", "{projectId}/detect/iterations/{publishedName}/image", (200,)),
    "AnalyzeImageWithoutSaving": ("POST", "{projectId}/detect/iterations/{publishedName}/image/nostore", (200,)),
    "AnalyzeImageUrl": ("POST", "{projectId}/detect/iterations/{publishedName}/url", (200,)),
    "AnalyzeImageUrlWithoutSaving": ("POST", "{projectId}/detect/iterations/{publishedName}/url/nostore", (200,)),
}

DIFFERENCES: dict[str, str] = {
    "Image.created": "with a zone, as the specification's examples have it; recordings of the live service have none.",
    "Image.tags, regions, metadata": "left out where there are none, as in recordings.",
    "ImageCreateResult.sourceUrl": "the name or address as it was sent; the published examples have quotes around names.",
    "ImageRegionProposal.proposals": "where something stands out, by a formula without a model.",
    "ProjectSettings.exportModelContainerUri, notificationQueueUri": "always null, and refused: we write to no foreign storage.",
    "Domain.exportablePlatforms": "DockerFile and ONNX of compact domains for classification: those that we make.",
    "GetIterationPerformance.overlapThreshold": "taken, and changes nothing: classifications have no boxes.",
    "TrainProject": "training types other than Regular, customBaseModelInfo and notificationEmailAddress are refused.",
    "detect/iterations/*": "always refused with BadRequestOperationNotSupported: object detection is not trained.",
    "IterationPerformance.imageCount, TagPerformance.imageCount": "ours: how many held-out images the figures are of.",
    "ProjectExport.token": "a token of our own, not an address.",
}
"""Where we differ from the published examples and recordings, and why."""

_STRING = {"type": "string", "minLength": 1}
ERROR_SCHEMA: dict[str, Any] = {
    "type": "object", "properties": {"code": _STRING, "message": _STRING}, "required": ["code", "message"], "additionalProperties": False}

CODES = frozenset("""
    BadRequest BadRequestCannotMigrateProjectWithName BadRequestClassificationTrainingValidationFailed
    BadRequestCustomerManagedKeyRevoked BadRequestDetectionTrainingNotAllowNegativeTag BadRequestDetectionTrainingValidationFailed
    BadRequestDomainNotSupportedForAdvancedTraining BadRequestExceedIterationPerProjectLimit BadRequestExceedProjectLimit
    BadRequestExceedTagPerImageLimit BadRequestExceedTagPerProjectLimit BadRequestExceededBatchSize BadRequestExceededQuota
    BadRequestExportAlreadyInProgress BadRequestExportPlatformNotSupportedForAdvancedTraining BadRequestExportValidationFailed
    BadRequestExportWhileTraining BadRequestImageAspectRatio BadRequestImageBatch
    BadRequestImageDimensions BadRequestImageExceededCount BadRequestImageFormat
    BadRequestImageMetadataKey BadRequestImageMetadataValue BadRequestImageRegions BadRequestImageSizeBytes BadRequestImageStream
    BadRequestImageTags BadRequestImageUrl BadRequestInvalid BadRequestInvalidArtifactUri BadRequestInvalidEmailAddress
    BadRequestInvalidIds BadRequestInvalidImportToken BadRequestInvalidPublishName BadRequestInvalidPublishTarget
    BadRequestIterationDescription BadRequestIterationIsNotTrained BadRequestIterationIsPublished BadRequestIterationName
    BadRequestIterationNameNotUnique BadRequestIterationNotPublished BadRequestIterationValidationFailed
    BadRequestMultiClassClassificationTrainingValidationFailed BadRequestMultiLabelClassificationTrainingValidationFailed
    BadRequestMultipleGeneralProductTag BadRequestMultipleNegativeTag BadRequestNegativeAndRegularTagOnSameImage
    BadRequestNotLimitedTrial BadRequestNotSupported BadRequestOperationNotSupported BadRequestPredictionIdsExceededCount
    BadRequestPredictionIdsMissing BadRequestPredictionInvalidApplicationName BadRequestPredictionInvalidQueryParameters
    BadRequestPredictionResultsExceededCount BadRequestPredictionTagsExceededCount BadRequestProjectDescription
    BadRequestProjectDuplicated BadRequestProjectImagePreprocessingSettings BadRequestProjectName BadRequestProjectNameNotUnique
    BadRequestProjectUnknownClassification BadRequestProjectUnknownDomain BadRequestProjectUnsupportedDomainTypeChange
    BadRequestProjectUnsupportedExportPlatform BadRequestRequiredParamIsNull BadRequestReservedBudgetInHoursNotEnoughForAdvancedTraining
    BadRequestSubscriptionApi BadRequestTagDescription BadRequestTagName BadRequestTagNameNotUnique BadRequestTagType
    BadRequestTrainingAlreadyInProgress BadRequestTrainingNotNeeded BadRequestTrainingNotNeededButTrainingPipelineUpdated
    BadRequestTrainingValidationFailed BadRequestUnpublishFailed BadRequestUnsupportedDomain BadRequestWorkspaceCannotBeModified
    BadRequestWorkspaceNotDeletable Conflict ConflictInvalid ErrorExporterInvalidClassifier ErrorExporterInvalidFeaturizer
    ErrorExporterInvalidPlatform ErrorFeaturizationAugmentationError ErrorFeaturizationAugmentationUnavailable
    ErrorFeaturizationInvalidFeaturizer ErrorFeaturizationQueueTimeout ErrorFeaturizationServiceUnavailable
    ErrorFeaturizationUnrecognizedJob ErrorInvalid ErrorIterationCopyFailed ErrorPrediction ErrorPredictionModelNotCached
    ErrorPredictionModelNotFound ErrorPredictionServiceUnavailable ErrorPredictionStorage ErrorPreparePerformanceMigrationFailed
    ErrorProjectExportRequestFailed ErrorProjectImportRequestFailed ErrorProjectInvalidDomain ErrorProjectInvalidPipelineConfiguration
    ErrorProjectInvalidWorkspace ErrorProjectTrainingRequestFailed ErrorRegionProposal ErrorUnknown ErrorUnknownBaseModel Forbidden
    ForbiddenDRModeEnabled ForbiddenInvalid ForbiddenUser ForbiddenUserDisabled ForbiddenUserDoesNotExist
    ForbiddenUserInsufficientCapability ForbiddenUserResource ForbiddenUserSignupAllowanceExceeded ForbiddenUserSignupDisabled NoError
    NotFound NotFoundApimSubscription NotFoundDomain NotFoundImage NotFoundInvalid NotFoundIteration NotFoundIterationPerformance
    NotFoundProject NotFoundProjectDefaultIteration NotFoundTag UnsupportedMediaType
""".split())
"""CustomVisionErrorCodes of all versions."""
