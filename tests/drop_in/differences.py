"""Where Flask-Signet does something else than Flask-Login, on purpose, and why.

The one table. What the walk lets pass is here and nowhere else: each record has a rule
that makes Flask-Login's answer as it would be without this one difference, under the
narrowest condition that can be said, and a play of few steps in which it shows.
Codes are those of the project's findings on Flask-Login; a row is one of its wishes.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import unquote

from drop_in.both import HOUR, REMEMBER, Cookie, Seen
from drop_in.walk import (
    LOG_OUT,
    RESTART,
    Ask,
    Moment,
    Step,
    Turn,
    get,
    log_in,
    move,
    post,
    wait,
)

Rule = Callable[[Moment, Seen, Seen], Seen]

SESSION = "session"
FRESH_FOR = timedelta(hours=12)


class Difference(NamedTuple):
    code: str
    name: str
    there: str
    """What Flask-Login does."""

    here: str
    """What Flask-Signet does."""

    reason: str
    levels: Rule
    """Gives Flask-Login's answer without this difference."""

    play: tuple[Step, ...]
    """Steps that end where it shows."""

    settings: Mapping[str, Any] = {}


# --- The rules' words.


def cookie(seen: Seen, name: str) -> Cookie | None:
    return next((each for each in seen.cookies if each.name == name), None)


def cookie_as(there: Seen, here: Seen, name: str) -> Seen:
    """Give the one answer with this cookie as in the other, or without it."""
    found = cookie(here, name)
    kept = [each for each in there.cookies if each.name != name]
    both = sorted([*kept, found] if found else kept, key=lambda each: each.name)
    return there._replace(cookies=tuple(both))


def held_as(there: Seen, here: Seen, *fields: str) -> Seen:
    same = {field: getattr(here.held, field) for field in fields}
    return there._replace(held=there.held._replace(**same))


def without(seen: Seen, signal: str) -> Seen:
    return seen._replace(signals=tuple(each for each in seen.signals if each != signal))


def is_heard(signal: str, seen: Seen) -> bool:
    return any(f"{each} ".startswith(f"{signal} ") for each in seen.signals)


def only_there(signal: str, there: Seen, here: Seen) -> bool:
    return is_heard(signal, there) and not is_heard(signal, here)


def is_taken_away_here(there: Seen, here: Seen) -> bool:
    """Tell whether Flask-Signet alone takes the remember cookie away."""
    was, now = cookie(there, REMEMBER), cookie(here, REMEMBER)
    return now is not None and not now.is_set and (was is None or was.is_set)


def is_back_only_there(there: Seen, here: Seen) -> bool:
    return only_there("user_loaded_from_cookie", there, here)


def mode(moment: Moment) -> Any:
    return moment.settings.get("SESSION_PROTECTION", "basic")


def is_strong(moment: Moment) -> bool:
    return mode(moment) == "strong" and "_permanent" not in moment.there.had


def is_refreshing(moment: Moment) -> bool:
    return bool(moment.settings.get("REMEMBER_COOKIE_REFRESH_EACH_REQUEST"))


def how_remembered(moment: Moment) -> str | None:
    return moment.there.remembered and moment.there.remembered.how


# --- Who is let in by what.


def old_remember_cookie(moment: Moment, there: Seen, here: Seen) -> Seen:
    is_kept = how_remembered(moment) == "kept for ever"
    return here if is_kept and is_back_only_there(there, here) else there


def text_signed_for_something_else(moment: Moment, there: Seen, here: Seen) -> Seen:
    is_forged = how_remembered(moment) == "a signed text"
    return here if is_forged and is_back_only_there(there, here) else there


def odd_letters(moment: Moment, there: Seen, here: Seen) -> Seen:
    sent = moment.there.remembered
    is_odd = sent is not None and not sent.value.isascii()
    return here if is_odd and there.status == 500 else there


