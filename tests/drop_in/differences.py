"""Where Flask-Signet does something else than Flask-Login, on purpose, and why.

The one table. What the walk lets pass is here and nowhere else, and the tables of
``docs/howto/from-flask-login.md`` are made from it: after a change here, run
``.venv/bin/python scripts/differences``.

Codes are those of the project's findings on Flask-Login; a row is one of its wishes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from drop_in.both import HOUR, REMEMBER
from drop_in.rules import (
    Rule,
    another_time_before,
    cleared_after_logout,
    data_of_the_one_before,
    flags_when_set,
    flags_when_taken_away,
    forgetting_until_done,
    fresh_for_long,
    freshness_asks_who,
    kept_out_of_caches,
    left_by_somebody_deleted,
    left_by_somebody_inactive,
    mark_of_the_one_before,
    next_after_logout,
    next_as_sent,
    next_of_a_form,
    odd_letters,
    old_remember_cookie,
    older_key,
    options_answered_by_the_view,
    protected_again,
    refreshed_for_another_time,
    refreshing_asks_who,
    remembered_by_anothers,
    remembered_unasked,
    remembered_under_strong,
    session_rewritten,
    somebody_elses_cookie,
    stranger_confirmed,
    strangers_cleared,
    strangers_protected,
    strong_if_permanent,
    taken_away_though_not_there,
    template_asks_who,
    text_signed_for_something_else,
    time_left_behind,
    told_once,
    varies_by_nothing,
    worthless_cookie,
    worthless_cookie_and_a_key,
)
from drop_in.walk import (
    LOG_OUT,
    RESTART,
    Ask,
    Step,
    Turn,
    get,
    log_in,
    move,
    post,
    wait,
)


class Under(StrEnum):
    """The headings of the page, in its order."""

    LET_IN = "Who is let in"
    PROTECTION = "Session protection"
    REMEMBERED = "Remember me"
    FRESH = "Freshness"
    LEFT = "Signing out, and what is left"
    ANSWERED = "Guards, redirects and answers"
    CACHED = "Caches, and what a page costs"
    REFUSED = "Errors instead of silence"
    NAMES = "Names, hooks, warnings and tests"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One that the walk cannot meet; tests show it."""

    under: Under
    code: str
    name: str
    there: str
    """What Flask-Login does."""

    here: str
    """What Flask-Signet does."""

    reason: str
    back: Mapping[str, Any] = field(default_factory=dict)
    """The settings that bring the old way back, if there are any."""

    shown_by: tuple[str, ...] = ()
    """The tests that show both ways, as pytest names them."""


@dataclass(frozen=True, kw_only=True)
class Met(Difference):
    """One that the walk meets: a rule makes an exception for it."""

    levels: Rule
    """Gives Flask-Login's answer without this difference."""

    play: tuple[Step, ...]
    """Steps that end where it shows."""

    settings: Mapping[str, Any] = field(default_factory=dict)


AGAINST = "tests/docs/test_against_flask_login.py"
ON_PURPOSE = "tests/drop_in/test_on_purpose.py"


