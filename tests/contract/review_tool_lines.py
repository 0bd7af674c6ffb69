"""Every page and form of the review tool: what it is asked with, and what each role is answered. A new one needs a line in LINES."""
from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from shared.accounts.models import Account
from shared.api.review_ui import REVIEW_TOOL
from shared.blocklists.models import NewItem
from shared.http.operation import Auth, Operation
from shared.reviews.decision_models import OWNER
from shared.reviews.models import ReviewStatus, ReviewType
from shared.reviews.rules import NewFrame, NewReview
from shared.services import Services
from shared.storage.account_store import AccountStore
from shared.teams.models import Member, Role, Team
from shared.workflows.models import BUILT_IN, ContentType, Workflow
from tests.contract.in_process import InProcess
from tests.contract.review_tool_visitor import Visitor
from tests.pictures import encoded, picture, pixels

OPERATIONS = {operation.name: operation for operation in REVIEW_TOOL.operations if operation.auth is Auth.SESSION}
ROLES = (Role.READER, Role.MODERATOR, Role.ADMIN, None)
"""None is the owner of the account."""
EXPRESSION = '{"Type": "Condition", "OutputName": "isAdult", "Operator": "eq", "Value": "true"}'
PICTURE = encoded(pixels(1))
TRANSCRIPT = "WEBVTT\n\n00:01.000 --> 00:02.000\nwords\n"


@dataclass
class Place:
    """Where somebody asks: an account with a team of which they are a member, or whose owner they are."""

    services: Services
    account: AccountStore
    team: Team
    member: Member
    visitor: Visitor

    @property
    def decider(self) -> Member:
        return self.member if self.member.role.may_decide else OWNER

    def review(self, new: NewReview | None = None) -> str:
        return self.services.reviews.create(self.account, self.team, [new or NewReview(ReviewType.TEXT, "a text", "an id")])[0]

    def decided(self) -> str:
        review_id = self.review()
        self.services.review_decisions.decide(self.account, self.team, review_id, self.decider, {})
        return review_id

    def video(self) -> str:
        review_id = self.review(NewReview(ReviewType.VIDEO, "https://videos.example/1", "an id", status=ReviewStatus.PENDING,
                                          timescale=1000, frames=(NewFrame(1, PICTURE),)))
        self.services.review_videos.set_transcript(self.account, self.team, review_id, TRANSCRIPT)
        return review_id

    def tag(self) -> str:
        self.services.review_tags.put(self.account, self.team, "sp", "spam")
        return "sp"

    def other_member(self) -> str:
        return self.services.team_members.add(self.account, self.team, "Bo", "", Role.READER)[0].id

    def sub_team(self) -> str:
        return self.services.teams.add_sub_team(self.account, self.team, "night").name

    def workflow(self) -> str:
        expression = BUILT_IN[ContentType.TEXT].expression
        self.services.workflows.put(self.account, self.team, Workflow("mine", "", ContentType.TEXT, expression))
        return "mine"

    def blocklist(self) -> str:
        self.services.blocklists.upsert(self.account, "words", "")
        return "words"

    def item(self) -> str:
        return self.services.blocklists.add_items(self.account, "words", [NewItem("kraken", None, False)])[0].id

    def term_list(self) -> str:
        return str(self.services.term_lists.create(self.account, "terms", "", {}).number)

    def image_list(self) -> str:
        number = self.services.image_lists.create(self.account, "images", "", {}).number
        self.services.image_lists.add(self.account, number, picture(2), (), "")
        return str(number)

    def image(self) -> str:
        newest = max(each.number for each in self.services.image_lists.all(self.account))
        return str(self.services.image_lists.content_ids(self.account, newest)[0])

    def export(self) -> str:
        if self.member is not OWNER:  # whatever there is, members are told of none
            return "0" * 32
        export_id = self.services.exports.start(self.account).id
        self.services.exports.run(self.account.account_id, export_id)
        return export_id

    def consent(self) -> str:
        self.services.sample_content.agree(self.account, "a statement", "test")
        return ""


Made = str | Callable[[Place], str]


@dataclass(frozen=True)
class Line:
    """What a reader, a moderator, an admin and the owner are answered; what the path names; and what is sent."""

    answers: tuple[int, int, int, int]
    path: Mapping[str, Made] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    before: Callable[[Place], str] | None = None


