"""Owns the page that opens a round of judging."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from pydantic import Field, StringConstraints
from werkzeug.utils import secure_filename

from profiles import DariError, FieldError, InvalidRecord, Record, Side, validate
from profiles.fields import Whole
from profiles.judgements import JudgingError
from profiles.judging import LONGEST_INSTRUCTIONS, MOST_JUDGES, RoundName
from profiles.rows import unknown_id
from service.language import language
from service.naming import named_on
from service.round_opening import DEEPEST, Opened, Pooling, drawn, listed, open_pooled
from service.security import dari, editor, require_session

if TYPE_CHECKING:
    from werkzeug.datastructures import FileStorage

round_opening = APIBlueprint(
    "round_opening", __name__, url_prefix="/judging/new/round", enable_openapi=False
)
round_opening.before_request(require_session)

MOST_STARTUPS = 200
"""How many startups the page pools for: up to 4,000 pairs of the usual four systems and depth."""

MOST_PARTNERS = 10_000
"""Among how many partners the page pools; ten seconds or so. The command knows no limit."""

_LONGEST_LIST = 50_000
_USUAL: Mapping[str, Any] = {"choose": "sample", "sample": 20, "seed": 1, "depth": 5, "judges": 2}


class _Asked(Record):
    name: RoundName
    sample: Annotated[Whole, Field(ge=1, le=MOST_STARTUPS)] = 1
    seed: Whole = 1
    startups: Annotated[str, StringConstraints(max_length=_LONGEST_LIST)] = ""
    depth: Annotated[Whole, Field(ge=1, le=DEEPEST)]
    judges: Annotated[Whole, Field(ge=1, le=MOST_JUDGES)]
    instructions: Annotated[str, StringConstraints(max_length=LONGEST_INSTRUCTIONS)] = ""


@dataclass(frozen=True, slots=True)
class _Refused:
    """What is wrong in one field of the form, in the reader's language."""

    rule: str
    remedy: str


@round_opening.get("")
def new() -> ResponseReturnValue:
    """Offer to open a round."""
    from evaluation import POOLED

    return _form(_USUAL, POOLED, {})


@round_opening.post("")
def start() -> ResponseReturnValue:
    """Pool pairs, and open a round of them."""
    try:
        made = _opened()
    except InvalidRecord as error:
        return _form(request.form, request.form.getlist("systems"), _told(error)), 422
    except DariError as error:
        refused = {"runs": _Refused(*_of_run(error))}
        return _form(request.form, request.form.getlist("systems"), refused), 422
    text = gettext(
        "The round is open: %(pairs)s pairs of %(startups)s startups wait to be judged.",
        pairs=f"{made.pairs:,}",
        startups=f"{made.startups:,}",
    )
    flash(text, "success")
    return redirect(url_for("judging.outcome", name=made.round.name), 303)


def _opened() -> Opened:
    is_listed = request.form.get("choose") == "listed"
    asked = validate(_Asked, _raw("startups" if is_listed else "sample"))
    _check_size()
    with TemporaryDirectory() as folder:
        return open_pooled(
            dari(),
            asked.name,
            lambda: _listed(asked) if is_listed else drawn(dari(), asked.sample, asked.seed),
            Pooling(_systems(), _run_files(Path(folder)), asked.depth, asked.seed),
            judges=asked.judges,
            instructions=asked.instructions,
            by=editor(),
        )


def _raw(chosen: str) -> dict[str, str]:
    """Read the fields that were filled in; of the two ways to choose startups one alone counts."""
    names = ("name", chosen, "seed", "depth", "judges", "instructions")
    raw = {name: request.form.get(name, "").strip() for name in names}
    if not raw[chosen]:
        raise InvalidRecord([FieldError(chosen, "missing", "")])
    return {name: value for name, value in raw.items() if value}


def _check_size() -> None:
    held = dari().store.count(Side.PARTNER)
    if held > MOST_PARTNERS:
        raise JudgingError("name", "judging_large", held, limit=f"{MOST_PARTNERS:,}")


def _listed(asked: _Asked) -> list[str]:
    found = listed(dari(), asked.startups.splitlines(), _startup)
    if len(found) > MOST_STARTUPS:
        raise JudgingError("startups", "judging_many", len(found), limit=MOST_STARTUPS)
    return found


def _startup(text: str) -> str:
    """Find the startup of an id or of a name of its own; one that is merely like it is none."""
    found, _ = named_on(dari(), Side.STARTUP, text)
    if found is None:
        raise unknown_id(text)
    return found.id


def _systems() -> list[str]:
    from evaluation import systems

    given = request.form.getlist("systems")
    for one in given:
        if one not in systems():
            raise InvalidRecord([FieldError("systems", "value", one)])
    if not given and not _uploads():
        raise InvalidRecord([FieldError("systems", "missing", "")])
    return given


def _uploads() -> list[FileStorage]:
    return [one for one in request.files.getlist("runs") if one.filename]


def _run_files(folder: Path) -> list[Path]:
    """Keep the run files that were sent, each under its own name as far as a file can have it."""
    kept = []
    for number, one in enumerate(_uploads(), 1):
        place = folder / str(number)
        place.mkdir()
        kept.append(place / (secure_filename(one.filename or "") or f"run-{number}.run"))
        one.save(kept[-1])
    return kept


def _told(error: InvalidRecord) -> dict[str, _Refused]:
    """Give what is wrong by field; what belongs to none of the form stands beside the name."""
    fields = {*_Asked.model_fields, "systems"}
    named = {"run": "runs", "pairs": "depth"}
    return {
        (where if (where := named.get(one.field, one.field)) in {*fields, "runs"} else "name"):
        _Refused(one.rule(language()), one.remedy(language()))
        for one in error.errors
    }  # fmt: skip


def _of_run(error: DariError) -> tuple[str, str]:
    """Tell what is wrong with a run file; other errors are answered elsewhere."""
    from evaluation import RunError

    if not isinstance(error, RunError):
        raise error
    return error.told(language())


def _form(given: Mapping[str, Any], ticked: Sequence[str], refused: Mapping[str, _Refused]) -> str:
    from evaluation import systems

    known = {"systems": systems(), "names": _system_names(), "most_judges": MOST_JUDGES}
    limits = {"most": MOST_STARTUPS, "deepest": DEEPEST, "longest": LONGEST_INSTRUCTIONS}
    return render_template(
        "round_new.html", given=given, ticked=ticked, refused=refused, **known, **limits
    )


def _system_names() -> dict[str, str]:
    return {
        "dari": gettext("Dari, with the model in use"),
        "bm25": gettext("Words in common (BM25)"),
        "dense": gettext("Nearness of meaning"),
        "popularity": gettext("Partners with the most ties"),
        "popularity_region": gettext("Partners with the most ties, the startup’s region first"),
        "rule": gettext("A plain rule of sector and region"),
        "random": gettext("Chance"),
    }
