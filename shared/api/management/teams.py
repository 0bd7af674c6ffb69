"""Teams and their sub-teams: the wire."""
from __future__ import annotations

from datetime import datetime

from shared.api.management.ownership import AccountOrMePath
from shared.api.management.team_paths import (
    TEAM,
    TEAMS,
    DeletionReceipt,
    TeamName,
    TeamPath,
    deletion_begun,
    store_of,
    team_of,
)
from shared.api.management.wire import Wire, api
from shared.errors import Conflict, NotFound
from shared.http.operation import Auth, Call, Reply
from shared.teams.models import SubTeam, Team


class SubTeamPath(TeamPath):
    sub_team_name: TeamName


class NewTeam(Wire):
    """A name has 1 to 64 letters, digits, `-` and `_`, and is told from others without case."""

    name: TeamName


class TeamBody(Wire):
    """`id` is what receipts name the team by."""

    name: str
    id: str
    created_at: datetime

    @classmethod
    def of(cls, team: Team) -> TeamBody:
        return cls(name=team.name, id=team.generation, created_at=team.created_at)


class TeamList(Wire):
    value: list[TeamBody]


class SubTeamBody(Wire):
    name: str
    created_at: datetime

    @classmethod
    def of(cls, sub_team: SubTeam) -> SubTeamBody:
        return cls(name=sub_team.name, created_at=sub_team.created_at)


class SubTeamList(Wire):
    value: list[SubTeamBody]


@api.operation("POST", TEAMS, auth=Auth.ACCOUNT, success=(201,), errors=(NotFound, Conflict))
def create_team(call: Call, path: AccountOrMePath, body: NewTeam) -> Reply[TeamBody]:
    """Make a team, with the sub-team `public` and the tags `a` and `r`. 409 where a team has the name; 100 teams at the most."""
    team = call.services.teams.create(store_of(call, path), body.name)
    return Reply(TeamBody.of(team), headers={"Location": f"{call.endpoint}/accounts/{path.account_id}/teams/{team.name}"})


@api.operation("GET", TEAMS, auth=Auth.ACCOUNT, errors=(NotFound, Conflict))
def list_teams(call: Call, path: AccountOrMePath) -> TeamList:
    """All teams of the account, by name."""
    return TeamList(value=[TeamBody.of(team) for team in call.services.teams.list(store_of(call, path))])


@api.operation("GET", TEAM, auth=Auth.ACCOUNT, errors=(NotFound, Conflict))
def get_team(call: Call, path: TeamPath) -> TeamBody:
    """One team, by its name."""
    return TeamBody.of(team_of(call, path)[1])


@api.operation("DELETE", TEAM, auth=Auth.ACCOUNT, success=(202,), errors=(NotFound, Conflict), audit_targets=("teamName",))
def delete_team(call: Call, path: TeamPath) -> Reply[DeletionReceipt]:
    """Delete a team and everything of it: reviews with their content and history, tags, members, sub-teams, workflows.

    All of it is gone at once for everybody, and a job deletes it; archives of exports that hold some of it are deleted too. The
    receipt is at `Operation-Location` when that is done. Source: the button Delete Team of Content Moderator's review tool.
    """
    return deletion_begun(call, call.services.teams.delete(store_of(call, path), path.team_name, call.caller.name))


@api.operation("GET", f"{TEAM}/subTeams", auth=Auth.ACCOUNT, errors=(NotFound, Conflict))
def list_sub_teams(call: Call, path: TeamPath) -> SubTeamList:
    """The sub-teams that reviews can be given to, `public` first."""
    return SubTeamList(value=[SubTeamBody.of(sub_team) for sub_team in call.services.teams.sub_teams(*team_of(call, path))])


@api.operation("POST", f"{TEAM}/subTeams", auth=Auth.ACCOUNT, success=(201,), errors=(NotFound, Conflict), audit_targets=("teamName",))
def add_sub_team(call: Call, path: TeamPath, body: NewTeam) -> Reply[SubTeamBody]:
    """Make a sub-team. 409 where one has the name; 100 in a team at the most."""
    return Reply(SubTeamBody.of(call.services.teams.add_sub_team(*team_of(call, path), body.name)))


@api.operation("DELETE", f"{TEAM}/subTeams/{{subTeamName}}", auth=Auth.ACCOUNT, success=(204,), errors=(NotFound, Conflict),
               audit_targets=("teamName", "subTeamName"))
def delete_sub_team(call: Call, path: SubTeamPath) -> None:
    """Delete a sub-team; its reviews stay with the team. 409 for `public`, and while a member is restricted to it."""
    call.services.teams.delete_sub_team(*team_of(call, path), path.sub_team_name)
