"""Cookies as values: what is sealed, what is signed, and who can read it."""

import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256, sha512
from typing import Any

import flask_login.utils
import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import URLSafeSerializer, URLSafeTimedSerializer

from flask_signet import ConfigError, decode_cookie, encode_cookie, login_required
from flask_signet.cookie import Remember
from flask_signet.seals import seal, sealed_by
from support import DAY, HOUR, KEY, SECOND, Clock, Site

NOW = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)
OLD_KEY = "the key before"
NAME = "flask-signet remember v1"
"""The salt of remember cookies: those in browsers are lost if it changes."""

ADA = Remember(user_id="ada", seconds=3600, stamp="5ea1", forced=False, signed_at=NOW)


@pytest.fixture
def app() -> Flask:
    app = Flask("app")
    app.config.update(SECRET_KEY=KEY, SECRET_KEY_FALLBACKS=[OLD_KEY])
    return app


# --- Seals.


def hmac_by_the_rfc(key: bytes, message: bytes) -> bytes:
    """Make an HMAC-SHA-256 from the hash alone, as RFC 2104, 2 defines it."""
    short = sha256(key).digest() if len(key) > 64 else key
    padded = short.ljust(64, b"\0")
    inner = sha256(bytes(byte ^ 0x36 for byte in padded) + message).digest()
    return sha256(bytes(byte ^ 0x5C for byte in padded) + inner).digest()


# RFC 4231, 4.2, 4.3 and 4.7: the SHA-256 rows.
RFC_4231 = [
    (
        b"\x0b" * 20,
        b"Hi There",
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
    ),
    (
        b"Jefe",
        b"what do ya want for nothing?",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ),
    (
        b"\xaa" * 131,
        b"Test Using Larger Than Block-Size Key - Hash Key First",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    ),
]


@pytest.mark.parametrize(
    ("key", "message", "digest"), RFC_4231, ids=["short", "text", "longer than a block"]
)
def test_the_rfc_and_the_yardstick_of_these_tests_agree(
    key: bytes, message: bytes, digest: str
) -> None:
    assert hmac_by_the_rfc(key, message).hex() == digest


@given(key=st.binary(min_size=1, max_size=200), text=st.text())
def test_a_seal_is_an_hmac_under_a_key_made_for_its_purpose_alone(
    key: bytes, text: str
) -> None:
    derived = hmac_by_the_rfc(key, b"flask-signet _stamp v1")

    whole = hmac_by_the_rfc(derived, text.encode())
    assert seal(key, "_stamp", text) == whole[:16].hex()


def test_a_key_is_the_same_written_as_text_or_as_bytes() -> None:
    assert seal("ключ", "_stamp", "a") == seal("ключ".encode(), "_stamp", "a")


@pytest.mark.parametrize(
    "other",
    [
        pytest.param((OLD_KEY, "_stamp", "text"), id="key"),
        pytest.param((KEY, "_left", "text"), id="purpose"),
        pytest.param((KEY, "_stamp", "text "), id="text"),
        pytest.param((KEY, "_stamp text", ""), id="text moved into the purpose"),
    ],
)
def test_another_key_purpose_or_text_makes_another_seal(
    other: tuple[str, str, str],
) -> None:
    assert seal(*other) != seal(KEY, "_stamp", "text")


def test_a_text_that_is_no_proper_unicode_is_sealed_like_any_other() -> None:
    lone, pair = "\ud800", "\ud83d\ude00"

    assert seal(KEY, "_stamp", lone) != seal(KEY, "_stamp", "\udc00")
    assert seal(KEY, "_stamp", pair) != seal(KEY, "_stamp", "😀")


@pytest.mark.parametrize(
    ("signed_with", "place"),
    [
        pytest.param("present", 0, id="the present key"),
        pytest.param("older", 1, id="the first fallback"),
        pytest.param("oldest", 2, id="the second fallback"),
        pytest.param("foreign", None, id="no key of ours"),
    ],
)
def test_a_seal_tells_which_key_it_was_made_with(
    signed_with: str, place: int | None
) -> None:
    given_seal = seal(signed_with, "_stamp", "text")

    secrets = ("present", "older", "oldest")
    assert sealed_by(secrets, "_stamp", "text", given_seal) == place


