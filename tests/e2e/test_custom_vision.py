"""Projects, tags, images, regions and metadata through the official training client, unmodified."""
from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from azure.cognitiveservices.vision.customvision.training.models import (
    CustomVisionErrorException,
    ImageFileCreateBatch,
    ImageFileCreateEntry,
    ImageProcessingSettings,
    ImageRegionCreateEntry,
    ImageTagCreateEntry,
    ImageUrlCreateBatch,
    ImageUrlCreateEntry,
    Project,
    ProjectSettings,
    Region,
    Tag,
)
from msrest.exceptions import HttpOperationError

from tests.e2e.custom_vision import batch_of, fetched, picture, training_client
from tests.picture_server import serving

GENERAL = "ee85a74c-405e-4adc-bb47-ffa8ca0c9f31"
GENERAL_COMPACT = "0732100f-1a38-4e49-a514-c9b44c697ab5"
DETECTION = "da2e3a8a-40a5-4171-82f4-58522f70fbc1"


@pytest.fixture
def client(served):
    return training_client(served)


@pytest.fixture
def project(client) -> Project:
    return client.create_project("birds")


def refused(call: Callable[[], object]) -> tuple[int, str]:
    """Status and code of what the client raises."""
    with pytest.raises(CustomVisionErrorException) as raised:
        call()
    return raised.value.response.status_code, raised.value.error.code


def test_a_project_has_the_recorded_defaults_and_can_be_changed_and_deleted(client):
    created = client.create_project("birds", description="of the garden")

    assert (created.name, created.description, created.status, created.dr_mode_enabled) == ("birds", "of the garden", "Succeeded", False)
    assert (created.settings.domain_id, created.settings.classification_type) == (GENERAL, "Multilabel")
    assert (created.settings.target_export_platforms, created.settings.use_negative_set) == ([], True)
    assert created.settings.image_processing_settings.augmentation_methods == dict.fromkeys(
        ["rotation", "scaling", "translation", "horizontal flip", "equalize", "solarize", "padtosquare"], True)
    assert client.get_project(created.id).as_dict() == created.as_dict()
    changed = client.update_project(created.id, Project(name="owls", description="", settings=ProjectSettings(
        domain_id=GENERAL_COMPACT, classification_type="Multiclass", target_export_platforms=["ONNX"],
        image_processing_settings=ImageProcessingSettings(augmentation_methods={"rotation": False}))))
    assert (changed.name, changed.description, changed.settings.domain_id) == ("owls", "", GENERAL_COMPACT)
    assert (changed.settings.classification_type, changed.settings.target_export_platforms) == ("Multiclass", ["ONNX"])
    assert changed.settings.image_processing_settings.augmentation_methods["rotation"] is False
    assert [each.id for each in client.get_projects()] == [created.id]
    client.delete_project(created.id)
    assert client.get_projects() == []
    assert refused(lambda: client.get_project(created.id)) == (404, "NotFoundProject")


def test_what_a_project_cannot_be_is_refused_with_its_code(client, project):
    detection = client.create_project("boxes", domain_id=DETECTION)
    assert detection.settings.classification_type is None
    for call, code in (
            (lambda: client.create_project("birds"), "BadRequestProjectNameNotUnique"),
            (lambda: client.create_project(" "), "BadRequestProjectName"),
            (lambda: client.create_project("n" * 129), "BadRequestProjectName"),
            (lambda: client.create_project("x", domain_id=str(uuid.uuid4())), "BadRequestProjectUnknownDomain"),
            (lambda: client.create_project("x", classification_type="Other"), "BadRequestProjectUnknownClassification"),
            (lambda: client.create_project("x", target_export_platforms=["Abacus"]), "BadRequestProjectUnsupportedExportPlatform"),
            (lambda: client.create_project("x", export_model_container_uri="https://example.com/c"), "BadRequestNotSupported"),
            (lambda: client.create_project("x", notification_queue_uri="https://example.com/q"), "BadRequestNotSupported"),
            (lambda: client.update_project(project.id, Project(name="boxes", description="", settings=ProjectSettings())),
             "BadRequestProjectNameNotUnique"),
            (lambda: client.update_project(project.id, Project(
                name="birds", description="", settings=ProjectSettings(domain_id=DETECTION))),
             "BadRequestProjectUnsupportedDomainTypeChange")):
        assert refused(call) == (400, code)
    assert len(client.get_projects()) == 2


