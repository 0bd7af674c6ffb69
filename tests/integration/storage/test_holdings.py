"""What is stored for an account after everything was used: declared kinds with their declared plain properties, no more."""
from __future__ import annotations

from shared.accounts.audit_trail import Deed
from shared.bootstrap import services_of
from shared.classifiers.image_uploads import NewImage
from shared.classifiers.models import Box
from shared.classifiers.project_service import ProjectSettings
from shared.classifiers.training_service import TrainingOptions
from shared.image_lists.intake import new_hash
from shared.reviews.models import KeyValue, ReviewStatus, ReviewType, TranscriptTerms
from shared.reviews.rules import NewFrame, NewReview
from shared.services import Services
from shared.storage.account_store import AccountStore
from shared.storage.holdings import HOLDINGS, Shape
from shared.teams.models import Role
from shared.term_lists.models import TermLine
from shared.workflows.models import ContentType, Workflow
from tests.integration.blocklists.lists import COMPACTING, Worker, new_name
from tests.integration.classifiers.projects import COMPACT
from tests.pictures import encoded, picture, pixels


def use_everything(settings, account) -> None:
    """Grows with the service: whatever keeps something for an account belongs here."""
    worker = Worker(settings, account.account)
    first, second = new_name(), new_name()
    worker.create(first, "apple", "pear")
    worker.add(first, "gr[ae]y", is_regex=True, description="a colour")
    worker.lists.upsert(worker.store, first, "described")
    worker.fill(first, COMPACTING)
    worker.indexes.compact(worker.store, first)
    worker.append_made_up(first, 600)
    worker.create(second, "plum")
    worker.remove(first, "pear")
    worker.matched(first, ["apple", "grey"])
    services = services_of(settings)
    use_term_lists(services, worker.store)
    use_image_lists(services, worker.store)
    use_classifiers(services, worker.store)
    use_teams(services, worker.store)
    use_reviews(services, worker.store)
    use_workflows(services, worker.store)
    services.exports.run(account.account.id, services.exports.start(worker.store).id)
    upload = services.imports.create(worker.store, 1, "0" * 64)
    services.imports.put_part(worker.store, upload.id, 1, b"x")
    services.imports.start(worker.store, upload.id)
    services.erasures.erase_kinds(worker.store, ["consent"], "kind", "key1")
    services.key_uses.notice(worker.store, Deed("key_used_from_new_address", "key1", "192.0.2.0/24", "request"))
    services.sample_content.agree(worker.store, "a statement", "key1")
    services.sample_content.submit(worker.store, "a text", "a note", {"Hate": 0}, "key1")
    services.cached_images.keep(worker.store, b"a picture", "image/gif")


def use_term_lists(services: Services, store: AccountStore) -> None:
    number = services.term_lists.create(store, "a list", "described", {"a": "b"}).number
    services.term_lists.add(store, number, "eng", "leek")
    services.term_lists.import_terms(store, number, "fra", [TermLine(at, f"chou {at}") for at in range(600)])
    services.term_matcher.match(store, number, "a leek", None)


def use_teams(services: Services, store: AccountStore) -> None:
    team = services.teams.create(store, "Seasons")
    services.teams.add_sub_team(store, team, "Night-Shift")
    services.team_members.add(store, team, "Ann", "ann@example.org", Role.MODERATOR, ["night-shift"])
    services.review_tags.put(store, team, "sp", "spam", "Unasked advertising.")


def use_image_lists(services: Services, store: AccountStore) -> None:
    number = services.image_lists.create(store, "a list", "described", {"a": "b"}).number
    services.image_lists.add(store, number, picture(1), (101,), "a label")
    hashes = ((at, new_hash(f"{at:064x}", 100)) for at in range(600))
    list(services.image_lists.import_images(store, number, hashes, 1000))
    services.image_lists.match(store, picture(1), None)


