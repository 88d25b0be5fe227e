"""What somebody gets who may not pass: a message, and the way to the login page.

Nothing is decided here about who may pass; that is the guards' business.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from inspect import iscoroutine
from typing import Any, Final, cast
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from flask import (
    Blueprint,
    current_app,
    flash,
    jsonify,
    redirect,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import (
    HTTPException,
    ServiceUnavailable,
    Unauthorized,
    default_exceptions,
)
from werkzeug.urls import iri_to_uri
from werkzeug.wrappers import Response

from . import awaited, config
from .names import Names
from .signals import tell, user_needs_refresh, user_unauthorized
from .state import app_at_hand, config_of, state
from .words import View, Words

RETRY_AFTER: Final = 1
"""Seconds until the register is asked again."""


def unauthorized(words: Words, names: Names) -> ResponseReturnValue:
    """Answer a stranger.

    Raises:
        werkzeug.exceptions.Unauthorized: there is no login view to send them to.

    """
    tell(user_unauthorized, app_at_hand(), words.name)
    if words.unauthorized_callback:
        return _said_by(words.unauthorized_callback(), "unauthorized_handler")
    view = _login_view(words.blueprint_login_views, words.login_view)
    said = words.login_message, words.login_message_category
    return _answer(words, names, view, said, "login_required")


def needs_refresh(words: Words, names: Names) -> ResponseReturnValue:
    """Answer somebody whose proof is too old.

    Raises:
        werkzeug.exceptions.Unauthorized: there is no refresh view to send them to.

    """
    tell(user_needs_refresh, app_at_hand(), words.name)
    if words.needs_refresh_callback:
        return _said_by(words.needs_refresh_callback(), "needs_refresh_handler")
    said = words.needs_refresh_message, words.needs_refresh_message_category
    # The error's name is that of RFC 9470.
    error = "insufficient_user_authentication"
    return _answer(words, names, words.refresh_view, said, error)


def is_refusal(status: object) -> bool:
    """Tell whether it is a status to refuse with (RFC 9110, 15.5 and 15.6)."""
    try:
        return HTTPStatus(cast("int", status)) >= HTTPStatus.BAD_REQUEST
    except ValueError:
        return False


def refuse(status: int) -> ResponseReturnValue:
    """Answer somebody signed in who may not pass; a program gets it as JSON.

    Raises:
        werkzeug.exceptions.HTTPException: of that status, for the error handlers.

    """
    if not _wants_json():
        known = default_exceptions.get(status, HTTPException)
        refusal = known(HTTPStatus(status).description or None)
        refusal.code = status
        raise refusal
    error = HTTPStatus(status).phrase.lower().replace(" ", "_")
    answer = jsonify({"error": error})
    answer.status_code = status
    return answer


def unavailable() -> ResponseReturnValue:
    """Answer where it cannot be known who asks.

    Raises:
        werkzeug.exceptions.ServiceUnavailable: always; it says when to try again.

    """
    raise ServiceUnavailable(retry_after=RETRY_AFTER)


def _said_by(answer: Any, handler: str) -> ResponseReturnValue:
    given = awaited.wait_for(answer, handler) if iscoroutine(answer) else answer
    return cast("ResponseReturnValue", given)


def _answer(
    words: Words, names: Names, view: View | None, said: tuple[Any, str], error: str
) -> ResponseReturnValue:
    """Give each the answer that they can use: a page, JSON, or what htmx follows."""
    challenge = words.www_authenticate
    if _wants_json():
        at = _on_forced_host(expand_login_view(view)) if view else None
        body = {"error": error, "message": _text(words, said[0]), "login_url": at}
        return _refused(jsonify(body), challenge)
    if not view:
        known = WWWAuthenticate.from_header(challenge)
        raise Unauthorized(www_authenticate=known)
    _tell(words, *said)
    answer = _send_to(view, names)
    if "HX-Request" not in request.headers:
        return answer
    # htmx would put the page that a redirect leads to into the place of a part.
    part = current_app.response_class("")
    part.headers["HX-Redirect"] = answer.location or ""
    return _refused(part, challenge)


def _refused(answer: Response, challenge: str | None) -> Response:
    """Make it a 401; finished, for Flask-RESTful takes a tuple's first for data."""
    answer.status_code = 401
    if challenge:
        answer.headers["WWW-Authenticate"] = challenge
    return answer


