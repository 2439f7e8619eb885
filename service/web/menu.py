"""Owns the menu: which links there are, in which order, and what somebody must be allowed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from flask import current_app, request, url_for
from flask_babel import lazy_gettext as _l

from service.access import Action, Thing, current_user, may

_KEPT = 100


@dataclass(frozen=True, slots=True)
class Link:
    """One link of the menu.

    Attributes:
        endpoint: where it leads; a link to an endpoint that there is not is left out.
        text: what it is called, translated when it is shown.
        action: what the reader must be allowed to do ...
        thing: ... with what.
        values: the values of its address.
        more: whether it stands under "More", so that the bar stays short on a telephone.
        also: endpoints, or blueprints with a dot at the end, on whose pages it is the present one.
    """

    endpoint: str
    text: Any
    action: Action
    thing: Thing
    values: Mapping[str, str] = field(default_factory=dict)
    also: tuple[str, ...] = ()
    more: bool = False

    @property
    def url(self) -> str:
        """Where it leads."""
        return _address(self.endpoint, tuple(self.values.items()), request.script_root)

    @property
    def is_present(self) -> bool:
        """Whether the page that is shown is one of its own."""
        here = request.endpoint or ""
        if here == self.endpoint:
            return dict(self.values).items() <= dict(request.view_args or {}).items()
        return any(here == one or (one[-1] == "." and here.startswith(one)) for one in self.also)


@lru_cache(maxsize=_KEPT)
def _address(endpoint: str, values: tuple[tuple[str, str], ...], _root: str) -> str:
    """Give the address of a link, which is the same on all pages under one root."""
    return url_for(endpoint, _external=False, **dict(values))


LINKS = (
    Link(
        "public.new_startup",
        _l("Submit a startup"),
        "edit",
        "submission",
        also=("public.submit_startup",),
    ),
    Link("account.mine", _l("My page"), "see", "own", also=("own.status", "own.ask_erasure")),
    Link("answers.own_cases", _l("Introductions"), "see", "answer", also=("answers.own_case",)),
    Link("staff.profiles", _l("Startups"), "see", "workbench", {"side": "startups"}),
    Link("staff.profiles", _l("Partners"), "see", "workbench", {"side": "partners"}),
    Link("staff.programmes", _l("Programmes"), "see", "workbench", more=True),
    Link("pipeline.board", _l("Pipeline"), "see", "workbench", also=("pipeline.", "cases.")),
    Link(
        "duplicates.overview", _l("Duplicates"), "see", "workbench", {}, ("duplicates.",), more=True
    ),
    Link("judging.overview", _l("Judging"), "see", "rounds", also=("judging.", "round_opening.")),
    Link(
        "evaluations.overview",
        _l("Evaluations"),
        "see",
        "evaluation",
        also=("evaluations.", "test_sets."),
        more=True,
    ),
    Link(
        "cohorts.overview",
        _l("Cohorts"),
        "see",
        "workbench",
        {},
        ("cohorts.", "assignments.", "programmes."),
        more=True,
    ),
    Link(
        "reviews.queue",
        _l("Requests about decisions"),
        "see",
        "workbench",
        {},
        ("reviews.queue", "reviews.one", "reviews.new"),
        more=True,
    ),
    Link("meets.own_events", _l("Events"), "see", "answer", also=("meets.own_event",)),
    Link("events.overview", _l("Events"), "see", "workbench", {}, ("events.",), more=True),
    Link("geography.map", _l("Map"), "see", "workbench", more=True),
    Link(
        "pairing.planner", _l("Regional planner"), "see", "workbench", {}, ("pairing.",), more=True
    ),
    Link("models.overview", _l("Models"), "see", "models", {}, ("models.",), more=True),
    Link("keys.overview", _l("API keys"), "see", "keys", {}, ("keys.",), more=True),
    Link("accounts.overview", _l("Accounts"), "edit", "accounts", {}, ("accounts.",), more=True),
)
"""The links, in their order. To add one, add a line; its row stands in service/access.py."""


def menu() -> list[Link]:
    """Give the links that the reader may follow."""
    known, user = current_app.view_functions, current_user()
    return [one for one in LINKS if one.endpoint in known and may(one.action, one.thing, user)]
