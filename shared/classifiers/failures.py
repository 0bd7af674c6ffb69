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