ALL = (200, 200, 200, 200)
ALL_ON = (303, 303, 303, 303)
DECIDERS = (403, 303, 303, 303)
ADMINS = (403, 403, 200, 200)
ADMINS_ON = (403, 403, 303, 303)
OWNERS = (404, 404, 404, 200)
OWNERS_ON = (404, 404, 404, 303)
LINES = {
    "page_start": Line(ALL_ON),
    "form_sign_out": Line(ALL_ON),
    "page_teams": Line(OWNERS),
    "page_queue": Line(ALL),
    "form_next_item": Line(DECIDERS, before=Place.review),
    "page_history": Line(ALL),
    "page_item": Line(ALL, {"reviewId": Place.video}),
    "page_item_content": Line(ALL, {"reviewId": Place.review}),
    "page_item_frame": Line(ALL, {"reviewId": Place.video, "timestamp": "1"}),
    "page_item_transcript": Line(ALL, {"reviewId": Place.video}),
    "form_decide": Line(DECIDERS, {"reviewId": Place.review}, {"tags": ["a"], "comment": "clear"}),
    "form_skip": Line(DECIDERS, {"reviewId": Place.review}),
    "form_comment": Line(DECIDERS, {"reviewId": Place.review}, {"comment": "look"}),
    "form_second_opinion": Line(DECIDERS, {"reviewId": Place.decided}),
    "form_appeal": Line(DECIDERS, {"reviewId": Place.decided}, {"comment": "not so"}),
    "form_undo": Line(DECIDERS, {"reviewId": Place.decided}),
    "page_tags": Line(ALL),
    "page_put_tag": Line(ADMINS_ON, fields={"code": "sp", "name": "spam"}),
    "page_delete_tag": Line(ADMINS, {"code": Place.tag}),
    "page_members": Line(ADMINS),
    "page_add_member": Line(ADMINS, fields={"name": "Cy", "email": "cy@garden.example", "role": "reader"}),
    "page_change_member": Line(ADMINS_ON, {"memberId": Place.other_member}, {"role": "moderator"}),
    "page_renew_code": Line(ADMINS, {"memberId": Place.other_member}),
    "page_delete_member": Line(ADMINS, {"memberId": Place.other_member}),
    "page_add_sub_team": Line(ADMINS_ON, fields={"name": "day"}),
    "page_delete_sub_team": Line(ADMINS_ON, fields={"name": Place.sub_team}),
    "page_delete_team": Line(ADMINS, fields={"confirmation": lambda place: place.team.name}),
    "page_workflows": Line(ALL),
    "page_create_workflow": Line(ADMINS_ON, fields={"name": "new", "type": "Image", "expression": EXPRESSION}),
    "page_workflow": Line(ALL, {"workflowName": Place.workflow}),
    "page_put_workflow": Line(ADMINS_ON, {"workflowName": Place.workflow}, {"type": "Image", "expression": EXPRESSION}),
    "page_delete_workflow": Line(ADMINS_ON, {"workflowName": Place.workflow}),
    "page_test_workflow": Line(ALL, {"workflowName": Place.workflow}, {"text": "words"}),
    "page_try": Line(ALL),
    "page_try_text": Line(ALL, fields={"text": "words"}),
    "page_try_image": Line(ALL, fields={"image": PICTURE}),
    "page_lists": Line(ALL),
    "page_create_list": Line(ADMINS_ON, fields={"kind": "blocklist", "name": "new"}),
    "page_blocklist": Line(ALL, {"name": Place.blocklist}),
    "page_add_blocklist_item": Line(ADMINS_ON, {"name": Place.blocklist}, {"text": "kraken"}),
    "page_remove_blocklist_item": Line(ADMINS_ON, {"name": Place.blocklist}, {"id": Place.item}),
    "page_delete_blocklist": Line(ADMINS_ON, {"name": Place.blocklist}),
    "page_term_list": Line(ALL, {"number": Place.term_list}),
    "page_add_term": Line(ADMINS_ON, {"number": Place.term_list}, {"language": "eng", "term": "kraken"}),
    "page_remove_term": Line(ADMINS_ON, {"number": Place.term_list}, {"language": "eng", "term": "kraken"}),
    "page_delete_term_list": Line(ADMINS_ON, {"number": Place.term_list}),
    "page_image_list": Line(ALL, {"number": Place.image_list}),
    "page_add_image": Line(ADMINS_ON, {"number": Place.image_list}, {"image": PICTURE}),
    "page_remove_image": Line(ADMINS_ON, {"number": Place.image_list}, {"id": Place.image}),
    "page_delete_image_list": Line(ADMINS_ON, {"number": Place.image_list}),
    "page_data": Line(OWNERS),
    "page_start_export": Line(OWNERS_ON),
    "page_download_export": Line(OWNERS_ON, {"exportId": Place.export}),
    "page_export_progress": Line(OWNERS, {"exportId": Place.export}),
    "page_delete_export": Line(OWNERS_ON, {"exportId": Place.export}),
    "page_agree": Line(OWNERS_ON),
    "page_revoke_consent": Line(OWNERS, before=Place.consent),
    "page_audit": Line(OWNERS),
    "page_receipts": Line(OWNERS),
    "page_receipt": Line(OWNERS_ON, query={"id": "0" * 32}),
    "page_delete_account": Line(OWNERS, fields={"confirmation": lambda place: place.account.account_id}),
}


def place_in(app: InProcess, services: Services, account: Account, key: str, role: Role | None) -> Place:
    """A place for somebody of a role, in a new team of the account."""
    store = services.accounts.open(account)
    team = services.teams.create(store, f"team-{role.value if role else 'owner'}")
    member, code = (OWNER, key) if role is None else services.team_members.add(store, team, "Ann", "", role)
    visitor = Visitor(app)
    assert visitor.sign_in(code).status == 303
    visitor.get("/review/try")
    return Place(services, store, team, member, visitor)


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    fields: Mapping[str, object]

    @classmethod
    def of(cls, operation: Operation, place: Place, path: Mapping[str, str] | None = None) -> Request:
        """What the operation's line says, made in this place. `path` names what is meant instead of what the line makes."""
        line = LINES[operation.name]
        if line.before:
            line.before(place)
        made = {name: value(place) if callable(value) else value for name, value in {"teamName": place.team.name, **line.path}.items()}
        made |= path or {}
        address = re.sub(r"{(\w+)}", lambda name: quote(made[name[1]], safe=""), f"/{operation.route}")
        fields = {name: value(place) if callable(value) else value for name, value in line.fields.items()}
        return cls(operation.method, f"{address}?{urlencode(line.query)}" if line.query else address, fields)

    def send(self, visitor: Visitor, *, csrf: str | None = "", **headers: str) -> int:
        """The status of the answer. `csrf` is the visitor's own where it is empty; None sends none."""
        if self.method == "GET":
            return visitor.get(self.path).status
        return visitor.post(self.path, {**self.fields, "csrf": visitor.csrf if csrf == "" else csrf}, **headers).status
