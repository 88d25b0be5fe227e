"""The walk's exceptions: each rule gives Flask-Login's answer without one difference.

A rule does so under the narrowest condition that can be said. Which difference it is
of, and why there is one, stands in ``differences``. What has no record there is not
excused.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

from drop_in.both import REMEMBER, Cookie, Seen
from drop_in.walk import Moment

Rule = Callable[[Moment, Seen, Seen], Seen]

SESSION = "session"
FRESH_FOR = timedelta(hours=12)

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
