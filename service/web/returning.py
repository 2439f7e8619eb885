"""Owns the page on which a person comes back by a link, and asks for a new one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from flask import Blueprint, Flask, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from profiles import DariError, InvalidRecord
from profiles.drafts import known_to
from profiles.links import Kind, LinkError, use_link
from service.holding import hold
from service.language import language
from service.mail import has_mail_server
from service.security import dari
from service.web.draft_ways import begun_here, go_on_url
from service.web.drafts import read_email
from service.web.links import base_url, send_link
from service.wiring import Dari

returning = Blueprint("returning", __name__)

_MOST_OF_ONE = 5


@returning.get("/return")
def enter() -> ResponseReturnValue:
    """Show where the code of a link goes; nothing is used up by opening this page."""
    return _page()


@returning.post("/return")
def come_back() -> ResponseReturnValue:
    """Use a link up, and lead to the draft or the startup that it opens."""
    try:
        link = use_link(dari().store, request.form.get("token", ""), now=datetime.now(UTC))
    except LinkError as error:
        return _page(errors=error.errors), 422
    hold(link.of)
    if link.kind == "draft":
        return redirect(go_on_url(link.of), 303)
    return redirect(url_for("own.status", id=link.of), 303)


@returning.post("/return/new")
def ask() -> ResponseReturnValue:
    """Send new links to an address if it is known; the answer is the same if it is not."""
    try:
        email = read_email(request.form.get("email", ""))
    except InvalidRecord as error:
        return _page(wrong=error.errors, typed=request.form.get("email", "")), 422
    answer = current_app.make_response(_page(asked=True))
    answer.call_on_close(_sending(email))  # how long it takes tells nothing, either
    return answer


def _page(**more: object) -> str:
    mail = has_mail_server(dari().settings)
    return render_template("return.html", has_mail=mail, held=begun_here(), **more)


def _sending(email: str) -> Callable[[], None]:
    """Make what sends the links of an address once the answer is out."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    base, path, lang, engine = base_url(dari()), url_for("returning.enter"), language(), dari()

    def send() -> None:
        with app.app_context():
            _send_all(engine, email, base, path, lang)

    return send


def _send_all(dari: Dari, email: str, base: str | None, path: str, lang: str) -> None:
    drafts, startups = known_to(dari.store, email, datetime.now(UTC))
    wanted: list[tuple[Kind, str]] = [("draft", id) for id in drafts[:_MOST_OF_ONE]]
    wanted += [("startup", id) for id in startups[:_MOST_OF_ONE]]
    for kind, of in wanted:
        try:
            send_link(dari, kind, of, to=email, base=base, path=path, lang=lang)
        except DariError as error:
            current_app.logger.error("A link to %s was not sent: %s", of, type(error).__name__)