def test_domains_are_the_published_ones(client):
    found = client.get_domains()

    assert len(found) == 18
    assert {(domain.type, domain.exportable) for domain in found} == {
        ("Classification", False), ("Classification", True), ("ObjectDetection", False), ("ObjectDetection", True)}
    assert client.get_domain(GENERAL).name == "General"
    assert client.get_domain(GENERAL_COMPACT).exportable_platforms == ["DockerFile", "ONNX"]
    assert refused(lambda: client.get_domain(str(uuid.uuid4()))) == (404, "NotFoundDomain")


def test_tags_are_made_changed_counted_and_deleted(client, project, eventually):
    robin, owl = client.create_tag(project.id, "robin"), client.create_tag(project.id, "owl", description="at night")
    nothing = client.create_tag(project.id, "nothing", type="Negative")
    client.create_images_from_files(project.id, batch_of(range(3), [robin.id]))
    client.create_images_from_files(project.id, batch_of(range(3, 5), [robin.id, owl.id]))

    assert (robin.description, robin.type, robin.image_count, nothing.type) == (None, "Regular", 0, "Negative")
    assert [(tag.name, tag.image_count) for tag in client.get_tags(project.id)] == [("nothing", 0), ("owl", 2), ("robin", 5)]
    assert client.get_tag(project.id, owl.id).image_count == 2
    changed = client.update_tag(project.id, owl.id, Tag(name="barn owl", description="by day", type="Regular"))
    assert (changed.name, changed.description, changed.image_count) == ("barn owl", "by day", 2)
    for call, code in (
            (lambda: client.create_tag(project.id, "robin"), "BadRequestTagNameNotUnique"),
            (lambda: client.create_tag(project.id, ""), "BadRequestTagName"),
            (lambda: client.create_tag(project.id, "x", type="Odd"), "BadRequestTagType"),
            (lambda: client.create_tag(project.id, "x", type="Negative"), "BadRequestMultipleNegativeTag"),
            (lambda: client.update_tag(project.id, owl.id, Tag(name="robin", description="", type="Regular")),
             "BadRequestTagNameNotUnique")):
        assert refused(call) == (400, code)
    client.delete_tag(project.id, robin.id)
    assert [tag.name for tag in client.get_tags(project.id)] == ["barn owl", "nothing"]
    assert client.get_untagged_image_count(project.id) == 3
    assert refused(lambda: client.get_tag(project.id, robin.id)) == (404, "NotFoundTag")
    assert {tag.tag_name for image in client.get_tagged_images(project.id) for tag in image.tags} == {"barn owl"}


def test_images_come_from_data_files_and_urls_and_their_pictures_open_without_a_key(client, project):
    tag = client.create_tag(project.id, "robin")
    large = picture(7, 1600, 1200, "JPEG")

    from_data = client.create_images_from_data(project.id, large, tag_ids=[tag.id])
    from_file = client.create_images_from_files(project.id, ImageFileCreateBatch(images=[
        ImageFileCreateEntry(name="b.gif", contents=picture(8, kind="GIF"), tag_ids=[tag.id],
                             regions=[Region(tag_id=tag.id, left=0.1, top=0.2, width=0.3, height=0.4)])], metadata={"from": "a file"}))

    assert from_data.is_batch_successful and from_data.images[0].status == "OK"
    image = from_data.images[0].image
    assert (image.width, image.height, [each.tag_name for each in image.tags]) == (1600, 1200, ["robin"])
    assert image.regions is None and image.metadata is None
    assert fetched(image.original_image_uri).content == large
    resized, thumbnail = fetched(image.resized_image_uri), fetched(image.thumbnail_uri)
    assert resized.headers["content-type"] == thumbnail.headers["content-type"] == "image/jpeg"
    assert thumbnail.headers["x-content-type-options"] == "nosniff"
    assert thumbnail.headers["content-disposition"].startswith("attachment")
    assert len(thumbnail.content) < len(resized.content) < len(large)
    other = from_file.images[0]
    assert (other.source_url, other.status, other.image.metadata) == ("b.gif", "OK", {"from": "a file"})
    (region,) = other.image.regions
    assert (region.left, region.top, region.width, region.height, region.tag_name) == (0.1, 0.2, 0.3, 0.4, "robin")
    assert fetched(other.image.resized_image_uri).content == fetched(other.image.original_image_uri).content == picture(8, kind="GIF")
    artifact = b"".join(client.get_artifact(project.id, image.thumbnail_uri))
    assert artifact == thumbnail.content
    with pytest.raises(HttpOperationError) as raised:  # of this one operation the client does not read the error
        client.get_artifact(project.id, "i-1/t-1")
    assert raised.value.response.json()["code"] == "BadRequestInvalidArtifactUri"


