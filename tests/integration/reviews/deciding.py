"""A worker whose members decide."""
from __future__ import annotations

from typing import Any

from shared.reviews.decision_models import Action
from shared.reviews.models import Review
from shared.teams.models import Member, Role, Team
from tests.integration.reviews.made_reviews import Worker


class Decider(Worker):
    def member(self, name: str = "Ada", role: Role = Role.MODERATOR, *sub_teams: str) -> Member:
        return self.services.team_members.add(self.store, self.team(), name, "", role, list(sub_teams))[0]

    def next(self, member: Member, sub_team: str | None = None) -> Review | None:
        return self.services.review_queue.next(self.store, self.team(), member, sub_team)

    def decide(self, review: Review | str, member: Member, *codes: str, **options: Any) -> Review:
        review_id = review if isinstance(review, str) else review.id
        return self.services.review_decisions.decide(self.store, self.team(), review_id, member, dict.fromkeys(codes, True), **options)

    def act(self, verb: str, review: Review, member: Member, *arguments: Any) -> Any:
        """A verb of the queue or of decisions."""
        room = self.services.review_queue if hasattr(self.services.review_queue, verb) else self.services.review_decisions
        return getattr(room, verb)(self.store, self.team(), review.id, member, *arguments)

    def history(self, review: Review) -> list[Action]:
        actions, after = self.services.review_decisions.history(self.store, self.team(), review.id)
        assert after is None
        return actions

    def told(self, review: Review) -> list[str]:
        return [action.kind.value for action in self.history(review)]

    def callbacks(self, team: Team | None = None) -> list[str]:
        """What the callbacks are about."""
        found, _ = self.services.callbacks.page(self.store, [team or self.team()], None, None, 1000)
        return [callback.about for _, callback in found]