@pytest.mark.parametrize(
    "given_seal",
    [
        pytest.param(None, id="nothing"),
        pytest.param("", id="empty"),
        pytest.param(seal(KEY, "_stamp", "text")[:-1], id="cut"),
        pytest.param(seal(KEY, "_stamp", "text") * 2, id="doubled"),
        pytest.param(seal(KEY, "_stamp", "text").upper(), id="capitals"),
        pytest.param(seal(KEY, "_stamp", "text") + "\n", id="a line break behind"),
        pytest.param(seal(KEY, "_stamp", "text").encode(), id="bytes"),
        pytest.param(seal(KEY, "_left", "text"), id="for another purpose"),
        pytest.param(seal(KEY, "_stamp", "other"), id="of another text"),
        pytest.param("é" * 32, id="beyond ASCII"),
        pytest.param("\ud800" * 32, id="lone surrogates"),
        pytest.param(7, id="number"),
        pytest.param(True, id="true"),
        pytest.param([seal(KEY, "_stamp", "text")], id="list"),
        pytest.param({}, id="dict"),
    ],
)
def test_what_is_no_seal_of_this_text_is_refused_without_a_fault(
    given_seal: object,
) -> None:
    assert sealed_by((KEY, OLD_KEY), "_stamp", "text", given_seal) is None


# --- The remember cookie: what was signed is read.


@given(
    user_id=st.text(min_size=1),
    seconds=st.integers(1, 10**9),
    stamp=st.none() | st.text(),
    forced=st.booleans(),
    signed_at=st.integers(0, 7 * 10**9).map(lambda at: datetime.fromtimestamp(at, UTC)),
    key=st.text(min_size=1) | st.binary(min_size=1),
    tail=st.sampled_from(["", "_staff"]),
)
def test_what_was_signed_is_read_again(
    user_id: str,
    seconds: int,
    stamp: str | None,
    forced: bool,
    signed_at: datetime,
    key: str | bytes,
    tail: str,
) -> None:
    remember = Remember(
        user_id=user_id,
        seconds=seconds,
        stamp=stamp,
        forced=forced,
        signed_at=signed_at,
    )

    value = remember.signed((key,), tail)

    assert value.isascii()
    assert Remember.read(value, (key,), tail) == remember


def test_a_long_id_is_read_as_it_was_signed() -> None:
    remember = Remember(
        user_id="a" * 5000, seconds=60, stamp=None, forced=True, signed_at=NOW
    )

    value = remember.signed((KEY,), "")

    assert Remember.read(value, (KEY,), "") == remember


def test_a_cookie_is_signed_with_the_present_key() -> None:
    value = ADA.signed((KEY, OLD_KEY), "")

    assert Remember.read(value, (KEY,), "") == ADA
    assert Remember.read(value, (OLD_KEY,), "") is None


def test_a_cookie_signed_with_a_fallback_key_is_read() -> None:
    value = ADA.signed((OLD_KEY,), "")

    assert Remember.read(value, (KEY, "another", OLD_KEY), "") == ADA


CLAIM = ["ada", 3600, "5ea1", False]


def signed_like_ours(claim: Any, **changed: Any) -> str:
    """Sign a claim now, with our format or one that differs in one thing."""
    how: dict[str, Any] = {"key_derivation": "hmac", "digest_method": sha256, **changed}
    salt, key = how.pop("salt", NAME), how.pop("key", KEY)
    signer = URLSafeTimedSerializer(key, salt=salt, signer_kwargs=how)
    return str(signer.dumps(claim))


def test_cookies_in_browsers_stay_good_because_their_format_does_not_change() -> None:
    found = Remember.read(signed_like_ours(CLAIM), (KEY,), "")

    assert found is not None
    assert [found.user_id, found.seconds, found.stamp, found.forced] == CLAIM