def test_a_batch_that_fails_in_part_says_which(client, project, served):
    tag = client.create_tag(project.id, "robin")
    entries = [ImageFileCreateEntry(name="good", contents=picture(1)), ImageFileCreateEntry(name="again", contents=picture(1)),
               ImageFileCreateEntry(name="no picture", contents=b"%PDF-1.7 no picture"),
               ImageFileCreateEntry(name="narrow", contents=picture(2, 2600, 100)),
               ImageFileCreateEntry(name="unknown tag", contents=picture(3), tag_ids=[str(uuid.uuid4())]),
               ImageFileCreateEntry(name="large", contents=picture(4) + b"\0" * 6_300_000)]

    summary = client.create_images_from_files(project.id, ImageFileCreateBatch(images=entries, tag_ids=[tag.id]))

    assert not summary.is_batch_successful
    assert [(each.source_url, each.status) for each in summary.images] == [
        ("good", "OK"), ("again", "OKDuplicate"), ("no picture", "ErrorImageFormat"), ("narrow", "ErrorImageDimensions"),
        ("unknown tag", "ErrorInvalidTag"), ("large", "ErrorImageSize")]
    assert summary.images[0].image.id == summary.images[1].image.id
    repeated = client.create_images_from_data(project.id, picture(1))
    assert (repeated.is_batch_successful, repeated.images[0].status) == (False, "OKDuplicate")
    assert client.get_image_count(project.id) == 1
    from_urls = client.create_images_from_urls(project.id, ImageUrlCreateBatch(images=[
        ImageUrlCreateEntry(url=f"{served.endpoint}/docs"), ImageUrlCreateEntry(url="not a url")]))
    assert [(each.status, each.image) for each in from_urls.images] == [("ErrorSource", None)] * 2
    assert refused(lambda: client.create_images_from_files(project.id, batch_of(range(65)))) == (400, "BadRequestExceededBatchSize")
    assert refused(lambda: client.create_images_from_files(project.id, batch_of([]))) == (400, "BadRequestImageBatch")


def test_lists_are_filtered_ordered_and_cut(client, project):
    robin, owl = client.create_tag(project.id, "robin"), client.create_tag(project.id, "owl")
    client.create_images_from_files(project.id, batch_of(range(0, 10), [robin.id], {"place": "garden"}))
    client.create_images_from_files(project.id, batch_of(range(10, 15), [owl.id], {"place": "wood"}))
    client.create_images_from_files(project.id, batch_of(range(15, 18)))
    newest = [image.id for image in client.get_images(project.id)]

    assert len(newest) == 18
    assert [image.id for image in client.get_images(project.id, order_by="Oldest")] == newest[::-1]
    assert [image.id for image in client.get_images(project.id, take=4, skip=2)] == newest[2:6]
    assert client.get_images(project.id, skip=18) == []
    assert [image.id for image in client.get_untagged_images(project.id)] == newest[:3]
    assert [image.id for image in client.get_tagged_images(project.id, tag_ids=[owl.id])] == newest[3:8]
    assert [image.id for image in client.get_images(project.id, tag_ids=[owl.id, robin.id], tagging_status="Tagged")] == newest[3:]
    assert [image.id for image in client.get_images(project.id, filter="place eq 'wood'")] == newest[3:8]
    assert [image.id for image in client.get_images(project.id, filter="place ne 'wood' and place ne 'garden'")] == newest[:3]
    assert (client.get_image_count(project.id), client.get_image_count(project.id, filter="place eq 'garden' or place eq 'wood'"),
            client.get_image_count(project.id, tagging_status="Untagged"), client.get_tagged_image_count(project.id),
            client.get_tagged_image_count(project.id, tag_ids=[owl.id]),
            client.get_untagged_image_count(project.id)) == (18, 15, 3, 15, 5, 3)
    some = [newest[5], newest[1], str(uuid.uuid4())]
    assert [image.id for image in client.get_images_by_ids(project.id, image_ids=some)] == some[:2]
    assert refused(lambda: client.get_images(project.id, filter="place is 'wood'"))[0] == 400
    assert refused(lambda: client.get_images(project.id, iteration_id=str(uuid.uuid4()))) == (404, "NotFoundIteration")