def older_key(moment: Moment, there: Seen, here: Seen) -> Seen:
    remembered = moment.there.remembered
    if remembered is not None and remembered.key < moment.key:
        if is_back_only_there(here, there):
            return here
        if moment.ask.path == "/how":
            there = there._replace(told=here.told)
        if is_taken_away_here(there, here):  # Flask-Login cannot tell whose it is
            return cookie_as(there, here, REMEMBER)
    is_resealed = moment.here.had.get("_id") != moment.here.has.get("_id")
    if moment.key > 1 and is_resealed and there.held == here.held:
        return cookie_as(there, here, SESSION)
    return there


def left_by_somebody_inactive(moment: Moment, there: Seen, here: Seen) -> Seen:
    was, now = moment.here.had, moment.here.has
    ended = was.get("_user_id") in moment.inactive and "_user_id" not in now
    let_in = any(
        only_there(f"user_loaded_from_{source} {name}", there, here)
        for source in ("cookie", "request")
        for name in moment.inactive
    )
    return here if ended or let_in else there


def left_by_somebody_deleted(moment: Moment, there: Seen, here: Seen) -> Seen:
    if there.held.user_id not in moment.absent or here.held.user_id is not None:
        return there
    told = here.told if moment.ask.path == "/how" else there.told
    same = there._replace(held=here.held, told=told)
    return cookie_as(cookie_as(same, here, SESSION), here, REMEMBER)


def worthless_cookie(moment: Moment, there: Seen, here: Seen) -> Seen:
    is_touched = how_remembered(moment) not in {None, "as set"}
    if is_touched and is_taken_away_here(there, here):
        return cookie_as(there, here, REMEMBER)
    return there


def worthless_cookie_and_a_key(moment: Moment, there: Seen, here: Seen) -> Seen:
    if (
        moment.ask.key
        and moment.there.remembered is not None
        and only_there("user_loaded_from_request", here, there)
    ):
        return here
    return there


# --- Session protection.


def strangers_protected(moment: Moment, there: Seen, here: Seen) -> Seen:
    if (
        not is_strong(moment)
        and "_user_id" not in moment.there.had
        and only_there("session_protected", there, here)
    ):
        quiet = held_as(without(there, "session_protected"), here, "fresh")
        return cookie_as(quiet, here, SESSION)
    return there


def strangers_cleared(moment: Moment, there: Seen, here: Seen) -> Seen:
    if (
        is_strong(moment)
        and "_user_id" not in moment.there.had
        and only_there("session_protected", there, here)
    ):
        return here
    return there


def protected_again(moment: Moment, there: Seen, here: Seen) -> Seen:
    had = moment.there.had
    if (
        "_user_id" in had
        and had.get("_fresh") is False
        and only_there("session_protected", there, here)
    ):
        return without(there, "session_protected")
    return there


def remembered_under_strong(moment: Moment, there: Seen, here: Seen) -> Seen:
    had = moment.there.had
    if (
        is_strong(moment)
        and "_user_id" in had
        and "_id" not in had
        and only_there("session_protected", there, here)
    ):
        return here
    return there


def strong_if_permanent(moment: Moment, there: Seen, here: Seen) -> Seen:
    if (
        mode(moment) == "strong"
        and "_permanent" in moment.there.had
        and is_heard("session_protected", here)
    ):
        return here
    return there


# --- The remember cookie.


def flags_when_set(moment: Moment, there: Seen, here: Seen) -> Seen:
    return _with_flags(there, here, is_set=True)


def flags_when_taken_away(moment: Moment, there: Seen, here: Seen) -> Seen:
    return _with_flags(there, here, is_set=False)


def _with_flags(there: Seen, here: Seen, *, is_set: bool) -> Seen:
    was, now = cookie(there, REMEMBER), cookie(here, REMEMBER)
    if was is None or now is None or not was.is_set == now.is_set == is_set:
        return there
    flags = now._replace(lasts=was.lasts, path=was.path, domain=was.domain)
    return cookie_as(there, here._replace(cookies=(flags,)), REMEMBER)


def taken_away_though_not_there(moment: Moment, there: Seen, here: Seen) -> Seen:
    was = cookie(there, REMEMBER)
    if moment.there.remembered is None and was is not None and not was.is_set:
        return cookie_as(there, here, REMEMBER)
    return there