# --- The remember cookie: everything else is nobody.


def test_no_cookie_is_good_with_one_bit_turned() -> None:
    value = ADA.signed((KEY,), "")
    turned = [
        value[:place] + chr(ord(value[place]) ^ 1 << bit) + value[place + 1 :]
        for place in range(len(value))
        for bit in range(8)
    ]

    good = [each for each in turned if Remember.read(each, (KEY,), "") is not None]

    assert good == []


def test_no_cookie_is_good_with_one_letter_exchanged() -> None:
    value = ADA.signed((KEY,), "")
    exchanged = [
        value[:place] + letter + value[place + 1 :]
        for place in range(len(value))
        for letter in "ABCDYZabyz0589-_.=+/ \0é\ufffd\ud800"
        if letter != value[place]
    ]

    good = [each for each in exchanged if Remember.read(each, (KEY,), "") is not None]

    assert good == []


@pytest.mark.parametrize(
    "junk",
    [
        pytest.param("é", id="beyond ASCII"),
        pytest.param("\ufffd" * 9, id="what raw bytes become"),
        pytest.param("\ud800", id="surrogate"),
        pytest.param("=", id="padding"),
        pytest.param("====", id="four of padding"),
        pytest.param("!!!!", id="four of what is no base64"),
        pytest.param("\n", id="line break"),
        pytest.param(" ", id="space"),
        pytest.param("\0", id="NUL"),
        pytest.param("A", id="letter"),
    ],
)
def test_no_cookie_is_good_with_anything_slipped_in(junk: str) -> None:
    value = ADA.signed((KEY,), "")
    slipped = [value[:at] + junk + value[at:] for at in range(len(value) + 1)]

    good = [each for each in slipped if Remember.read(each, (KEY,), "") is not None]

    assert good == []


def test_no_cookie_is_good_when_cut() -> None:
    value = ADA.signed((KEY,), "")
    cut = [value[:length] for length in range(len(value))]
    cut += [value[start:] for start in range(1, len(value) + 1)]

    good = [each for each in cut if Remember.read(each, (KEY,), "") is not None]

    assert good == []


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda value: value + value, id="doubled"),
        pytest.param(lambda value: f"{value}.{value}", id="doubled with a dot"),
        pytest.param(lambda value: f" {value}", id="a space before"),
        pytest.param(lambda value: f".{value}", id="said to be compressed"),
        pytest.param(lambda value: f'"{value}"', id="in quotes"),
        pytest.param(lambda value: value.lower(), id="small letters"),
        pytest.param(lambda value: value.replace(".", "|"), id="bars for dots"),
        pytest.param(lambda value: "é" + value, id="beyond ASCII before"),
        pytest.param(lambda value: "\ud800" + value, id="surrogate before"),
        pytest.param(lambda value: value + "\ud800", id="surrogate behind"),
        pytest.param(lambda value: "\0" + value, id="NUL before"),
        pytest.param(lambda value: value + "A" * 100_000, id="over-long"),
        pytest.param(lambda value: "A" * 100_000 + value, id="over-long before"),
        pytest.param(lambda value: "." * 100_000, id="dots alone"),
        pytest.param(lambda value: "é" * 1000, id="beyond ASCII"),
        pytest.param(lambda value: "\0", id="NUL"),
        pytest.param(lambda value: "", id="empty"),
    ],
)
def test_a_spoilt_cookie_is_nobody_and_no_fault(spoil: Callable[[str], str]) -> None:
    value = ADA.signed((KEY,), "")

    assert Remember.read(spoil(value), (KEY,), "") is None


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"key": OLD_KEY}, id="another key"),
        pytest.param({"key": f"{KEY} "}, id="nearly our key"),
        pytest.param({"salt": "flask-signet remember v2"}, id="another version"),
        pytest.param({"salt": "flask-signet recover v1"}, id="another purpose"),
        pytest.param({"salt": f"{NAME}_staff"}, id="another manager"),
        pytest.param({"salt": "itsdangerous"}, id="the application's own signature"),
        pytest.param({"salt": "cookie-session"}, id="the session's purpose"),
        pytest.param({"digest_method": sha512}, id="another hash"),
        pytest.param({"key_derivation": "django-concat"}, id="another derivation"),
        pytest.param({"key_derivation": "none"}, id="no derivation"),
    ],
)
def test_the_same_claim_signed_for_anything_else_is_nobody(
    changed: dict[str, Any],
) -> None:
    value = signed_like_ours(CLAIM, **changed)

    assert Remember.read(value, (KEY,), "") is None


