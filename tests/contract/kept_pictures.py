"""Pictures that an account keeps, replaced where they lie: as an archive could bring them, which nobody decodes on the way in."""
from __future__ import annotations

from shared.classifiers.images import ORIGINAL
from shared.services import Services
from shared.storage.account_store import AccountStore
from shared.storage.holdings import CV_IMAGE_FEATURES, CV_PREDICTION_PICTURE


def replace_kept(services: Services, account: AccountStore, picture: bytes) -> None:
    """The newest image of every project, and the pictures of all predictions."""
    for project in services.classifiers.projects.all(account):
        newest = max(services.classifiers.images.stored(account, project), key=lambda image: image.id)
        services.classifiers.images.write_pictures(account, newest, {ORIGINAL: picture})
        account.records.delete(CV_IMAGE_FEATURES, "features", newest.key)
    for blob in account.blobs.ids(CV_PREDICTION_PICTURE):
        if blob.endswith(f"/{ORIGINAL}"):
            account.blobs.write(CV_PREDICTION_PICTURE, blob, [picture])