def test_tags_regions_and_metadata_of_images_are_given_and_taken(client):
    project = client.create_project("boxes", domain_id=DETECTION)
    tag, other = client.create_tag(project.id, "fork"), client.create_tag(project.id, "spoon")
    ids = [each.image.id for each in client.create_images_from_files(project.id, batch_of(range(3))).images]

    tagged = client.create_image_tags(project.id, tags=[
        ImageTagCreateEntry(image_id=ids[0], tag_id=tag.id), ImageTagCreateEntry(image_id=ids[1], tag_id=tag.id)])
    again = client.create_image_tags(project.id, tags=[ImageTagCreateEntry(image_id=ids[0], tag_id=tag.id)])
    assert ([each.image_id for each in tagged.created], tagged.duplicated, tagged.exceeded) == (ids[:2], [], [])
    assert (again.created, [each.image_id for each in again.duplicated]) == ([], ids[:1])
    client.delete_image_tags(project.id, ids[:2], [tag.id])
    assert client.get_untagged_image_count(project.id) == 3
    regions = client.create_image_regions(project.id, regions=[
        ImageRegionCreateEntry(image_id=ids[0], tag_id=tag.id, left=0.25, top=0.25, width=0.25, height=0.25),
        ImageRegionCreateEntry(image_id=ids[0], tag_id=other.id, left=0.35, top=0.35, width=0.25, height=0.25)])
    assert [(each.tag_name, each.left) for each in regions.created] == [("fork", 0.25), ("spoon", 0.35)]
    (image,) = client.get_images_by_ids(project.id, image_ids=[ids[0]])
    assert {each.region_id for each in image.regions} == {each.region_id for each in regions.created}
    assert {each.tag_name for each in image.tags} == {"fork", "spoon"}
    twice = client.create_image_regions(project.id, regions=[
        ImageRegionCreateEntry(image_id=ids[0], tag_id=tag.id, left=0.25, top=0.25, width=0.25, height=0.25)])
    assert (twice.created, len(twice.duplicated)) == ([], 1)
    client.delete_image_regions(project.id, [regions.created[0].region_id])
    (image,) = client.get_images_by_ids(project.id, image_ids=[ids[0]])
    assert ([each.tag_name for each in image.regions], [each.tag_name for each in image.tags]) == (["spoon"], ["spoon"])
    proposals = client.get_image_region_proposals(project.id, ids[0])
    assert (proposals.project_id, proposals.image_id) == (project.id, ids[0])
    unknown = str(uuid.uuid4())
    set_on = client.update_image_metadata(project.id, [ids[0], unknown], {"shelf": "3"})
    assert [(each.image_id, each.status, each.metadata) for each in set_on.images] == [
        (ids[0], "OK", {"shelf": "3"}), (unknown, "ErrorImageNotFound", None)]
    assert client.get_images(project.id, filter="shelf eq '3'")[0].id == ids[0]
    for call, code in (
            (lambda: client.create_image_tags(project.id, tags=[ImageTagCreateEntry(image_id=unknown, tag_id=tag.id)]),
             "BadRequestInvalidIds"),
            (lambda: client.create_image_tags(project.id, tags=[ImageTagCreateEntry(image_id=ids[0], tag_id=unknown)]),
             "BadRequestImageTags"),
            (lambda: client.create_image_regions(project.id, regions=[
                ImageRegionCreateEntry(image_id=ids[0], tag_id=tag.id, left=0.8, top=0, width=0.3, height=1)]), "BadRequestImageRegions"),
            (lambda: client.update_image_metadata(project.id, ids, {"k" * 257: "v"}), "BadRequestImageMetadataKey"),
            (lambda: client.update_image_metadata(project.id, ids, {"k": "v" * 513}), "BadRequestImageMetadataValue")):
        assert refused(call) == (400, code)


def test_images_are_deleted_by_ids_and_all_together_and_their_addresses_end(client, project, eventually):
    tag = client.create_tag(project.id, "robin")
    images = [each.image for each in client.create_images_from_files(project.id, batch_of(range(12), [tag.id])).images]

    client.delete_images(project.id, image_ids=[image.id for image in images[:5]])

    assert (client.get_image_count(project.id), client.get_tag(project.id, tag.id).image_count) == (7, 7)
    assert fetched(images[0].original_image_uri).status_code == 404
    assert client.get_images_by_ids(project.id, image_ids=[images[0].id]) == []
    assert client.create_images_from_files(project.id, batch_of([0])).is_batch_successful
    client.delete_images(project.id, all_images=True)
    assert eventually(lambda: client.get_image_count(project.id) == 0)
    assert eventually(lambda: fetched(images[-1].thumbnail_uri).status_code == 404)
    assert refused(lambda: client.delete_images(project.id)) == (400, "BadRequestRequiredParamIsNull")