def another_time_before(moment: Moment, there: Seen, here: Seen) -> Seen:
    form = dict(moment.ask.form)
    if (
        moment.ask.path.startswith("/in/")
        and "seconds" not in form
        and "_remember_seconds" in moment.there.had
    ):
        return _with_time(there, here)
    return there


def time_left_behind(moment: Moment, there: Seen, here: Seen) -> Seen:
    was = cookie(here, SESSION)
    is_left = {*moment.there.has} == {"_remember_seconds"}
    if is_left and was is not None and not was.is_set:
        return cookie_as(there, here, SESSION)
    return there


def refreshed_for_another_time(moment: Moment, there: Seen, here: Seen) -> Seen:
    if is_refreshing(moment) and moment.there.remembered is not None:
        return _with_time(there, here)
    return there


def _with_time(there: Seen, here: Seen) -> Seen:
    was, now = cookie(there, REMEMBER), cookie(here, REMEMBER)
    if was is None or now is None or not (was.is_set and now.is_set):
        return there
    timed = was._replace(lasts=now.lasts)
    return cookie_as(there, here._replace(cookies=(timed,)), REMEMBER)


def remembered_unasked(moment: Moment, there: Seen, here: Seen) -> Seen:
    was, now = cookie(there, REMEMBER), cookie(here, REMEMBER)
    if is_refreshing(moment) and was and was.is_set and now is None:
        return cookie_as(there, here, REMEMBER)
    return there


def session_rewritten(moment: Moment, there: Seen, here: Seen) -> Seen:
    is_the_same = moment.there.had == moment.there.has
    if is_refreshing(moment) and is_the_same and not cookie(here, SESSION):
        return cookie_as(there, here, SESSION)
    return there


def refreshing_asks_who(moment: Moment, there: Seen, here: Seen) -> Seen:
    if (
        is_refreshing(moment)
        and moment.here.remembered is not None
        and there.signals == ()
        and is_heard("user_accessed", here)
    ):
        return here._replace(told=there.told, status=there.status)
    return there


def somebody_elses_cookie(moment: Moment, there: Seen, here: Seen) -> Seen:
    if moment.ask.path.startswith("/in/") and is_taken_away_here(there, here):
        return cookie_as(there, here, REMEMBER)
    return there


def cleared_after_logout(moment: Moment, there: Seen, here: Seen) -> Seen:
    if moment.ask.path == "/out-and-clear" and is_taken_away_here(there, here):
        return cookie_as(there, here, REMEMBER)
    return there


def forgetting_until_done(moment: Moment, there: Seen, here: Seen) -> Seen:
    had, has = moment.here.had.get("_remember"), moment.here.has.get("_remember")
    if had == "clear" and is_taken_away_here(there, here):
        return here
    return cookie_as(there, here, SESSION) if "clear" in {had, has} else there


def remembered_by_anothers(moment: Moment, there: Seen, here: Seen) -> Seen:
    if (
        moment.ask.path == "/how"
        and moment.there.remembered is not None
        and (there.told.endswith("true]\n") and here.told.endswith("false]\n"))
    ):
        return there._replace(told=there.told.replace("true]", "false]"))
    return there


# --- The session.


def data_of_the_one_before(moment: Moment, there: Seen, here: Seen) -> Seen:
    is_entry = is_heard("user_logged_in", here) or is_heard(
        "user_loaded_from_cookie", here
    )
    was = moment.there.had.get("_user_id")
    is_another = was not in {None, here.held.user_id} or "_left" in moment.here.had
    if is_entry and is_another:
        return held_as(there, here, "cart", "flashes", "next")
    return there


def mark_of_the_one_before(moment: Moment, there: Seen, here: Seen) -> Seen:
    was = cookie(there, SESSION)
    if "_left" in moment.here.has and was is not None and not was.is_set:
        return cookie_as(there, here, SESSION)
    return there


def next_after_logout(moment: Moment, there: Seen, here: Seen) -> Seen:
    is_left = there.held.next is not None and here.held.next is None
    if is_left and is_heard("user_logged_out", here):
        return cookie_as(held_as(there, here, "next"), here, SESSION)
    return there