def test_what_has_no_time_is_nobody() -> None:
    how = {"key_derivation": "hmac", "digest_method": sha256}
    value = URLSafeSerializer(KEY, salt=NAME, signer_kwargs=how).dumps(CLAIM)

    assert Remember.read(str(value), (KEY,), "") is None


def test_what_the_session_signs_is_no_remember_cookie(app: Flask) -> None:
    signer: Any = SecureCookieSessionInterface().get_signing_serializer(app)

    assert Remember.read(signer.dumps(CLAIM), (KEY,), "") is None
    assert Remember.read(signer.dumps({"_user_id": "ada"}), (KEY,), "") is None


@pytest.mark.parametrize(
    "payload", ["ada", '["ada",3600,null,false]', ADA.signed((KEY,), "")]
)
def test_what_an_application_signs_by_encode_cookie_is_no_remember_cookie(
    payload: str,
) -> None:
    value = encode_cookie(payload, key=KEY)

    assert Remember.read(value, (KEY,), "") is None


@pytest.mark.parametrize(
    ("made_for", "read_for"), [("", "_staff"), ("_staff", ""), ("_staff", "_guests")]
)
def test_a_cookie_of_another_kind_of_people_is_nobody_s(
    made_for: str, read_for: str
) -> None:
    value = ADA.signed((KEY,), made_for)

    assert Remember.read(value, (KEY,), read_for) is None


@pytest.mark.parametrize(
    "claim",
    [
        pytest.param(None, id="null"),
        pytest.param(7, id="number"),
        pytest.param("", id="empty text"),
        pytest.param([], id="empty list"),
        pytest.param(["ada"], id="too short"),
        pytest.param([*CLAIM, None], id="too long"),
        pytest.param({"user_id": "ada"}, id="object"),
    ],
)
def test_a_signed_claim_of_another_shape_is_nobody(claim: object) -> None:
    value = signed_like_ours(claim)

    assert Remember.read(value, (KEY,), "") is None


def test_a_signed_claim_that_cannot_be_read_is_nobody() -> None:
    class Bottomless:
        @staticmethod
        def dumps(obj: object, **_: object) -> str:
            return "[" * 100_000

    how = {"key_derivation": "hmac", "digest_method": sha256}
    signer = URLSafeTimedSerializer(
        KEY, salt=NAME, serializer=Bottomless, signer_kwargs=how
    )

    assert Remember.read(str(signer.dumps(None)), (KEY,), "") is None


# --- The remember cookie: how long it is good.


@pytest.mark.parametrize(
    ("later", "over"),
    [
        pytest.param(timedelta(0), False, id="at once"),
        pytest.param(HOUR - SECOND, False, id="a second short"),
        pytest.param(HOUR - timedelta(microseconds=1), False, id="a moment short"),
        pytest.param(HOUR, True, id="on the second"),
        pytest.param(HOUR + DAY, True, id="a day too late"),
    ],
)
def test_a_cookie_for_an_hour_is_over_after_an_hour(
    later: timedelta, over: bool
) -> None:
    assert ADA.is_over(NOW + later) is over