def use_classifiers(services: Services, store: AccountStore) -> None:
    classifiers = services.classifiers
    project = classifiers.projects.create(store, "a project", "described", ProjectSettings(COMPACT, "Multilabel"))
    tag = classifiers.tags.create(store, project, "a tag", "described", None)
    classifiers.uploads.create(store, project, [
        NewImage(None, encoded(pixels(number, width, 40)), (tag.id,), ((tag.id, Box(0, 0, 0.5, 0.5)),))
        for number, width in ((1, 40), (2, 1200))], (), {"a": "b"})
    other = classifiers.tags.create(store, project, "another tag", None, None)
    for each, start in ((tag, 10), (other, 20)):
        classifiers.uploads.create(
            store, project, [NewImage(None, encoded(pixels(number))) for number in range(start, start + 5)], [each.id])
    iteration = classifiers.training.train(store, project.id, TrainingOptions())
    classifiers.training_job.run(store, project.id, iteration.id)
    classifiers.iterations.publish(store, project, iteration.id, "a name", "a resource", overwrite=False)
    classifiers.predictions.classify(store, project, "a name", encoded(pixels(30)), store=True, application="a shop")
    classifiers.exports.start(store, project, iteration.id, "ONNX", None)
    classifiers.exports.run(store, project.id, iteration.id, "ONNX")
    classifiers.deletion.delete_later(store, project, None, all_iterations=False)


def use_workflows(services: Services, store: AccountStore) -> None:
    team = services.teams.create(store, "workflows")
    services.workflows.put(store, team, Workflow("mine", "", ContentType.IMAGE, {
        "Type": "Condition", "OutputName": "isAdult", "Operator": "eq", "Value": "true"}))
    services.review_jobs.create(store, team, "default", ContentType.TEXT, "apple", "1", "")
    services.callbacks.keys.get(store)
    services.callbacks.send(store, team, "https://example.com/", {"JobId": "1"}, "1")


def use_reviews(services: Services, store: AccountStore) -> None:
    team = services.teams.create(store, "Reviewers")
    frames = (NewFrame(1, encoded(pixels(1))), NewFrame(2, encoded(pixels(2))))
    _, clip = services.reviews.create(store, team, [
        NewReview(ReviewType.TEXT, "a text", "an id", (KeyValue("a", "b"),)),
        NewReview(ReviewType.VIDEO, "https://videos.example/", "an id", status=ReviewStatus.UNPUBLISHED, frames=frames)])
    services.review_videos.set_transcript(store, team, clip, "WEBVTT")
    services.review_videos.set_transcript_terms(store, team, clip, [TranscriptTerms(1, ((1, "a term"),))])
    reviewer, code = services.team_members.add(store, team, "Bea", "", Role.MODERATOR, [])
    review = services.review_queue.next(store, team, reviewer)
    services.sessions.sign_in(code, "192.0.2.0/24", lambda session: None)
    services.review_decisions.comment(store, team, review.id, reviewer, "a comment")


def test_every_row_is_of_a_declared_kind_with_the_declared_plain_properties(settings, account, raw_tables):
    use_everything(settings, account)
    declared = {holding.kind: holding for holding in HOLDINGS if holding.shape is Shape.RECORD}
    seen = set()
    for row in raw_tables.get_table_client(f"a{account.account.id}").list_entities():
        holding = declared[row["PartitionKey"].partition("|")[0]]
        assert set(row) == {"PartitionKey", "RowKey", "payload", *holding.plain}
        seen.add(holding.kind)
    assert seen == set(declared), "a declared kind that is not used here cannot be judged: let use_everything make one"


def test_every_blob_is_of_a_declared_kind_without_metadata_or_tags(settings, account, raw_blobs):
    use_everything(settings, account)
    declared = {holding.kind for holding in HOLDINGS if holding.shape is Shape.BLOB}
    blobs = list(raw_blobs.get_container_client(f"a{account.account.id}").list_blobs(include=["metadata", "tags", "uncommittedblobs"]))
    assert {blob.name.partition("/")[0] for blob in blobs} == declared
    for blob in blobs:
        assert not blob.metadata and not blob.tags
        assert blob.content_settings.content_type == "application/octet-stream"


def test_kinds_are_declared_once_and_whole():
    assert len({holding.kind for holding in HOLDINGS}) == len(HOLDINGS)
    for holding in HOLDINGS:
        assert "|" not in holding.kind and "/" not in holding.kind
        assert all((holding.keeps, holding.key, holding.retention))
        assert holding.shape is Shape.RECORD or not holding.plain
        assert not set(holding.plain) & {"payload", "PartitionKey", "RowKey", "Timestamp", *holding.content}