def stranger_confirmed(moment: Moment, there: Seen, here: Seen) -> Seen:
    if moment.ask.path == "/confirm" and only_there(
        "user_login_confirmed", there, here
    ):
        quiet = without(there, "user_login_confirmed")
        return cookie_as(held_as(quiet, here, "fresh"), here, SESSION)
    return there


def fresh_for_long(moment: Moment, there: Seen, here: Seen) -> Seen:
    proved = moment.here.had.get("_proved")
    if proved is None or moment.now - datetime.fromtimestamp(proved, UTC) <= FRESH_FOR:
        return there
    if moment.ask.path == "/fresh" and is_heard("user_needs_refresh", here):
        return here
    if moment.ask.path == "/how":
        return there._replace(told=there.told.replace("[true", "[false"))
    return there


def freshness_asks_who(moment: Moment, there: Seen, here: Seen) -> Seen:
    if moment.ask.path != "/how" or there.signals:
        return there
    same = there._replace(signals=here.signals, held=here.held, cookies=here.cookies)
    is_moved = is_heard("session_protected", here)
    return same._replace(told=here.told) if is_moved else same


# --- Guards, and what they answer.


def options_answered_by_the_view(moment: Moment, there: Seen, here: Seen) -> Seen:
    is_options = moment.ask.method == "OPTIONS"
    return there._replace(told=here.told) if is_options else there


def next_of_a_form(moment: Moment, there: Seen, here: Seen) -> Seen:
    if moment.ask.method == "POST" and there.status == here.status == 302:
        return held_as(there._replace(location=here.location), here, "next")
    return there


def next_as_sent(moment: Moment, there: Seen, here: Seen) -> Seen:
    if moment.ask.path.isascii():
        return there
    was, now = (unquote(each.location or "") for each in (there, here))
    if was == unquote(now):
        there = there._replace(location=here.location)
    if there.held.next == unquote(here.held.next or ""):  # USE_SESSION_FOR_NEXT
        there = held_as(there, here, "next")
    return there


def told_once(_: Moment, there: Seen, here: Seen) -> Seen:
    first_ones = tuple(dict.fromkeys(there.held.flashes))
    if there.held.flashes == first_ones or here.held.flashes != first_ones:
        return there
    # Where nothing else is said the session is not written again.
    return cookie_as(held_as(there, here, "flashes"), here, SESSION)


def kept_out_of_caches(moment: Moment, there: Seen, here: Seen) -> Seen:
    is_guarded = moment.ask.path in {"/secret", "/fresh", "/letters", "/süß"}
    if is_guarded and here.cache == "no-store" and there.cache is None:
        return there._replace(cache="no-store")
    return there


def template_asks_who(moment: Moment, there: Seen, here: Seen) -> Seen:
    if moment.ask.path == "/template" and not is_heard("user_accessed", here):
        return here._replace(vary=there.vary)
    return there


def varies_by_nothing(moment: Moment, there: Seen, here: Seen) -> Seen:
    if here.vary is None and not here.signals and not here.cookies:
        return there._replace(vary=None)
    return there


# --- The table.

STRONG = {"SESSION_PROTECTION": "strong"}
REFRESHING = {"REMEMBER_COOKIE_REFRESH_EACH_REQUEST": True}

