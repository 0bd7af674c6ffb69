"""What a classifier's operation refuses, each with the published code of the error.

Source: CustomVisionErrorCodes of CustomVision-Training-v3.4-preview.json.
"""
from __future__ import annotations

from enum import StrEnum

from shared.errors import InvalidRequest, NotFound


class Code(StrEnum):
    """The published codes that we use; their names are their values."""

    INVALID_IDS = "BadRequestInvalidIds"
    EXCEEDED_BATCH_SIZE = "BadRequestExceededBatchSize"
    NOT_SUPPORTED = "BadRequestNotSupported"
    OPERATION_NOT_SUPPORTED = "BadRequestOperationNotSupported"
    REQUIRED_PARAMETER_IS_NULL = "BadRequestRequiredParamIsNull"

    PROJECT_NAME = "BadRequestProjectName"
    PROJECT_NAME_NOT_UNIQUE = "BadRequestProjectNameNotUnique"
    PROJECT_DESCRIPTION = "BadRequestProjectDescription"
    UNKNOWN_DOMAIN = "BadRequestProjectUnknownDomain"
    UNKNOWN_CLASSIFICATION = "BadRequestProjectUnknownClassification"
    UNSUPPORTED_DOMAIN_TYPE_CHANGE = "BadRequestProjectUnsupportedDomainTypeChange"
    UNSUPPORTED_EXPORT_PLATFORM = "BadRequestProjectUnsupportedExportPlatform"
    IMAGE_PREPROCESSING_SETTINGS = "BadRequestProjectImagePreprocessingSettings"
    PROJECT_LIMIT = "BadRequestExceedProjectLimit"

    TAG_NAME = "BadRequestTagName"
    TAG_NAME_NOT_UNIQUE = "BadRequestTagNameNotUnique"
    TAG_DESCRIPTION = "BadRequestTagDescription"
    TAG_TYPE = "BadRequestTagType"
    MULTIPLE_NEGATIVE_TAG = "BadRequestMultipleNegativeTag"
    MULTIPLE_GENERAL_PRODUCT_TAG = "BadRequestMultipleGeneralProductTag"
    TAG_LIMIT = "BadRequestExceedTagPerProjectLimit"

    IMAGE_BATCH = "BadRequestImageBatch"
    IMAGE_STREAM = "BadRequestImageStream"
    IMAGE_URL = "BadRequestImageUrl"
    IMAGE_FORMAT = "BadRequestImageFormat"
    IMAGE_SIZE_BYTES = "BadRequestImageSizeBytes"
    IMAGE_DIMENSIONS = "BadRequestImageDimensions"
    IMAGE_ASPECT_RATIO = "BadRequestImageAspectRatio"
    IMAGE_COUNT = "BadRequestImageExceededCount"
    IMAGE_TAGS = "BadRequestImageTags"
    IMAGE_REGIONS = "BadRequestImageRegions"
    NEGATIVE_AND_REGULAR_TAG = "BadRequestNegativeAndRegularTagOnSameImage"
    METADATA_KEY = "BadRequestImageMetadataKey"
    METADATA_VALUE = "BadRequestImageMetadataValue"
    INVALID_ARTIFACT_URI = "BadRequestInvalidArtifactUri"

    INVALID_IMPORT_TOKEN = "BadRequestInvalidImportToken"
    EXPORT_WHILE_TRAINING = "BadRequestExportWhileTraining"

    TRAINING_NOT_NEEDED = "BadRequestTrainingNotNeeded"
    TRAINING_VALIDATION_FAILED = "BadRequestTrainingValidationFailed"
    CLASSIFICATION_TRAINING_VALIDATION_FAILED = "BadRequestClassificationTrainingValidationFailed"
    MULTICLASS_TRAINING_VALIDATION_FAILED = "BadRequestMultiClassClassificationTrainingValidationFailed"
    DETECTION_TRAINING_VALIDATION_FAILED = "BadRequestDetectionTrainingValidationFailed"
    TRAINING_ALREADY_IN_PROGRESS = "BadRequestTrainingAlreadyInProgress"
    ADVANCED_TRAINING_DOMAIN = "BadRequestDomainNotSupportedForAdvancedTraining"
    INVALID_EMAIL_ADDRESS = "BadRequestInvalidEmailAddress"
    ITERATION_LIMIT = "BadRequestExceedIterationPerProjectLimit"
    ITERATION_NAME = "BadRequestIterationName"
    ITERATION_NAME_NOT_UNIQUE = "BadRequestIterationNameNotUnique"
    ITERATION_IS_NOT_TRAINED = "BadRequestIterationIsNotTrained"
    ITERATION_IS_PUBLISHED = "BadRequestIterationIsPublished"
    ITERATION_NOT_PUBLISHED = "BadRequestIterationNotPublished"
    INVALID_PUBLISH_NAME = "BadRequestInvalidPublishName"
    INVALID_PUBLISH_TARGET = "BadRequestInvalidPublishTarget"
    EXPORT_VALIDATION_FAILED = "BadRequestExportValidationFailed"
    EXPORT_ALREADY_IN_PROGRESS = "BadRequestExportAlreadyInProgress"
    UNSUPPORTED_DOMAIN = "BadRequestUnsupportedDomain"
    PREDICTION_IDS_MISSING = "BadRequestPredictionIdsMissing"
    PREDICTION_IDS_COUNT = "BadRequestPredictionIdsExceededCount"
    PREDICTION_TAGS_COUNT = "BadRequestPredictionTagsExceededCount"
    PREDICTION_RESULTS_COUNT = "BadRequestPredictionResultsExceededCount"
    INVALID_APPLICATION_NAME = "BadRequestPredictionInvalidApplicationName"
    INVALID_QUERY_PARAMETERS = "BadRequestPredictionInvalidQueryParameters"
    NOT_FOUND_ITERATION_PERFORMANCE = "NotFoundIterationPerformance"
    NOT_FOUND_DEFAULT_ITERATION = "NotFoundProjectDefaultIteration"

    NOT_FOUND_PROJECT = "NotFoundProject"
    NOT_FOUND_TAG = "NotFoundTag"
    NOT_FOUND_IMAGE = "NotFoundImage"
    NOT_FOUND_ITERATION = "NotFoundIteration"
    NOT_FOUND_DOMAIN = "NotFoundDomain"


class Refused(InvalidRequest):
    """400 with a published code."""

    def __init__(self, code: Code, message: str, target: str | None = None) -> None:
        super().__init__(message, target)
        self.code = code


class Missing(NotFound):
    """404 with a published code."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code