def test_a_project_is_imported_into_another_account_by_its_token(client, project, worker, eventually):
    tag = client.create_tag(project.id, "robin")
    client.create_images_from_files(project.id, batch_of(range(5), [tag.id], {"place": "garden"}))
    exported = client.export_project(project.id)
    other = training_client(worker.account())

    imported = other.import_project(exported.token)

    assert (exported.image_count, exported.tag_count, exported.region_count, exported.iteration_count) == (5, 1, 0, 0)
    assert (imported.name, imported.status) == ("birds", "Importing")
    assert eventually(lambda: other.get_project(imported.id).status == "Succeeded")
    assert [(each.name, each.image_count) for each in other.get_tags(imported.id)] == [("robin", 5)]
    copies, own = other.get_images(imported.id), client.get_images(project.id)
    assert not {image.id for image in copies} & {image.id for image in own}
    assert {fetched(image.original_image_uri).content for image in copies} == {picture(seed) for seed in range(5)}
    assert all(image.metadata == {"place": "garden"} for image in copies)
    assert client.import_project(exported.token).name == "birds (1)"
    assert refused(lambda: other.import_project(exported.token[:-2])) == (400, "BadRequestInvalidImportToken")
    assert other.create_images_from_files(imported.id, batch_of([2])).images[0].status == "OKDuplicate"


def test_a_thousand_images_in_parallel_batches_are_all_there(client, project):
    tag = client.create_tag(project.id, "robin")

    with ThreadPoolExecutor(8) as pool:
        summaries = list(pool.map(lambda start: client.create_images_from_files(
            project.id, batch_of(range(start, min(start + 64, 1000)), [tag.id])), range(0, 1000, 64)))

    assert all(summary.is_batch_successful for summary in summaries)
    assert client.get_image_count(project.id) == client.get_tag(project.id, tag.id).image_count == 1000
    listed = [image.id for start in range(0, 1000, 256) for image in client.get_images(project.id, take=256, skip=start)]
    assert len(set(listed)) == 1000


def test_another_accounts_projects_images_and_pictures_are_404(client, project, served, worker):
    tag = client.create_tag(project.id, "robin")
    image = client.create_images_from_files(project.id, batch_of([1], [tag.id])).images[0].image
    other = training_client(worker.account())
    own = other.create_project("birds")

    for call, code in (
            (lambda: other.get_project(project.id), "NotFoundProject"), (lambda: other.get_tags(project.id), "NotFoundProject"),
            (lambda: other.get_tag(own.id, tag.id), "NotFoundTag"), (lambda: other.get_images(project.id), "NotFoundProject"),
            (lambda: other.delete_images(project.id, image_ids=[image.id]), "NotFoundProject"),
            (lambda: other.export_project(project.id), "NotFoundProject"), (lambda: other.delete_project(project.id), "NotFoundProject"),
            (lambda: other.create_images_from_files(project.id, batch_of([2])), "NotFoundProject"),
            (lambda: other.get_image_region_proposals(own.id, image.id), "NotFoundImage")):
        assert refused(call) == (404, code)
    assert other.get_images_by_ids(own.id, image_ids=[image.id]) == []
    other.delete_images(own.id, image_ids=[image.id])
    token = image.thumbnail_uri.rpartition("/")[2]
    for wrong in (token[:-1], token[:20] + ("A" if token[20] != "A" else "B") + token[21:], token + "A"):
        assert fetched(f"{served.endpoint}/customvision/files/{wrong}").status_code == 404
    with pytest.raises(HttpOperationError):
        other.get_artifact(own.id, token)
    assert fetched(image.thumbnail_uri).status_code == 200
    assert client.get_image_count(project.id) == 1


def test_version_3_3_and_letters_of_any_size_are_served_alike(project, served):
    with served.http() as http:
        for prefix in ("/customvision/v3.3/training", "/CustomVision/v3.3/Training", "/customvision/v3.4-Preview/training"):
            answer = http.get(f"{prefix}/projects")
            assert (answer.status_code, [each["id"] for each in answer.json()]) == (200, [project.id])
        created = http.post("/customvision/v3.3/training/projects", params={
            "name": "by 3.3", "exportModelContainerUri": "https://example.com"})
        assert (created.status_code, created.json()["code"]) == (400, "BadRequestNotSupported")
        assert "exportablePlatforms" not in http.get(f"/customvision/v3.3/training/domains/{GENERAL_COMPACT}").json()


def test_only_pictures_of_the_published_kind_come_from_urls(client, project):
    with serving({"good.png": picture(40), "page.html": b"<html>", "large.png": picture(41) + b"\0" * 6_300_000}) as address:
        summary = client.create_images_from_urls(project.id, ImageUrlCreateBatch(images=[
            ImageUrlCreateEntry(url=f"{address}/{name}") for name in ("good.png", "page.html", "large.png", "missing.png")]))

    assert [each.status for each in summary.images] == ["OK", "ErrorImageFormat", "ErrorImageSize", "ErrorSource"]