def those_of(file: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{file}::{name}" for name in names)


STRONG = {"SESSION_PROTECTION": "strong"}
REFRESHING = {"REMEMBER_COOKIE_REFRESH_EACH_REQUEST": True}

DIFFERENCES: tuple[Difference, ...] = (
    # What the walk meets, in the order in which the rules are applied: a rule is given
    # what those before it have left.
    Met(
        under=Under.ANSWERED,
        code="N6b",
        name="told-once",
        there="Flashes its message at each refusal: fifty polls, fifty messages.",
        here="Flashes it if it does not wait already.",
        reason="Nobody wants to be told the same thing twice on one page.",
        levels=told_once,
        play=(get("/secret"), get("/secret")),
    ),
    Met(
        under=Under.REMEMBERED,
        code="R1",
        name="old-remember-cookie",
        there="Takes a remember cookie however old: only the browser ends it.",
        here="Takes none that is older than it was made for.",
        reason="Whoever copied the cookie decides how long the browser keeps it.",
        shown_by=those_of(
            AGAINST, "test_a_remember_cookie_ends_also_for_who_keeps_it_longer"
        ),
        levels=old_remember_cookie,
        play=(
            log_in("ada", remember="yes", seconds="3600"),
            Turn("keeps_for_ever"),
            RESTART,
            wait(2 * HOUR),
            get("/who"),
        ),
    ),
    Met(
        under=Under.REMEMBERED,
        code="R3",
        name="text-signed-for-something-else",
        there="Takes any text of `encode_cookie()` for a remember cookie.",
        here="Takes what was signed for this purpose alone: none of Flask-Login's.",
        reason="What an application signs for a link must not let anybody in.",
        shown_by=those_of(
            AGAINST, "test_a_text_signed_for_something_else_signs_nobody_in"
        ),
        levels=text_signed_for_something_else,
        play=(Turn("puts_a_signed_text", "ada"), get("/who")),
    ),
    Met(
        under=Under.REMEMBERED,
        code="R5",
        name="odd-letters",
        there="Answers 500 to a remember cookie with letters beyond ASCII.",
        here="Takes it for what it is, a bad cookie.",
        reason="What a visitor sends must not raise.",
        shown_by=those_of(AGAINST, "test_a_strange_letter_in_a_cookie_breaks_no_page"),
        levels=odd_letters,
        play=(Turn("puts_odd_letters"), get("/who")),
    ),
    Met(
        under=Under.REMEMBERED,
        code="R4",
        name="older-key",
        there="Reads the remember cookie by `SECRET_KEY` alone.",
        here="Reads it by `SECRET_KEY_FALLBACKS`, too, and signs it anew.",
        reason="Flask reads its session so; who changes a key means to lose nobody.",
        shown_by=those_of(AGAINST, "test_a_new_secret_key_forgets_nobody"),
        levels=older_key,
        play=(
            log_in("ada", remember="yes"),
            Turn("changes_its_key"),
            RESTART,
            get("/who"),
        ),
    ),
    Met(
        under=Under.LET_IN,
        code="R17",
        name="left-by-somebody-inactive",
        there="Loads somebody inactive from session, cookie or request all the same.",
        here="Takes them for a stranger and ends the sign-in, if it was not forced.",
        reason="Whose account is shut must be out at once, whatever the class says.",
        shown_by=those_of(AGAINST, "test_who_is_shut_out_is_out_at_the_next_request"),
        levels=left_by_somebody_inactive,
        play=(log_in("ada"), Turn("deactivates", "ada"), get("/who")),
    ),
    Met(
        under=Under.LET_IN,
        code="R13",
        name="left-by-somebody-deleted",
        there="Keeps an id that the loader refused, and asks with every request.",
        here="Takes it out of the session, and the cookie away.",
        reason="Flask-Login's documents promise it; and an id may be given again.",
        levels=left_by_somebody_deleted,
        play=(log_in("ada"), Turn("deletes", "ada"), get("/who")),
    ),
    Met(
        under=Under.LET_IN,
        code="L3",
        name="worthless-cookie-and-a-key",
        there="Does not ask the request loader where any remember cookie came.",
        here="Asks it if the cookie is worth nothing.",
        reason="A stale cookie must not stop a client that has a good key.",
        levels=worthless_cookie_and_a_key,
        play=(
            log_in("ada", remember="yes"),
            Turn("spoils", REMEMBER),
            RESTART,
            get("/who", key="bob"),
        ),
    ),
    Met(
        under=Under.REMEMBERED,
        code="R11",
        name="somebody-elses-cookie",
        there="Leaves another's remember cookie when somebody signs in.",
        here="Takes it away.",
        reason="Else the one before is back when the browser is opened again.",
        shown_by=those_of(
            AGAINST, "test_who_was_at_this_computer_before_does_not_come_back"
        ),
        levels=somebody_elses_cookie,
        play=(log_in("ada", remember="yes"), log_in("bob")),
    ),
    Met(
        under=Under.LEFT,
        code="R12",
        name="cleared-after-logout",
        there="Leaves the remember cookie if the view clears the session.",
        here="Takes it away.",
        reason="A logout must hold, whatever else the view does.",
        shown_by=those_of(
            AGAINST, "test_a_logout_holds_though_the_view_clears_the_session"
        ),
        levels=cleared_after_logout,
        play=(log_in("ada", remember="yes"), post("/out-and-clear")),
    ),
    Met(
        under=Under.LEFT,
        code="R12",
        name="forgetting-until-done",
        there="Asks once for the remember cookie to go, and says no more of it.",
        here="Keeps the wish in the session until the cookie is gone.",
        reason="An answer may be lost, and the browser would come back signed in.",
        levels=forgetting_until_done,
        play=(log_in("ada", remember="yes"), LOG_OUT),
    ),
    Met(
        under=Under.REMEMBERED,
        code="R13b",
        name="worthless-cookie",
        there="Leaves a remember cookie that is worth nothing.",
        here="Takes it away when somebody asks who is there.",
        reason="It would be read, and logged, with every request for a year.",
        levels=worthless_cookie,
        play=(
            log_in("ada", remember="yes"),
            Turn("spoils", REMEMBER),
            RESTART,
            get("/who"),
        ),
    ),
    Met(
        under=Under.PROTECTION,
        code="R7",
        name="remembered-under-strong",
        there='Under `"strong"`, puts out who came back by the remember cookie, with'
        " their second request.",
        here="Lets them go on.",
        reason="Remembering and strong protection are meant to go together.",
        shown_by=those_of(
            AGAINST, "test_who_is_remembered_stays_in_under_strong_protection"
        ),
        levels=remembered_under_strong,
        play=(log_in("ada", remember="yes"), RESTART, get("/who"), get("/who")),
        settings=STRONG,
    ),
    Met(
        under=Under.PROTECTION,
        code="S4",
        name="strong-if-permanent",
        there='Takes `"strong"` for `"basic"` if the session is permanent.',
        here='Takes `"strong"` as it was said.',
        reason="Who chose it did not choose it for short sessions only.",
        back={"SESSION_PROTECTION": "basic"},
        levels=strong_if_permanent,
        play=(post("/permanent"), log_in("ada"), move(), get("/who")),
        settings=STRONG,
    ),
    Met(
        under=Under.PROTECTION,
        code="S10",
        name="strangers-cleared",
        there='Under `"strong"`, protects who is not in, too, and reads no API key.',
        here="Leaves it alone, and asks the request loader.",
        reason="There is nothing to protect, and an API client needs its answer.",
        levels=strangers_cleared,
        play=(post("/cart/a present"), get("/who", key="ada")),
        settings=STRONG,
    ),
    Met(
        under=Under.PROTECTION,
        code="S9",
        name="strangers-protected",
        there="Marks a stranger's session as not fresh, and says it was protected.",
        here="Leaves a session alone that has no sign-in.",
        reason="Every visitor with a cart rang the alarm.",
        levels=strangers_protected,
        play=(post("/cart/a present"), get("/who")),
    ),
    Met(
        under=Under.PROTECTION,
        code="S11",
        name="protected-again",
        there="Says with every request that a session was protected, once it was.",
        here="Says it when something is taken away.",
        reason="A listener is told of what has happened, once.",
        levels=protected_again,
        play=(log_in("ada"), move(), get("/who"), get("/who")),
    ),
    Met(
        under=Under.FRESH,
        code="row 13",
        name="freshness-asks-who",
        there="`login_fresh()` and `login_remembered()` look at the cookies alone.",
        here="They ask who is there first.",
        reason="A stolen session was fresh as long as nobody asked for its user.",
        levels=freshness_asks_who,
        play=(log_in("ada"), get("/how")),
    ),
    Met(
        under=Under.REMEMBERED,
        code="row 23",
        name="refreshing-asks-who",
        there="Refreshes a remember cookie without a look at whose it is.",
        here="Asks who is there before the cookie is refreshed.",
        reason="Only a cookie that is good, and this user's, may be made anew.",
        levels=refreshing_asks_who,
        play=(log_in("ada", remember="yes"), get("/public")),
        settings=REFRESHING,
    ),
    Met(
        under=Under.REMEMBERED,
        code="R8",
        name="remembered-unasked",
        there="Where it refreshes, gives a remember cookie to whoever is in.",
        here="Refreshes a cookie that is there and good.",
        reason="Who did not ask to be remembered must not be.",
        levels=remembered_unasked,
        play=(log_in("ada"),),
        settings=REFRESHING,
    ),
    Met(
        under=Under.REMEMBERED,
        code="R8c",
        name="session-rewritten",
        there="Where it refreshes, writes or deletes the session with every answer.",
        here="Writes it if there is something to write.",
        reason="A session that nobody changed is none of the answer's business.",
        levels=session_rewritten,
        play=(get("/public"),),
        settings=REFRESHING,
    ),
    Met(
        under=Under.REMEMBERED,
        code="R9",
        name="refreshed-for-another-time",
        there="Refreshes a remember cookie for the usual time, once a session ended.",
        here="Refreshes it for the time that it was made for.",
        reason="An hour was promised, and became a year.",
        levels=refreshed_for_another_time,
        play=(
            log_in("ada", remember="yes", seconds="3600"),
            RESTART,
            get("/who"),
        ),
        settings=REFRESHING,
    ),
    Met(
        under=Under.REMEMBERED,
        code="R10",
        name="another-time-before",
        there="Remembers for as long as an earlier sign-in of the session said.",
        here="Remembers for as long as this one says.",
        reason="The argument of one call must not count for another.",
        levels=another_time_before,
        play=(
            log_in("ada", remember="yes", seconds="60"),
            log_in("ada", remember="yes"),
        ),
    ),
    Met(
        under=Under.REMEMBERED,
        code="R10",
        name="time-left-behind",
        there="Leaves the time of a sign-in in the session after the sign-out.",
        here="Leaves nothing of a sign-in behind.",
        reason="The argument of one call must not count for another.",
        levels=time_left_behind,
        play=(
            log_in("ada", remember="yes", seconds="60"),
            wait(HOUR),
            LOG_OUT,
        ),
    ),
    Met(
        under=Under.REMEMBERED,
        code="R14",
        name="flags-when-set",
        there="Sets the remember cookie without `Secure` and `SameSite`, if not told.",
        here="Sets it with the session cookie's flags, if not told.",
        reason="It lets somebody in as the session does, and wants as much care.",
        back={"REMEMBER_COOKIE_SECURE": False, "REMEMBER_COOKIE_SAMESITE": None},
        levels=flags_when_set,
        play=(log_in("ada", remember="yes"),),
        settings={"SESSION_COOKIE_SAMESITE": "Lax"},
    ),
    Met(
        under=Under.REMEMBERED,
        code="R15",
        name="flags-when-taken-away",
        there="Takes the remember cookie away without its flags.",
        here="Takes it away with the flags that it was set with.",
        reason="Browsers keep some cookies otherwise (`__Host-`, `SameSite`).",
        levels=flags_when_taken_away,
        play=(log_in("ada", remember="yes"), LOG_OUT),
    ),
    Met(
        under=Under.PROTECTION,
        code="S10",
        name="taken-away-though-not-there",
        there='Under `"strong"`, takes away a remember cookie that did not come.',
        here="Says nothing of it, if somebody signs out.",
        reason="There is nothing to take away.",
        levels=taken_away_though_not_there,
        play=(log_in("ada"), move(), LOG_OUT),
        settings=STRONG,
    ),
    Met(
        under=Under.FRESH,
        code="S14",
        name="fresh-for-long",
        there="Takes a sign-in for fresh as long as its session lives.",
        here="Takes it for fresh for twelve hours, or as `SIGNET_FRESH_MAX_AGE` says.",
        reason="Fresh means that the person has proved just now who they are.",
        shown_by=those_of(AGAINST, "test_a_proof_of_last_month_is_not_fresh"),
        back={"SIGNET_FRESH_MAX_AGE": None},
        levels=fresh_for_long,
        play=(log_in("ada"), wait(13 * HOUR), get("/fresh")),
    ),
    Met(
        under=Under.REMEMBERED,
        code="R18",
        name="remembered-by-anothers",
        there="`login_remembered()` is true of any signed cookie, whosever it is.",
        here="It is true of a cookie that would bring this very user back.",
        reason="That is what the question means.",
        levels=remembered_by_anothers,
        play=(
            log_in("ada", remember="yes"),
            Turn("copies_cookies"),
            LOG_OUT,
            log_in("bob"),
            Turn("puts_back", REMEMBER),
            get("/how"),
        ),
    ),
    Met(
        under=Under.LEFT,
        code="S2",
        name="data-of-the-one-before",
        there="Leaves what one person had in the session to the next.",
        here="Clears it when another person comes in.",
        reason="The next one at a computer found the cart of the one before.",
        shown_by=those_of(
            AGAINST, "test_the_next_one_at_this_computer_finds_an_empty_cart"
        ),
        levels=data_of_the_one_before,
        play=(log_in("ada"), post("/cart/a present"), log_in("bob")),
    ),
    Met(
        under=Under.LEFT,
        code="S2",
        name="mark-of-the-one-before",
        there="Deletes the session cookie when nothing is in it.",
        here="Keeps a seal in it of who left, if they left anything.",
        reason="By it the next one is told from the one before.",
        levels=mark_of_the_one_before,
        play=(get("/secret"), log_in("ada"), LOG_OUT, get("/flashes")),
    ),
    Met(
        under=Under.LEFT,
        code="S17",
        name="next-after-logout",
        there="Leaves the page asked for in the session after a logout.",
        here="Takes it out with the sign-in.",
        reason="The next one to sign in was sent where the one before had been.",
        levels=next_after_logout,
        play=(get("/secret"), log_in("ada"), LOG_OUT),
        settings={"USE_SESSION_FOR_NEXT": True},
    ),
    Met(
        under=Under.FRESH,
        code="C1",
        name="stranger-confirmed",
        there="`confirm_login()` makes a stranger's session fresh, and says so.",
        here="It does nothing for a stranger.",
        reason="Nobody has proved anything.",
        levels=stranger_confirmed,
        play=(post("/confirm"),),
    ),
    Met(
        under=Under.ANSWERED,
        code="D1",
        name="options-answered-by-the-view",
        there="Runs a guarded view for OPTIONS, whoever asks.",
        here="Answers OPTIONS for it.",
        reason="A view that answers OPTIONS itself was open to everybody.",
        shown_by=those_of(
            AGAINST, "test_no_view_runs_for_a_stranger_who_asks_by_options"
        ),
        levels=options_answered_by_the_view,
        play=(Ask("OPTIONS", "/letters"),),
    ),
    Met(
        under=Under.ANSWERED,
        code="N4",
        name="next-of-a-form",
        there="Takes the address of a form that was sent for the next page.",
        here="Takes only what was asked for by GET or HEAD.",
        reason="A redirect cannot send the form again: there was an error page.",
        shown_by=those_of(
            AGAINST, "test_who_was_stopped_at_a_form_does_not_come_back_to_an_error"
        ),
        levels=next_of_a_form,
        play=(post("/secret"),),
    ),
    Met(
        under=Under.ANSWERED,
        code="row 9",
        name="next-as-sent",
        there="Gives the next page as letters are read: `next=/süß`.",
        here="Gives it as the browser sent it, with its letters quoted once more.",
        reason="What stands in a header, and is judged, must be of ASCII.",
        levels=next_as_sent,
        play=(get("/süß"),),
    ),
    Met(
        under=Under.CACHED,
        code="row 44",
        name="kept-out-of-caches",
        there="Says nothing of caches for a guarded page.",
        here="Sends it with `no-store`, if the view says nothing of caches.",
        reason="After a logout the back button showed it.",
        shown_by=those_of(AGAINST, "test_what_only_ada_may_see_stays_in_no_cache"),
        levels=kept_out_of_caches,
        play=(log_in("ada"), get("/secret")),
    ),
    Met(
        under=Under.CACHED,
        code="L6",
        name="template-asks-who",
        there="Loads the user for every template.",
        here="Loads it for a template that names it.",
        reason="A page for everybody must not cost a query.",
        shown_by=those_of(AGAINST, "test_a_page_that_names_nobody_loads_nobody"),
        levels=template_asks_who,
        play=(log_in("ada"), get("/template")),
    ),
    Met(
        under=Under.CACHED,
        code="V1",
        name="varies-by-nothing",
        there="Reads the session for every answer, so that each has `Vary: Cookie`.",
        here="Reads it if somebody is asked for.",
        reason="Public pages and static files were kept by no shared cache.",
        shown_by=those_of(AGAINST, "test_a_public_page_may_be_kept_by_every_cache"),
        levels=varies_by_nothing,
        play=(get("/public"),),
    ),
    # What it cannot meet, in the order of the page.
    Difference(
        under=Under.LET_IN,
        code="S13",
        name="two-in-one-context",
        there="Keeps the user on `g`: a second request in the same app context is the"
        " first one's user.",
        here="Keeps it on the request; `g._login_user` mirrors it until the answer.",
        reason="Tests, commands and pages that call pages ran as somebody else.",
        shown_by=those_of(
            AGAINST,
            "test_two_visitors_in_one_app_context_are_two_people",
        ),
    ),
    Difference(
        under=Under.LET_IN,
        code="R19",
        name="id-as-text",
        there="Gives the loader a number from the session, if `get_id()` gave one, and"
        " text from the cookie.",
        here="Gives it text always; write `int(user_id)`.",
        reason="A loader that works for one source failed for the other.",
        shown_by=those_of(
            ON_PURPOSE,
            "test_a_loader_is_given_text_whatever_an_id_is",
        ),
    ),
    Difference(
        under=Under.LET_IN,
        code="L1",
        name="loader-asks-who",
        there="Goes round until Python gives up, if a loader asks for `current_user`.",
        here="Tells the loader that nobody is there yet.",
        reason="Loaders log, and the log asks who is there.",
        shown_by=those_of(
            ON_PURPOSE,
            "test_a_loader_may_ask_who_is_there",
        ),
    ),
    Difference(
        under=Under.LET_IN,
        code="D2",
        name="login-disabled",
        there="`LOGIN_DISABLED` opens every page, also if it comes from the"
        " environment.",
        here="It counts while `app.testing` is true; elsewhere an error is logged.",
        reason="One line on a server must not open everything.",
        shown_by=those_of(
            AGAINST,
            "test_a_variable_of_the_environment_does_not_open_every_page",
        ),
    ),
    Difference(
        under=Under.LET_IN,
        code="row 3",
        name="stamp",
        there="Ends no sign-in when a password changes.",
        here="Ends all that are older, if users have `get_auth_stamp()`.",
        reason="Who came in by the old password must be out.",
        shown_by=those_of(
            AGAINST,
            "test_a_new_password_puts_the_other_browsers_out",
        ),
    ),
    Difference(
        under=Under.PROTECTION,
        code="S6",
        name="forwarded-for",
        there="Believes `X-Forwarded-For`, whoever wrote it.",
        here="Believes the address of the connection; behind a proxy use `ProxyFix`.",
        reason="Who had stolen the cookie could write the address, too.",
        shown_by=those_of(
            ON_PURPOSE,
            "test_an_address_is_not_believed_that_anybody_may_write",
        ),
    ),
    Difference(
        under=Under.PROTECTION,
        code="S7",
        name="sealed-address",
        there="Keeps a plain hash of address and browser in the session.",
        here="Keeps a seal under a key of the application's.",
        reason="The address could be found by trying them all.",
        shown_by=those_of(
            ON_PURPOSE,
            "test_an_address_cannot_be_searched_for_in_the_session",
        ),
    ),
    Difference(
        under=Under.REMEMBERED,
        code="R6",
        name="any-key",
        there="Answers 500 if `SECRET_KEY` has letters beyond Latin-1.",
        here="Takes any key.",
        reason="Flask's own session takes any.",
        shown_by=those_of(
            ON_PURPOSE,
            "test_a_key_may_be_of_any_letters",
        ),
    ),
    Difference(
        under=Under.REMEMBERED,
        code="R16",
        name="duration-first",
        there="Refuses a wrong `duration` when the user is in already.",
        here="Refuses it first.",
        reason="A page that failed must have signed nobody in.",
        shown_by=those_of(
            ON_PURPOSE,
            "test_a_duration_is_refused_before_anybody_is_in",
        ),
    ),
    Difference(
        under=Under.REMEMBERED,
        code="R4",
        name="older-key-for-texts",
        there="`decode_cookie()` reads by `SECRET_KEY` alone.",
        here="It reads by `SECRET_KEY_FALLBACKS`, too.",
        reason="A link that was sent yesterday should lead somewhere today.",
        shown_by=those_of(
            ON_PURPOSE,
            "test_a_text_signed_before_the_key_was_changed_is_read",
        ),
    ),
    Difference(
        under=Under.LEFT,
        code="S3",
        name="new-session-id",
        there="Keeps the id of a session on the server over the sign-in.",
        here="Has a new one made, where the interface has `regenerate()`.",
        reason="Who gave somebody a session beforehand was in with them.",
        shown_by=those_of(
            AGAINST,
            "test_who_gave_somebody_a_session_beforehand_does_not_share_it",
        ),
    ),
    Difference(
        under=Under.LEFT,
        code="L2",
        name="out-without-a-loader",
        there="Answers 500 to a sign-out while the loader fails.",
        here="Signs out.",
        reason="To leave, nobody needs the database.",
        shown_by=those_of(
            AGAINST,
            "test_one_can_sign_out_while_the_database_is_down",
        ),
    ),
    Difference(
        under=Under.ANSWERED,
        code="D1",
        name="preflight",
        there="Lets a decorator under the guard answer OPTIONS: Flask-Cors's"
        " `cross_origin`.",
        here="Answers before it does; `cross_origin` belongs above the guard.",
        reason="Under it, a refusal had no CORS headers with either library.",
        shown_by=those_of(
            ON_PURPOSE,
            "test_a_preflight_is_answered_by_what_stands_above_the_guard",
        ),
    ),
    Difference(
        under=Under.ANSWERED,
        code="D4",
        name="guarded-class",
        there="`@login_required` makes a function of a class of views.",
        here="It guards the class in place, and leaves it a class.",
        reason="`as_view()` is called on it next.",
        shown_by=those_of(
            ON_PURPOSE,
            "test_a_guarded_class_of_views_is_a_class_still",
        ),
    ),
    Difference(
        under=Under.ANSWERED,
        code="N5",
        name="json",
        there="Redirects programs to the login page.",
        here="Answers them 401 and JSON, if there is no `unauthorized_handler`.",
        reason="A script cannot fill in the form it is sent to.",
        shown_by=those_of(
            ON_PURPOSE,
            "test_a_program_is_answered_in_its_own_words",
        ),
    ),
    Difference(
        under=Under.ANSWERED,
        code="N5",
        name="htmx",
        there="Redirects htmx, which puts the login page into a part of the page.",
        here="Answers it 401 and `HX-Redirect`, likewise.",
        reason="The browser is to go to the login page as a whole.",
        shown_by=those_of(
            ON_PURPOSE,
            "test_htmx_is_told_where_the_login_page_is",
        ),
    ),
    Difference(
        under=Under.ANSWERED,
        code="N10",
        name="nested-blueprints",
        there="Looks for a blueprint's login view under its own name alone.",
        here="Looks under those that it is nested in, too.",
        reason="A part of the shop is in the shop.",
        shown_by=those_of(
            ON_PURPOSE,
            "test_a_blueprint_within_another_has_its_login_view",
        ),
    ),
    Difference(
        under=Under.ANSWERED,
        code="N8",
        name="set-login-view",
        there="`set_login_view()` for one blueprint takes the others' login view away.",
        here="It says where strangers are sent from that one.",
        reason="Nothing else was asked for.",
        shown_by=those_of(
            ON_PURPOSE,
            "test_a_login_view_of_one_blueprint_leaves_that_of_the_others",
        ),
    ),
    Difference(
        under=Under.ANSWERED,
        code="N14",
        name="late-messages",
        there="Answers 500 if a message is put into words late.",
        here="Puts it into words when it is told.",
        reason="Translations are made so.",
        shown_by=those_of(
            ON_PURPOSE,
            "test_a_message_may_be_put_into_words_late",
        ),
    ),
    Difference(
        under=Under.ANSWERED,
        code="N12",
        name="forced-host",
        there="Forgets `FORCE_HOST_FOR_REDIRECTS` where the address carries no `next`.",
        here="Forces the host there, too.",
        reason="The setting speaks of all redirects.",
        shown_by=those_of(
            ON_PURPOSE,
            "test_a_forced_host_is_forced_where_the_page_waits_in_the_session",
        ),
    ),
    Difference(
        under=Under.REFUSED,
        code="D4",
        name="wrong-order",
        there="Leaves a page open whose guard stands above the route.",
        here="Raises `GuardOrderError`; in production it guards the page, and logs.",
        reason="The slip is easy, and looks right.",
        shown_by=those_of(
            AGAINST,
            "test_a_guard_above_the_route_does_not_leave_the_page_open",
            "test_a_guard_above_the_route_is_put_in_its_place_in_production",
        ),
    ),
    Difference(
        under=Under.REFUSED,
        code="S8",
        name="misspelt-protection",
        there="Takes a misspelt `SESSION_PROTECTION` for off.",
        here="Raises `ConfigError`.",
        reason="Who sets it wants it on.",
        shown_by=those_of(
            AGAINST,
            "test_a_misspelt_setting_is_not_taken_for_off",
        ),
    ),
    Difference(
        under=Under.REFUSED,
        code="row 34",
        name="settings-not-meant",
        there="Looks at `REMEMBER_COOKIE_DURATION` when it is needed, and takes"
        " one text for a list of keys.",
        here="Raises `ConfigError` where the application is made.",
        reason="A deploy should fail, and not a sign-in.",
        shown_by=those_of(
            ON_PURPOSE,
            "test_a_setting_that_cannot_be_meant_is_not_taken",
        ),
    ),
    Difference(
        under=Under.REFUSED,
        code="R20",
        name="no-id",
        there='Signs in a user whose id is `None`, as `"None"`.',
        here="Raises `UserError`; so with an empty id.",
        reason="It is a user who was not saved yet.",
        shown_by=those_of(
            ON_PURPOSE,
            "test_a_user_who_is_not_saved_yet_is_not_signed_in",
        ),
    ),
    Difference(
        under=Under.REFUSED,
        code="S16",
        name="method-for-yes",
        there="Lets everybody in if `is_authenticated` is a method.",
        here="Raises `UserError`.",
        reason="A method is always true.",
        shown_by=those_of(
            AGAINST,
            "test_a_method_is_not_taken_for_a_yes",
        ),
    ),
    Difference(
        under=Under.REFUSED,
        code="row 43",
        name="loader-of-no-user",
        there="Takes whatever a loader gives for the user.",
        here="Raises `UserError` for what is neither a user nor `None`.",
        reason="The error came later, far from the loader.",
        shown_by=those_of(
            ON_PURPOSE,
            "test_a_loader_gives_a_user_or_nobody",
        ),
    ),
    Difference(
        under=Under.REFUSED,
        code="row 43",
        name="handler-of-nothing",
        there="Opens a guarded `before_request`, if the `unauthorized_handler` gives"
        " `None`.",
        here="Raises `ConfigError`.",
        reason='To Flask, `None` means "go on".',
        shown_by=those_of(
            ON_PURPOSE,
            "test_a_handler_that_answers_nothing_opens_no_door",
        ),
    ),
    Difference(
        under=Under.REFUSED,
        code="D3",
        name="second-manager",
        there="Lets a second manager take the first one's place.",
        here="Raises `ConfigError`; a second one has a `name`.",
        reason="It was silent, and half of each was at work.",
        shown_by=those_of(
            ON_PURPOSE,
            "test_a_second_manager_does_not_take_the_place_of_the_first",
        ),
    ),
    Difference(
        under=Under.REFUSED,
        code="L10",
        name="missing-loader",
        there="Says that there is no loader when somebody asks who is there.",
        here="Says so at the first request, in debug by an error, else in the log.",
        reason="The public pages worked, and the first visitor found it.",
        shown_by=those_of(
            ON_PURPOSE,
            "test_a_missing_loader_is_told_to_a_developer_at_the_first_request",
        ),
    ),
    Difference(
        under=Under.NAMES,
        code="V1",
        name="no-hook",
        there="Registers a function that runs after every request.",
        here="Registers none; what is to be written is asked for when it is known.",
        reason="A public page must not pay for signing in.",
        shown_by=those_of(
            ON_PURPOSE,
            "test_no_function_is_registered_to_run_after_each_request",
        ),
    ),
    Difference(
        under=Under.NAMES,
        code="row 45",
        name="asked-if-it-differs",
        there="Calls `_session_protection_failed` at each look for the user.",
        here="Calls it if the session's mark of the browser does not fit.",
        reason="The mark fits nearly always; a subclass is asked in the other case.",
        shown_by=those_of(
            ON_PURPOSE,
            "test_a_manager_with_protection_of_its_own_is_asked_if_something_differs",
        ),
    ),
    Difference(
        under=Under.NAMES,
        code="row 18",
        name="more-arguments",
        there="Its functions take what they took.",
        here="They take `name=` and others besides, and guards may stand with"
        " arguments.",
        reason="A second kind of people needs a name.",
        shown_by=those_of(
            ON_PURPOSE,
            "test_a_function_may_be_told_whose_users_are_meant",
        ),
    ),
    Difference(
        under=Under.NAMES,
        code="row 1",
        name="no-warnings",
        there="Warns of `setup_app`, `header_loader` and `_login_disabled`.",
        here="Has them, and does not warn.",
        reason="Suites make errors of warnings, and these names stay.",
        shown_by=those_of(
            ON_PURPOSE,
            "test_an_old_word_is_understood_without_a_warning",
        ),
    ),
    Difference(
        under=Under.LET_IN,
        code="E1",
        name="equal-users",
        there="Takes `Admin(1)` for `Customer(1)`; equal users stand in one set twice.",
        here="`UserMixin` compares the class and the id, and the hash agrees.",
        reason="They are two people; and what is equal must have one hash.",
        shown_by=those_of(ON_PURPOSE, "test_one_id_in_two_classes_is_two_people"),
    ),
    Difference(
        under=Under.REFUSED,
        code="L7",
        name="outside-a-request",
        there="Outside of a request says `'NoneType' object has no attribute …`.",
        here="Raises `OutsideRequestError`, an `AttributeError` too, that says so.",
        reason="Whoever wrote the job did not know that there is nobody.",
        shown_by=those_of(
            ON_PURPOSE,
            "test_who_asks_for_the_user_where_there_is_no_request_is_told_so",
        ),
    ),
    Difference(
        under=Under.NAMES,
        code="S12",
        name="test-client",
        there="Makes a `FlaskLoginClient` that session protection takes for a thief.",
        here="Makes one that is in, and as fresh as was said.",
        reason="A test wants what a browser has.",
        shown_by=those_of(
            AGAINST,
            "test_a_test_client_is_as_fresh_as_somebody_who_signed_in",
        ),
    ),
)


MET = tuple(each for each in DIFFERENCES if isinstance(each, Met))
"""The exceptions of the walk."""