def _wants_json() -> bool:
    """Tell whether it was a program that asked, and not a person by their browser."""
    headers, accepted = request.headers, request.accept_mimetypes
    if "HX-Request" in headers:
        return False
    return (
        request.is_json
        or headers.get("X-Requested-With") == "XMLHttpRequest"
        or headers.get("Sec-Fetch-Mode", "navigate") != "navigate"
        or accepted.best_match(["text/html", "application/json"]) == "application/json"
    )


def login_url(
    login_view: View, next_url: str | None = None, next_field: str = "next"
) -> str:
    """Make the address of a login page.

    Args:
        login_view: an endpoint or an address, or a function that gives either.
        next_url: the page to come back to; on the same host only its path is kept.
        next_field: the argument that carries it.

    """
    base = expand_login_view(login_view)
    if next_url is None:
        return base
    parts = urlsplit(base)
    arguments = parse_qs(parts.query, keep_blank_values=True)
    arguments[next_field] = [make_next_param(base, next_url)]
    query = urlencode(arguments, doseq=True)
    return _on_forced_host(urlunsplit(parts._replace(query=query)))


def set_login_view(
    login_view: View, blueprint: Blueprint | None = None, *, name: str = ""
) -> None:
    """Say where strangers are sent: from everywhere, or from one blueprint.

    Args:
        login_view: an endpoint or an address.
        blueprint: by whatever names it is registered in the application at hand, nested
            or not.
        name: of which manager.

    """
    words: Any = state(name).manager
    if blueprint is None:
        words.login_view = login_view
        return
    registered = app_at_hand().blueprints.items()
    names = [known_as for known_as, each in registered if each is blueprint]
    for known_as in names or [blueprint.name]:
        words.blueprint_login_views[known_as] = login_view


def expand_login_view(login_view: View) -> str:
    """Give the address of a view; an address is given back."""
    if not isinstance(login_view, str):
        login_view = login_view()
    if login_view.startswith(("https://", "http://", "/")):
        return login_view
    return url_for(login_view)


def make_next_param(login_url: str, current_url: str) -> str:
    """Leave out of an address what the login page's own address says already."""
    login, current = urlsplit(login_url), urlsplit(current_url)
    same_scheme = login.scheme in {"", current.scheme}
    same_host = login.netloc in {"", current.netloc}
    if same_scheme and same_host:
        return urlunsplit(("", "", current.path, current.query, ""))
    return current_url


def _login_view(views: Mapping[str, View | None], default: View | None) -> View | None:
    # The nearest blueprint speaks first, then those that it is nested in.
    for blueprint in request.blueprints:
        if blueprint in views:
            return views[blueprint]
    return default


def _tell(words: Words, message: Any, category: str) -> None:
    text = _text(words, message)
    if text is None:
        return
    # Fifty refusals are told once.
    waiting = session.get("_flashes", ())
    if [category, text] not in [[*each] for each in waiting]:
        flash(text, category=category)


def _text(words: Words, message: Any) -> Any:
    """Translate a message; one that is put into words late is, now."""
    if not message:
        return None
    if words.localize_callback is not None:
        message = words.localize_callback(message)
    # A session holds what JSON can: of others, the text is.
    return message if isinstance(message, (str, Mapping, Sequence)) else str(message)


def _send_to(view: View, names: Names) -> Response:
    base, asked_for = expand_login_view(view), _page_asked_for()
    if asked_for is None:
        return redirect(_on_forced_host(base), code=302)
    if not current_app.config.get("USE_SESSION_FOR_NEXT", config.USE_SESSION_FOR_NEXT):
        return redirect(login_url(view, asked_for), code=302)
    session[names.next] = make_next_param(base, asked_for)
    return redirect(_on_forced_host(base), code=302)


def _page_asked_for() -> str | None:
    """Give the address to come back to, as the browser sent it; None if there is none.

    Only a page that can be asked for again is worth coming back to. Its host is what
    the request says, unless the application says better.
    """
    if request.method not in {"GET", "HEAD"}:
        return None
    try:
        asked_for = iri_to_uri(request.url)
    except ValueError:  # the request's host is none, and older Werkzeugs stumble
        return None
    origin = config_of(app_at_hand()).site_origin
    if origin is None:
        return asked_for
    return origin + urlunsplit(("", "", *urlsplit(asked_for)[2:4], ""))


def _on_forced_host(url: str) -> str:
    parts = urlsplit(url)
    netloc = current_app.config.get("FORCE_HOST_FOR_REDIRECTS") or parts.netloc
    return urlunsplit(parts._replace(netloc=netloc))