@pytest.mark.parametrize(
    "later", [timedelta(0), 20 * SECOND, timedelta(seconds=20.9), HOUR - SECOND]
)
def test_said_with_a_new_stamp_it_ends_when_it_would_have_ended(
    later: timedelta,
) -> None:
    other = ADA.of("ada2", "ff", NOW + later)

    value = other.signed((KEY,), "")
    found = Remember.read(value, (KEY,), "")
    assert found is not None
    assert (found.user_id, found.stamp) == ("ada2", "ff")
    assert not found.is_over(NOW + HOUR - SECOND)
    assert found.is_over(NOW + HOUR)


def test_said_again_it_counts_from_then_for_its_own_time() -> None:
    again = ADA.again("ff", NOW + HOUR - SECOND)

    assert (again.user_id, again.stamp) == ("ada", "ff")
    assert not again.is_over(NOW + 2 * HOUR - 2 * SECOND)
    assert again.is_over(NOW + 2 * HOUR - SECOND)


# --- Flask-Login's signed texts.

PAYLOADS = ["1", "ada", "", "a|b|c", "café", "日本語", "😀", "\0\n", "x" * 5000]
KEYS = [None, "text", "Latin-1: é", b"bytes \xff", "k" * 300, ""]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_flask_login_and_we_sign_alike(
    app: Flask, payload: str, key: str | bytes | None
) -> None:
    with app.app_context():
        value = encode_cookie(payload, key)

        assert value == flask_login.utils.encode_cookie(payload, key)
        assert decode_cookie(value, key) == payload
        assert flask_login.utils.decode_cookie(value, key) == payload


def test_a_text_is_signed_by_an_hmac_of_sha_512() -> None:
    digest = hmac.new(b"key", b"ada", sha512).hexdigest()

    assert encode_cookie("ada", "key") == f"ada|{digest}"


@pytest.mark.parametrize("key", ["ключ", "鍵", "😀"])
def test_a_key_that_flask_login_could_not_use_will_do(key: str) -> None:
    value = encode_cookie("ada", key)

    digest = hmac.new(key.encode(), b"ada", sha512).hexdigest()
    assert value == f"ada|{digest}"
    assert decode_cookie(value, key) == "ada"


def test_an_application_with_a_key_beyond_latin_1_signs_texts(app: Flask) -> None:
    app.config["SECRET_KEY"] = "ключ"

    with app.app_context():
        assert decode_cookie(encode_cookie("ada")) == "ada"


def test_a_text_signed_before_the_key_was_changed_is_read(app: Flask) -> None:
    old = encode_cookie("ada", OLD_KEY)

    with app.app_context():
        assert decode_cookie(old) == "ada"
        assert encode_cookie("ada") == encode_cookie("ada", KEY)


def test_who_names_a_key_means_that_key_alone(app: Flask) -> None:
    with app.app_context():
        assert decode_cookie(encode_cookie("ada", KEY), OLD_KEY) is None
        assert decode_cookie(encode_cookie("ada", OLD_KEY), KEY) is None


SIGNED = encode_cookie("ada", KEY)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("", id="empty"),
        pytest.param("ada", id="unsigned"),
        pytest.param("|", id="a bar"),
        pytest.param("ada|", id="no digest"),
        pytest.param("|".join(["ada"] * 3), id="names for digests"),
        pytest.param(SIGNED[:-1], id="cut"),
        pytest.param(SIGNED[1:], id="cut before"),
        pytest.param(SIGNED + "0", id="longer"),
        pytest.param(SIGNED.replace("ada", "bob"), id="another's name"),
        pytest.param(SIGNED.upper(), id="capitals"),
        pytest.param(SIGNED + "é", id="beyond ASCII behind"),
        pytest.param(SIGNED + "日", id="beyond Latin-1 behind"),
        pytest.param("ada|" + "é" * 128, id="beyond ASCII"),
        pytest.param("ada|\ud800", id="surrogate"),
        pytest.param("\ud800|" + SIGNED.partition("|")[2], id="surrogate's name"),
        pytest.param("ada|" + "0" * 100_000, id="over-long"),
        pytest.param("\0|\0", id="NUL"),
        pytest.param(encode_cookie("", KEY)[1:], id="a digest of nothing, and no bar"),
    ],
)
def test_a_text_that_was_not_signed_so_is_not_read_and_no_fault(
    app: Flask, value: str
) -> None:
    with app.app_context():
        assert decode_cookie(value) is None
        assert decode_cookie(value, KEY) is None