DIFFERENCES: tuple[Difference, ...] = (
    Difference(
        code="N6b",
        name="told-once",
        there="Flashes its message at each refusal: fifty polls, fifty messages.",
        here="Flashes it if it does not wait already.",
        reason="Nobody wants to be told the same thing twice on one page.",
        levels=told_once,
        play=(get("/secret"), get("/secret")),
    ),
    Difference(
        code="R1",
        name="old-remember-cookie",
        there="Takes a remember cookie however old: only the browser ends it.",
        here="Takes none that is older than it was made for.",
        reason="Whoever copied the cookie decides how long the browser keeps it.",
        levels=old_remember_cookie,
        play=(
            log_in("ada", remember="yes", seconds="3600"),
            Turn("keeps_for_ever"),
            RESTART,
            wait(2 * HOUR),
            get("/who"),
        ),
    ),
    Difference(
        code="R3",
        name="text-signed-for-something-else",
        there="Takes any text of encode_cookie() for a remember cookie.",
        here="Takes what was signed for this purpose alone.",
        reason="What an application signs for a link must not let anybody in.",
        levels=text_signed_for_something_else,
        play=(Turn("puts_a_signed_text", "ada"), get("/who")),
    ),
    Difference(
        code="R5",
        name="odd-letters",
        there="Answers 500 to a remember cookie with letters beyond ASCII.",
        here="Takes it for what it is, a bad cookie.",
        reason="What a visitor sends must not raise.",
        levels=odd_letters,
        play=(Turn("puts_odd_letters"), get("/who")),
    ),
    Difference(
        code="R4",
        name="older-key",
        there="Reads the remember cookie by SECRET_KEY alone.",
        here="Reads it by SECRET_KEY_FALLBACKS, too, and signs it anew.",
        reason="Flask reads its session so; who changes a key means to lose nobody.",
        levels=older_key,
        play=(
            log_in("ada", remember="yes"),
            Turn("changes_its_key"),
            RESTART,
            get("/who"),
        ),
    ),
    Difference(
        code="R17",
        name="left-by-somebody-inactive",
        there="Loads somebody inactive from session, cookie or request all the same.",
        here="Takes them for a stranger and ends the sign-in, if it was not forced.",
        reason="Whose account is shut must be out at once, whatever the class says.",
        levels=left_by_somebody_inactive,
        play=(log_in("ada"), Turn("deactivates", "ada"), get("/who")),
    ),
    Difference(
        code="R13",
        name="left-by-somebody-deleted",
        there="Keeps an id that the loader refused, and asks with every request.",
        here="Takes it out of the session, and the cookie away.",
        reason="Flask-Login's documents promise it; and an id may be given again.",
        levels=left_by_somebody_deleted,
        play=(log_in("ada"), Turn("deletes", "ada"), get("/who")),
    ),
    Difference(
        code="L3",
        name="worthless-cookie-and-a-key",
        there="Does not ask the request loader where any remember cookie came.",
        here="Asks it if the cookie was worth nothing.",
        reason="A stale cookie must not stop a client that has a good key.",
        levels=worthless_cookie_and_a_key,
        play=(
            log_in("ada", remember="yes"),
            Turn("spoils", REMEMBER),
            RESTART,
            get("/who", key="bob"),
        ),
    ),
    Difference(
        code="R11",
        name="somebody-elses-cookie",
        there="Leaves another's remember cookie when somebody signs in.",
        here="Takes it away.",
        reason="Else the one before is back when the browser is opened again.",
        levels=somebody_elses_cookie,
        play=(log_in("ada", remember="yes"), log_in("bob")),
    ),
    Difference(
        code="R12",
        name="cleared-after-logout",
        there="Leaves the remember cookie if the view clears the session.",
        here="Takes it away.",
        reason="A logout must hold, whatever else the view does.",
        levels=cleared_after_logout,
        play=(log_in("ada", remember="yes"), post("/out-and-clear")),
    ),
    Difference(
        code="R12",
        name="forgetting-until-done",
        there="Asks once for the remember cookie to go, and says no more of it.",
        here="Keeps the wish in the session until the cookie is gone.",
        reason="An answer may be lost, and the browser would come back signed in.",
        levels=forgetting_until_done,
        play=(log_in("ada", remember="yes"), LOG_OUT),
    ),
    Difference(
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
    Difference(
        code="R7",
        name="remembered-under-strong",
        there="Writes no mark of the browser for who comes back by the cookie, and"
        " so puts them out with the next request.",
        here="Lets them go on.",
        reason="Remembering and strong protection are meant to go together.",
        levels=remembered_under_strong,
        play=(log_in("ada", remember="yes"), RESTART, get("/who"), get("/who")),
        settings=STRONG,
    ),
    Difference(
        code="S4",
        name="strong-if-permanent",
        there="Takes strong for basic if the session is permanent.",
        here="Takes strong for strong.",
        reason="Who chose strong did not choose it for short sessions only.",
        levels=strong_if_permanent,
        play=(post("/permanent"), log_in("ada"), move(), get("/who")),
        settings=STRONG,
    ),
    Difference(
        code="S10",
        name="strangers-cleared",
        there="Under strong, clears a stranger's session of its keys, asks for the"
        " remember cookie to go, and knows nobody by the request.",
        here="Leaves a session alone that has no sign-in.",
        reason="There is nothing to protect, and an API client needs its answer.",
        levels=strangers_cleared,
        play=(post("/cart/a present"), get("/who", key="ada")),
        settings=STRONG,
    ),
    Difference(
        code="S9",
        name="strangers-protected",
        there="Marks a stranger's session as not fresh, and says it was protected.",
        here="Leaves a session alone that has no sign-in.",
        reason="Every visitor with a cart rang the alarm.",
        levels=strangers_protected,
        play=(post("/cart/a present"), get("/who")),
    ),
    Difference(
        code="S11",
        name="protected-again",
        there="Says with every request that a session was protected, once it was.",
        here="Says it when something is taken away.",
        reason="A listener is told of what has happened, once.",
        levels=protected_again,
        play=(log_in("ada"), move(), get("/who"), get("/who")),
    ),
    Difference(
        code="row 13",
        name="freshness-asks-who",
        there="login_fresh() and login_remembered() look at the cookies alone.",
        here="They ask who is there first.",
        reason="A stolen session was fresh as long as nobody asked for its user.",
        levels=freshness_asks_who,
        play=(log_in("ada"), get("/how")),
    ),
    Difference(
        code="row 23",
        name="refreshing-asks-who",
        there="Refreshes without a look at whose cookie it is.",
        here="Asks who is there before the cookie is refreshed.",
        reason="Only a cookie that is good, and this user's, may be made anew.",
        levels=refreshing_asks_who,
        play=(log_in("ada", remember="yes"), get("/public")),
        settings=REFRESHING,
    ),
    Difference(
        code="R8",
        name="remembered-unasked",
        there="Where it refreshes, gives a remember cookie to whoever is in.",
        here="Refreshes a cookie that is there and good.",
        reason="Who did not ask to be remembered must not be.",
        levels=remembered_unasked,
        play=(log_in("ada"),),
        settings=REFRESHING,
    ),
    Difference(
        code="R8c",
        name="session-rewritten",
        there="Where it refreshes, writes or deletes the session with every answer.",
        here="Writes it if there is something to write.",
        reason="A session that nobody changed is none of the answer's business.",
        levels=session_rewritten,
        play=(get("/public"),),
        settings=REFRESHING,
    ),
    Difference(
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
    Difference(
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
    Difference(
        code="R10",
        name="time-left-behind",
        there="Leaves that time in the session of somebody who has signed out.",
        here="Leaves nothing of a sign-in behind.",
        reason="The argument of one call must not count for another.",
        levels=time_left_behind,
        play=(
            log_in("ada", remember="yes", seconds="60"),
            wait(HOUR),
            LOG_OUT,
        ),
    ),
    Difference(
        code="R14",
        name="flags-when-set",
        there="Sets the remember cookie without Secure and SameSite, if not told.",
        here="Sets it with the session cookie's flags, if not told.",
        reason="It lets somebody in as the session does, and wants as much care.",
        levels=flags_when_set,
        play=(log_in("ada", remember="yes"),),
        settings={"SESSION_COOKIE_SAMESITE": "Lax"},
    ),
    Difference(
        code="R15",
        name="flags-when-taken-away",
        there="Takes the remember cookie away without its flags.",
        here="Takes it away with the flags that it was set with.",
        reason="Browsers refuse to delete some cookies otherwise (__Host-, SameSite).",
        levels=flags_when_taken_away,
        play=(log_in("ada", remember="yes"), LOG_OUT),
    ),
    Difference(
        code="S10",
        name="taken-away-though-not-there",
        there="Under strong, takes a remember cookie away that the browser has not.",
        here="Says nothing of a cookie that did not come, if somebody signs out.",
        reason="There is nothing to take away.",
        levels=taken_away_though_not_there,
        play=(log_in("ada"), move(), LOG_OUT),
        settings=STRONG,
    ),
    Difference(
        code="S14",
        name="fresh-for-long",
        there="Takes a sign-in for fresh as long as its session lives.",
        here="Takes it for fresh for twelve hours; SIGNET_FRESH_MAX_AGE says else.",
        reason="Fresh means that the person has proved just now who they are.",
        levels=fresh_for_long,
        play=(log_in("ada"), wait(13 * HOUR), get("/fresh")),
    ),
    Difference(
        code="R18",
        name="remembered-by-anothers",
        there="login_remembered() is true of any signed cookie, whosever it is.",
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
    Difference(
        code="S2",
        name="data-of-the-one-before",
        there="Leaves what one person had in the session to the next.",
        here="Clears it when another person comes in.",
        reason="The next one at a computer found the cart of the one before.",
        levels=data_of_the_one_before,
        play=(log_in("ada"), post("/cart/a present"), log_in("bob")),
    ),
    Difference(
        code="S2",
        name="mark-of-the-one-before",
        there="Deletes the session cookie when nothing is in it.",
        here="Keeps in it a seal of who left, if they left anything.",
        reason="By it the next one is told from the one before.",
        levels=mark_of_the_one_before,
        play=(get("/secret"), log_in("ada"), LOG_OUT, get("/flashes")),
    ),
    Difference(
        code="S17",
        name="next-after-logout",
        there="Leaves the page asked for in the session after a logout.",
        here="Takes it out with the sign-in.",
        reason="The next one to sign in was sent where the one before had been.",
        levels=next_after_logout,
        play=(get("/secret"), log_in("ada"), LOG_OUT),
        settings={"USE_SESSION_FOR_NEXT": True},
    ),
    Difference(
        code="C1",
        name="stranger-confirmed",
        there="confirm_login() makes a stranger's session fresh, and says so.",
        here="It does nothing for a stranger.",
        reason="Nobody has proved anything.",
        levels=stranger_confirmed,
        play=(post("/confirm"),),
    ),
    Difference(
        code="D1",
        name="options-answered-by-the-view",
        there="Runs a guarded view for OPTIONS, whoever asks.",
        here="Answers OPTIONS for it.",
        reason="A view that answers OPTIONS itself was open to everybody.",
        levels=options_answered_by_the_view,
        play=(Ask("OPTIONS", "/letters"),),
    ),
    Difference(
        code="N4",
        name="next-of-a-form",
        there="Takes the address of a form that was sent for the next page.",
        here="Takes only what was asked for by GET or HEAD.",
        reason="A redirect cannot send the form again: there was an error page.",
        levels=next_of_a_form,
        play=(post("/secret"),),
    ),
    Difference(
        code="row 9",
        name="next-as-sent",
        there="Gives the next page as letters are read: next=/süß.",
        here="Gives it as the browser sent it, with its letters quoted once more.",
        reason="What stands in a header, and is judged, must be of ASCII.",
        levels=next_as_sent,
        play=(get("/süß"),),
    ),
    Difference(
        code="row 44",
        name="kept-out-of-caches",
        there="Says nothing of caches.",
        here="Sends a guarded page with no-store, if the view says nothing.",
        reason="After a logout the back button showed it.",
        levels=kept_out_of_caches,
        play=(log_in("ada"), get("/secret")),
    ),
    Difference(
        code="L6",
        name="template-asks-who",
        there="Loads the user for every template.",
        here="Loads it for a template that names it.",
        reason="A page for everybody must not cost a query.",
        levels=template_asks_who,
        play=(log_in("ada"), get("/template")),
    ),
    Difference(
        code="V1",
        name="varies-by-nothing",
        there="Reads the session for every answer, so that each varies by cookie.",
        here="Reads it if somebody is asked for.",
        reason="Public pages and static files were kept by no shared cache.",
        levels=varies_by_nothing,
        play=(get("/public"),),
    ),
)
