"""Texts that an application signs with the library's own words."""

import pytest

from drop_in.both import FLASK_LOGIN, FLASK_SIGNET, Library, Site
from support import Clock

TEXTS = ["ada", "7", "", "a|b", "Ada Löwenherz"]


@pytest.mark.parametrize("text", TEXTS)
def test_decode_cookie_reads_what_encode_cookie_signed(
    login: Library, site: Site, text: str
) -> None:
    with site.app.app_context():
        assert login.decode_cookie(login.encode_cookie(text)) == text


def test_encode_cookie_shows_the_text_and_a_bar(login: Library, site: Site) -> None:
    with site.app.app_context():
        text, digest = login.encode_cookie("ada").split("|")

    assert text == "ada"
    assert len(bytes.fromhex(digest)) == 64


@pytest.mark.parametrize("key", ["a key", b"some bytes", "clé"])
def test_encode_cookie_takes_a_key_of_its_own(
    login: Library, site: Site, key: str | bytes
) -> None:
    signed = login.encode_cookie("ada", key=key)

    assert login.decode_cookie(signed, key=key) == "ada"
    with site.app.app_context():
        assert login.decode_cookie(signed) is None


@pytest.mark.parametrize("cookie", ["", "ada", "ada|", "ada|00", "bob|{digest}"])
def test_decode_cookie_gives_nothing_for_what_was_not_signed(
    login: Library, site: Site, cookie: str
) -> None:
    with site.app.app_context():
        digest = login.encode_cookie("ada").rpartition("|")[2]

        assert login.decode_cookie(cookie.format(digest=digest)) is None


@pytest.mark.parametrize("text", TEXTS)
def test_each_library_reads_what_the_other_signed(clock: Clock, text: str) -> None:
    with Site(FLASK_LOGIN, clock).app.app_context():
        there = FLASK_LOGIN.encode_cookie(text)
    with Site(FLASK_SIGNET, clock).app.app_context():
        here = FLASK_SIGNET.encode_cookie(text)

    assert there == here