@given(value=st.text(st.characters()))
def test_whatever_comes_is_not_read(value: str) -> None:
    assert decode_cookie(value, KEY) is None


@pytest.mark.parametrize("payload", ["\ud800", "\udfff|", "a\udc80"])
def test_a_text_that_is_no_proper_unicode_is_signed_like_any_other(
    payload: str,
) -> None:
    value = encode_cookie(payload, KEY)

    assert decode_cookie(value, KEY) == payload


# --- Keys that cannot be meant.


@pytest.mark.parametrize("fallbacks", ["one key", b"one key"], ids=["text", "bytes"])
def test_one_fallback_key_where_a_list_is_meant_is_told_to_whoever_wrote_it(
    clock: Clock, fallbacks: str | bytes
) -> None:
    with pytest.raises(ConfigError, match=r"^SECRET_KEY_FALLBACKS is one text"):
        Site(clock, SECRET_KEY_FALLBACKS=fallbacks)


@pytest.mark.parametrize("empty", ["", b"", None], ids=["text", "bytes", "none"])
def test_an_empty_fallback_key_with_which_anybody_could_sign_is_refused(
    clock: Clock, empty: Any
) -> None:
    with pytest.raises(ConfigError, match=r"^SECRET_KEY_FALLBACKS has an empty key"):
        Site(clock, SECRET_KEY_FALLBACKS=[OLD_KEY, empty])


@pytest.mark.parametrize("missing", [None, "", b""], ids=["none", "text", "bytes"])
def test_an_application_without_a_key_is_told_which_setting_is_missing(
    missing: str | bytes | None,
) -> None:
    app = Flask("app")
    app.config["SECRET_KEY"] = missing

    with app.app_context():
        with pytest.raises(ConfigError, match=r"^SECRET_KEY is not set"):
            encode_cookie("ada")
        with pytest.raises(ConfigError, match=r"^SECRET_KEY is not set"):
            decode_cookie("ada|0")


def test_with_a_key_named_no_application_is_needed() -> None:
    assert decode_cookie(encode_cookie("ada", "key"), "key") == "ada"


def test_a_site_without_a_key_signs_nobody_in_and_says_why(site: Site) -> None:
    site.app.config["SECRET_KEY"] = None

    with pytest.raises(ConfigError, match=r"^SECRET_KEY is not set"):
        site.visitor().signs_in("ada", remember="yes")


def test_a_site_without_a_key_shows_its_public_pages(clock: Clock) -> None:
    signed = Site(clock).visitor()
    signed.signs_in("ada", remember="yes")
    site = Site(clock)
    site.app.config["SECRET_KEY"] = None
    visitor = site.visitor()
    for name in ("session", "remember_token"):
        visitor.client.set_cookie(name, signed.cookie(name) or "")

    assert visitor.get("/").text == "Welcome."
    assert visitor.who() == "None"


# --- What no cache may keep.


def test_what_only_somebody_signed_in_may_see_is_kept_out_of_caches(
    site: Site,
) -> None:
    visitor = site.visitor()
    visitor.signs_in("ada")

    assert visitor.get("/secret").headers.getlist("Cache-Control") == ["no-store"]


def test_a_view_that_speaks_of_caches_itself_is_not_contradicted(site: Site) -> None:
    @site.app.get("/own")
    @login_required
    def own() -> tuple[str, dict[str, str]]:
        return "a secret", {"Cache-Control": "private"}

    visitor = site.visitor()
    visitor.signs_in("ada")

    assert visitor.get("/own").headers.getlist("Cache-Control") == ["private"]
