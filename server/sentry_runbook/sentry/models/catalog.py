"""What belongs to the organization: releases, deploys, suspect commits, projects, alerts, the token."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AliasPath, BeforeValidator, Field

from sentry_runbook.sentry.models.lenient import (
    Answer,
    Count,
    Flag,
    Id,
    Many,
    Maybe,
    Moment,
    OrEmpty,
    OrNone,
    Person,
    Text,
    read,
)


class Deploy(Answer):
    """A deploy marker of a release."""

    id: Text = None
    environment: Text = None
    date_started: Moment = Field(None, alias="dateStarted")
    date_finished: Moment = Field(None, alias="dateFinished")
    name: Text = None


def _release(value: object) -> object:
    """Null, a version string, ``{"version": …}`` or the full object (rule 4)."""
    return {"version": value} if isinstance(value, str) else value


class Release(Answer):
    """A release; every field but the version may be missing."""

    version: Annotated[Id, Field(min_length=1)]
    date_created: Moment = Field(None, alias="dateCreated")
    date_released: Moment = Field(None, alias="dateReleased")
    first_event: Moment = Field(None, alias="firstEvent")
    last_event: Moment = Field(None, alias="lastEvent")
    new_groups: Count = Field(None, alias="newGroups")
    deploy_count: Count = Field(None, alias="deployCount")
    last_deploy: Maybe[Deploy] = Field(None, alias="lastDeploy")


ReleaseForms = Annotated[Release | None, BeforeValidator(_release), OrNone()]


class Project(Answer):
    """A project."""

    id: Text = None
    slug: Text = None
    name: Text = None
    platform: Text = None


class SuspectCommit(Answer):
    """A commit that may have caused the issue."""

    id: Id
    message: Text = None
    date_created: Moment = Field(None, alias="dateCreated")
    author: Text = None
    pull_request: Text = None


class Committer(Answer):
    """An author and their suspect commits."""

    author: Maybe[Person] = None
    commits: Annotated[list[Any], OrEmpty([])] = Field(default_factory=list)


class Committers(Answer):
    """Answer of the committers endpoint."""

    committers: Many[Committer] = ()

    def suspects(self) -> tuple[SuspectCommit, ...]:
        """All suspect commits with their author and pull request."""
        found: list[dict[str, Any]] = []
        for committer in self.committers:
            for commit in committer.commits:
                if not isinstance(commit, dict):
                    continue
                pull = commit.get("pullRequest")
                number = pull.get("id") if isinstance(pull, dict) else None
                name = f"#{number}" if isinstance(number, str | int) and not isinstance(number, bool) else None
                extra = {"author": committer.author.name if committer.author else None, "pull_request": name}
                found.append({**commit, **extra})
        return read(SuspectCommit, found)


class Workflow(Answer):
    """An alert rule and when it last fired."""

    id: Id
    name: Text = None
    enabled: Flag = None
    last_triggered: Moment = Field(None, alias="lastTriggered")


class Whoami(Answer):
    """What the token may do: ``GET /api/0/``."""

    version: Text = None
    scopes: Annotated[tuple[str, ...] | None, OrNone()] = Field(None, validation_alias=AliasPath("auth", "scopes"))
    user: Maybe[Person] = None


class Organization(Answer):
    """An organization, and the region that holds its data."""

    id: Text = None
    slug: Text = None
    name: Text = None
    region_url: Text = Field(None, validation_alias=AliasPath("links", "regionUrl"))
