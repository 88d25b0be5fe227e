"""Where to go after signing in: a page of this site, whatever somebody has slipped in.

The yardstick is a parser that reads addresses as browsers do (the WHATWG URL standard).
"""

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

import pytest
from ada_url import URL, join_url
from flask import Flask, redirect, request, session
from hypothesis import example, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from flask_signet import ConfigError, login_required, safe_next
from flask_signet.next_url import is_safe
from support import Clock, Site, Visitor

HERE = "http://localhost"
PARTNER = "https://partner.example"
DEFAULT = "/default"


def origin_after(base: str, address: str) -> str:
    """Tell at which origin a browser ends that is sent from base to an address."""
    return origin_of(URL(join_url(base, address)))


def origin_of(address: URL) -> str:
    # Not `.origin`, for that of a blob is the origin of what made it.
    return f"{address.protocol}//{address.host}"


@pytest.fixture
def app() -> Flask:
    app = Flask("app")
    app.config["SECRET_KEY"] = "a key for tests"
    return app


@pytest.fixture
def going(site: Site) -> Site:
    """Add a page that sends people on, as a login view does."""

    @site.app.route("/go", methods=["GET", "POST"])
    def go() -> Any:
        return redirect(safe_next(DEFAULT))

    @site.app.get("/go/partner")
    def go_partner() -> Any:
        return redirect(safe_next(DEFAULT, origins=[PARTNER]))

    @site.app.route("/pages/<path:page>", methods=["GET", "POST", "PUT", "DELETE"])
    @login_required
    def pages(page: str) -> str:
        return f"{request.method} {page} {request.args.get('q')}"

    return site


def goes(visitor: Visitor, target: str, path: str = "/go") -> TestResponse:
    return visitor.get(path, query_string={"next": target})


# --- What is no page of this site.

HOSTILE = [
    pytest.param("", id="empty"),
    pytest.param("//evil.test", id="two slashes"),
    pytest.param("///evil.test", id="three slashes"),
    pytest.param("////evil.test", id="four slashes"),
    pytest.param("\\\\evil.test", id="two backslashes"),
    pytest.param("/\\evil.test", id="slash, backslash"),
    pytest.param("\\/evil.test", id="backslash, slash"),
    pytest.param("/\\/evil.test", id="slash, backslash, slash"),
    pytest.param("\\evil.test", id="backslash"),
    pytest.param("/a\\b", id="backslash in the path"),
    pytest.param("\t//evil.test", id="tab before"),
    pytest.param("/\t/evil.test", id="tab between"),
    pytest.param("/\t\\evil.test", id="tab, backslash"),
    pytest.param("/a\t", id="tab behind"),
    pytest.param("/\n/evil.test", id="line feed between"),
    pytest.param("/\r/evil.test", id="carriage return between"),
    pytest.param("\n//evil.test", id="line feed before"),
    pytest.param(" //evil.test", id="space before"),
    pytest.param("/a b", id="space within"),
    pytest.param("/a ", id="space behind"),
    pytest.param("\x00//evil.test", id="NUL before"),
    pytest.param("/\x00/evil.test", id="NUL between"),
    pytest.param("\x01//evil.test", id="control character before"),
    pytest.param("/\x1f", id="unit separator"),
    pytest.param("/\x7f", id="delete"),
    pytest.param("/\x85/evil.test", id="next line"),
    pytest.param("\u00a0//evil.test", id="no-break space before"),
    pytest.param("/\u00a0/evil.test", id="no-break space"),
    pytest.param("\ufeff//evil.test", id="byte order mark before"),
    pytest.param("/\ufeff", id="byte order mark"),
    pytest.param("/\ud800", id="lone surrogate"),
    pytest.param("/\udfff/a", id="last surrogate"),
    pytest.param("\udc80//evil.test", id="surrogate before"),
    pytest.param("/a\r\nSet-Cookie: a=b", id="a header slipped in"),
    pytest.param("/a\nLocation: //evil.test", id="another Location"),
    pytest.param("https:evil.test", id="scheme without slashes"),
    pytest.param("https:/evil.test", id="scheme with one slash"),
    pytest.param("https:///evil.test", id="scheme with three slashes"),
    pytest.param("https:\\\\evil.test", id="scheme with backslashes"),
    pytest.param("http:/default", id="own scheme with one slash"),
    pytest.param("http:", id="scheme alone"),
    pytest.param("http://", id="scheme and slashes"),
    pytest.param("://localhost/", id="no scheme"),
    pytest.param("https://evil.test", id="another site"),
    pytest.param("https://localhost/", id="own host, another scheme"),
    pytest.param("http://localhost:8080/", id="own host, another port"),
    pytest.param("http://localhost:443/", id="own host, the other default port"),
    pytest.param("http://localhost:080/", id="own port with a nought"),
    pytest.param("http://localhost:/", id="own host, empty port"),
    pytest.param("http://localhost:80:80/", id="own host, two ports"),
    pytest.param("http://localhost./", id="own host, a dot behind"),
    pytest.param("http://localhost.evil.test/", id="own host in another's"),
    pytest.param("http://evil.test/localhost", id="own host in a path"),
    pytest.param("http://evil.test#http://localhost/", id="own host in a fragment"),
    pytest.param("http://evil.test?http://localhost/", id="own host in a query"),
    pytest.param("http://evil-localhost/", id="own host behind another's"),
    pytest.param("http://localhost@evil.test/", id="own host as a user"),
    pytest.param("http://evil.test@localhost/", id="another host as a user"),
    pytest.param("http://user:password@localhost/", id="user and password"),
    pytest.param("http://@localhost/", id="empty user"),
    pytest.param("http://localhost\\@evil.test/", id="own host, backslash, user"),
    pytest.param("http://localhost%2f@evil.test/", id="own host, coded slash, user"),
    pytest.param("http://localhost\t.evil.test/", id="own host, tab"),
    pytest.param("http://%6cocalhost/", id="own host, coded"),
    pytest.param("http://loc\u00adalhost/", id="own host, soft hyphen"),
    pytest.param("http://ⓛocalhost/", id="own host, look-alike"),
    pytest.param("http://l\u043ecalhost/", id="own host, Cyrillic"),
    pytest.param("http://localhost。evil.test/", id="full stop of another script"),
    pytest.param("http://localhost\uff0f.evil.test/", id="slash of another script"),
    pytest.param("//localhost/", id="own host without a scheme"),
    pytest.param("http://[::1]/", id="IPv6"),
    pytest.param("http://[::1", id="IPv6, cut"),
    pytest.param("http://[localhost]/", id="own host in brackets"),
    pytest.param("http://127.0.0.1/", id="own address"),
    pytest.param("http://2130706433/", id="own address as a number"),
    pytest.param("ftp://localhost/", id="ftp"),
    pytest.param("ws://localhost/", id="ws"),
    pytest.param("file:///etc/passwd", id="file"),
    pytest.param("javascript:alert(1)", id="javascript"),
    pytest.param("JaVaScRiPt:alert(1)//", id="javascript in letters of all sizes"),
    pytest.param("java\tscript:alert(1)", id="javascript with a tab"),
    pytest.param("javascript://localhost/%0aalert(1)", id="javascript with own host"),
    pytest.param("data:text/html,<script>", id="data"),
    pytest.param("blob:http://localhost/1", id="blob"),
    pytest.param("view-source:http://localhost/", id="view-source"),
    pytest.param("mailto:ada@example.org", id="mailto"),
    pytest.param("evil.test", id="no scheme, no slash"),
    pytest.param("secret", id="relative path"),
    pytest.param("./secret", id="relative to here"),
    pytest.param("../secret", id="relative to above"),
    pytest.param("?next=//evil.test", id="query alone"),
    pytest.param("#fragment", id="fragment alone"),
    pytest.param("http", id="half a scheme"),
    pytest.param("httpx://localhost/", id="nearly own scheme"),
    pytest.param("http\u017f://localhost/", id="scheme with a long s"),
    pytest.param("//" + "a" * 100_000, id="over-long host"),
]


@pytest.mark.parametrize("target", HOSTILE)
def test_nobody_is_sent_where_somebody_else_would_have_them(
    going: Site, target: str
) -> None:
    with going.app.test_request_context("/login"):
        assert safe_next(DEFAULT, target=target) == DEFAULT


@pytest.mark.parametrize("target", HOSTILE)
def test_a_login_page_sends_nobody_away_and_has_no_fault(
    going: Site, target: str
) -> None:
    # As a form of a hostile page would: what is no text is a question mark there.
    sent = target.encode("utf-8", "replace")

    answers = [
        going.visitor().get(f"/go?next={quote(sent)}"),
        going.visitor().post("/go", data={"next": sent}),
        going.visitor().get("/go/partner", query_string={"next": sent}),
    ]

    for answer in answers:
        assert answer.status_code == 302
        assert origin_after(f"{HERE}/go", answer.headers["Location"]) == HERE


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param("%ff%fe", id="no UTF-8"),
        pytest.param("%ed%a0%80", id="a surrogate in UTF-8"),
        pytest.param("/%ed%a0%80", id="a path with one"),
        pytest.param("%00", id="NUL"),
        pytest.param("/%0d%0aSet-Cookie:%20a=b", id="a header slipped in"),
        pytest.param("%2F%2Fevil.test", id="coded slashes"),
        pytest.param("%09//evil.test", id="coded tab"),
        pytest.param("/%5Cevil.test", id="coded backslash"),
        pytest.param("%E2%80%A8//evil.test", id="line separator"),
        pytest.param("&next=//evil.test", id="twice"),
        pytest.param("%", id="per cent"),
        pytest.param("/%25zz", id="per cent, coded"),
        pytest.param("/%zz", id="per cent and no number"),
    ],
)
def test_strange_bytes_in_an_address_send_nobody_away_and_are_no_fault(
    going: Site, visitor: Visitor, raw: str
) -> None:
    answer = visitor.get(f"/go?next={raw}")

    assert answer.status_code == 302
    assert origin_after(f"{HERE}/go", answer.headers["Location"]) == HERE
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "target", [None, 7, True, b"/secret", ["/secret"], {"next": "/secret"}, object()]
)
def test_what_is_no_text_is_no_page(target: Any) -> None:
    assert not is_safe(target, [HERE])


def test_a_target_of_another_type_is_the_default(app: Flask) -> None:
    target: Any = ["/secret"]

    with app.test_request_context():
        assert safe_next(DEFAULT, target=target) == DEFAULT


# --- Pages of this site.

PAGES = [
    "/",
    "/secret",
    "/secret?a=b&c=d#e",
    "/a//b",
    "/a/../b",
    "/.//evil.test",
    "/@evil.test",
    "/:8080/",
    "/http://evil.test/",
    "/?next=//evil.test",
    "/#//evil.test",
    "/%2F%2Fevil.test",
    "/%5Cevil.test",
    "/%09/evil.test",
    "/%0d%0aSet-Cookie:a=b",
    "/%",
    "/[::1]",
    "/[",
    "/{}|^`<>\"'",
    "/café",
    "/日本",
    "/😀",
    "/\uff0fevil.test",
    "/\u2028",
    "/\u200b/evil.test",
    "/" + "a" * 100_000,
    "http://localhost",
    "http://localhost/",
    "http://localhost/secret",
    "http://localhost:80/secret",
    "HTTP://LOCALHOST/Secret",
    "hTTp://lOcalhost:80?a#b",
    "http://localhost?a",
    "http://localhost#a",
    "http://localhost//evil.test",
    "http://localhost/@evil.test",
    "http://localhost/?@evil.test",
    "http://localhost?@evil.test",
    "http://localhost#@evil.test",
    "http://localhost/[",
]


@pytest.mark.parametrize("target", PAGES, ids=[page[:30] for page in PAGES])
def test_somebody_is_sent_to_the_page_of_this_site_that_they_asked_for(
    going: Site, visitor: Visitor, target: str
) -> None:
    with going.app.test_request_context("/login"):
        assert safe_next(DEFAULT, target=target) == target

    answer = goes(visitor, target)
    assert answer.status_code == 302
    ended = join_url(f"{HERE}/go", answer.headers["Location"])
    assert origin_after(f"{HERE}/go", answer.headers["Location"]) == HERE
    assert ended != f"{HERE}{DEFAULT}"


@pytest.mark.parametrize(
    ("here", "target", "safe"),
    [
        pytest.param("https://a.test", "https://a.test:443/", True, id="https' own"),
        pytest.param("https://a.test", "https://a.test:80/", False, id="http's own"),
        pytest.param("https://a.test", "http://a.test/", False, id="unencrypted"),
        pytest.param("http://a.test:8080", "http://a.test:8080/", True, id="same"),
        pytest.param("http://a.test:8080", "http://a.test/", False, id="no port"),
        pytest.param("http://a.test:8080", "http://a.test:80/", False, id="port 80"),
        pytest.param("http://a.test:8080", "http://a.test:80800/", False, id="longer"),
        pytest.param("http://[::1]:5000", "http://[::1]:5000/", True, id="IPv6"),
        pytest.param("http://[::1]", "http://[::1]:80/", True, id="IPv6, port 80"),
        pytest.param("http://[::1]", "http://[::1:80]/", False, id="80 within IPv6"),
        pytest.param("http://[::1]:5000", "http://[::1]/", False, id="IPv6, no port"),
        pytest.param("http://a.test:80", "http://a.test/", True, id="80 in the origin"),
        pytest.param("HTTP://A.Test", "http://a.test/", True, id="origin in capitals"),
        pytest.param("https://xn--caf-dma.test", "https://café.test/", False, id="IDN"),
    ],
)
def test_an_address_is_of_this_site_if_scheme_host_and_port_are(
    here: str, target: str, safe: bool
) -> None:
    assert is_safe(target, [here]) is safe


# --- Whatever comes.

PIECES = [
    *["/", "//", "\\", "?", "#", "@", ":", ":80", ":443", ":5000", ".", "..", "%"],
    *["%2F", "%5C", "%0A", "%00", "[", "]", "[::1]", "|", ";", "&", "=", "a", "host"],
    *["localhost", "LOCALHOST", "partner.example", "example.org", "evil.test"],
    *["http:", "https:", "HTTP://", "https://", "http://localhost", PARTNER, "ws://"],
    *["javascript:", "data:", "file:", "blob:", "\t", "\n", "\r", "\0", " ", "\x1f"],
    *["\x7f", "\x85", "\xa0", "\xad", "\u2028", "\u3002", "\uff0f", "\uff0e"],
    *["\u202e", "\ufeff", "\ud800", "\udfff", "é", "ß", "\u0130", "\u0131", "\u017f"],
    *["\u212a", "xn--a", "😀", "127.0.0.1"],
]
"""What addresses are made of, and what they are attacked with."""

TARGETS = st.lists(st.sampled_from(PIECES), max_size=8).map("".join) | st.text(
    st.characters()
)

APP = Flask("fuzzed")
APP.config["SECRET_KEY"] = "a key for tests"


@settings(max_examples=500, deadline=None)
@given(
    target=TARGETS,
    here=st.sampled_from(
        [HERE, "https://example.org", "http://[::1]:5000", "http://host:8080"]
    ),
    origins=st.sampled_from([(), (PARTNER,), ("http://partner.example:8080", HERE)]),
)
@example(target="https:/\t/partner.example\\@evil.test", here=HERE, origins=(PARTNER,))
def test_whatever_is_slipped_in_the_browser_ends_at_this_site_or_one_allowed(
    target: str, here: str, origins: tuple[str, ...]
) -> None:
    with APP.test_request_context("/login", base_url=here):
        place = safe_next(DEFAULT, target=target, origins=origins)
        response: Any = redirect(place)
        headers = response.get_wsgi_headers(request.environ)

    allowed = {origin_of(URL(each)) for each in (here, *origins)}
    assert origin_after(f"{here}/login", place) in allowed
    assert origin_after(f"{here}/login", headers["Location"]) in allowed
    assert place in {target, DEFAULT}


@settings(max_examples=500, deadline=None)
@given(target=TARGETS)
def test_a_page_of_this_site_written_as_a_browser_writes_it_is_gone_to(
    target: str,
) -> None:
    base = f"{HERE}/login"
    try:
        ended = URL(join_url(base, target.encode("utf-8", "replace").decode()))
    except ValueError:
        return
    if origin_of(ended) != HERE or ended.username or ended.password:
        return
    # A browser leaves a backslash in a query; what has one is in doubt all the same.
    if "\\" in ended.href:
        return

    with APP.test_request_context("/login"):
        assert safe_next(DEFAULT, target=ended.href) == ended.href


# --- Where it is looked for.


@pytest.fixture
def waiting(app: Flask) -> Iterable[Flask]:
    """Be in a request with a page in the form, another in the address."""
    with app.test_request_context(
        "/login?next=/address", method="POST", data={"next": "/form"}
    ):
        session["next"] = "/session"
        yield app


def test_who_names_a_target_means_that_one(waiting: Flask) -> None:
    assert safe_next(DEFAULT, target="/named") == "/named"
    assert safe_next(DEFAULT, target="//evil.test") == DEFAULT


def test_who_names_an_empty_target_means_the_default(waiting: Flask) -> None:
    assert safe_next(DEFAULT, target="") == DEFAULT


def test_the_form_is_looked_at_first(waiting: Flask) -> None:
    assert safe_next(DEFAULT) == "/form"


@pytest.mark.parametrize("form", [{}, {"next": ""}], ids=["none", "empty"])
def test_without_one_in_the_form_the_address_is_looked_at(
    app: Flask, form: dict[str, str]
) -> None:
    with app.test_request_context("/login?next=/address", method="POST", data=form):
        session["next"] = "/session"

        assert safe_next(DEFAULT) == "/address"


@pytest.mark.parametrize("address", ["/login", "/login?next="], ids=["none", "empty"])
def test_without_one_in_form_and_address_the_session_is_looked_at(
    app: Flask, address: str
) -> None:
    with app.test_request_context(address):
        session["next"] = "/session"

        assert safe_next(DEFAULT) == "/session"


def test_without_any_it_is_the_default(app: Flask) -> None:
    with app.test_request_context("/login"):
        assert safe_next(DEFAULT) == DEFAULT


def test_a_bad_one_in_the_form_is_not_made_up_for_by_another(app: Flask) -> None:
    with app.test_request_context(
        "/login?next=/address", method="POST", data={"next": "//evil.test"}
    ):
        session["next"] = "/session"

        assert safe_next(DEFAULT) == DEFAULT


def test_the_session_is_not_trusted_either(app: Flask) -> None:
    with app.test_request_context("/login"):
        session["next"] = "//evil.test"

        assert safe_next(DEFAULT) == DEFAULT


@pytest.mark.parametrize("address", ["/login", "/login?next=/address"])
def test_what_waited_in_the_session_is_gone_to_once(app: Flask, address: str) -> None:
    with app.test_request_context(address):
        session["next"] = "/session"
        safe_next(DEFAULT)

        assert "next" not in session
        assert session.modified


def test_what_waits_in_the_session_stays_there_if_a_target_is_named(
    waiting: Flask,
) -> None:
    safe_next(DEFAULT, target="/named")

    assert session["next"] == "/session"


def test_a_session_in_which_nothing_waits_is_not_written(app: Flask) -> None:
    with app.test_request_context("/login"):
        safe_next(DEFAULT)

        assert not session.modified


def test_what_waits_for_people_of_one_kind_is_not_gone_to_by_another(
    app: Flask,
) -> None:
    with app.test_request_context("/login"):
        session["next_staff"] = "/staff"
        session["next"] = "/plain"

        assert safe_next(DEFAULT) == "/plain"
        assert safe_next(DEFAULT) == DEFAULT
        assert safe_next(DEFAULT, name="staff") == "/staff"
        assert safe_next(DEFAULT, name="staff") == DEFAULT


# --- Other sites that may be gone to.


@pytest.mark.parametrize(
    ("target", "place"),
    [
        (f"{PARTNER}/a", f"{PARTNER}/a"),
        (f"{PARTNER}:443/a", f"{PARTNER}:443/a"),
        (f"{PARTNER}.evil.test/a", DEFAULT),
        (f"{PARTNER}@evil.test/a", DEFAULT),
        (f"{PARTNER}:8443/a", DEFAULT),
        ("http://partner.example/a", DEFAULT),
        ("https://www.partner.example/a", DEFAULT),
        ("//partner.example/a", DEFAULT),
        ("/a", "/a"),
    ],
)
def test_an_origin_that_the_view_allows_is_gone_to_and_no_other(
    going: Site, visitor: Visitor, target: str, place: str
) -> None:
    assert goes(visitor, target, "/go/partner").location == place
    if place.startswith(PARTNER):
        assert goes(visitor, target).location == DEFAULT


def test_origins_may_come_one_by_one(app: Flask) -> None:
    origins = (each for each in ["https://other.example", PARTNER])

    with app.test_request_context("/login"):
        place = safe_next(DEFAULT, target=f"{PARTNER}/a", origins=origins)

    assert place == f"{PARTNER}/a"


@pytest.mark.parametrize(
    "origin",
    [
        pytest.param("", id="empty"),
        pytest.param("partner.example", id="no scheme"),
        pytest.param("//partner.example", id="no scheme but slashes"),
        pytest.param("https://", id="no host"),
        pytest.param("https://:443", id="a port alone"),
        pytest.param("https://partner.example/", id="a slash behind"),
        pytest.param("https://partner.example/path", id="a path"),
        pytest.param("https://partner.example?a", id="a query"),
        pytest.param("https://partner.example#a", id="a fragment"),
        pytest.param("https://ada@partner.example", id="a user"),
        pytest.param("ftp://partner.example", id="ftp"),
        pytest.param("javascript:alert(1)", id="javascript"),
        pytest.param(" https://partner.example", id="a space before"),
        pytest.param("https://partner.example\n", id="a line break"),
        pytest.param("https://[::1", id="IPv6, cut"),
        pytest.param("https://[x]", id="no address in brackets"),
        pytest.param("https://\u2100.example", id="look-alike"),
        pytest.param("https://partner example", id="a space within"),
        pytest.param("https://partner.example\\", id="a backslash"),
        pytest.param("https://partner.example:port", id="no port"),
        pytest.param("https://partner.example:0", id="port nought"),
        pytest.param("https://partner.example:65536", id="no such port"),
        pytest.param("https://partner.example:", id="an empty port"),
        pytest.param("https://partner.example:443:443", id="two ports"),
        pytest.param("https://*.partner.example", id="a wildcard"),
        pytest.param("https://partner%2eexample", id="coded"),
        pytest.param(None, id="none"),
        pytest.param(b"https://partner.example", id="bytes"),
    ],
)
def test_an_origin_that_is_none_is_told_to_whoever_wrote_it(
    app: Flask, origin: Any
) -> None:
    with (
        app.test_request_context("/login"),
        pytest.raises(ConfigError, match=r"^origins has .*'https://example\.org'\.$"),
    ):
        safe_next(DEFAULT, origins=[PARTNER, origin])


def test_one_origin_where_several_are_meant_is_told_to_whoever_wrote_it(
    app: Flask,
) -> None:
    with (
        app.test_request_context("/login"),
        pytest.raises(ConfigError, match=r"^origins has 'h'"),
    ):
        safe_next(DEFAULT, origins=PARTNER)


@pytest.mark.parametrize(
    "origin",
    [
        "https://partner.example",
        "http://localhost:5000",
        "http://127.0.0.1:1",
        "https://[::1]:65535",
        "https://xn--caf-dma.example",
        "https://inner_host",
    ],
)
def test_an_origin_is_one(origin: str) -> None:
    with APP.test_request_context("/login"):
        place = safe_next(DEFAULT, target=f"{origin}/a", origins=[origin])

    assert place == f"{origin}/a"


# --- Where people see the site.


@pytest.mark.parametrize(
    ("target", "place"),
    [
        ("https://example.org/secret", "https://example.org/secret"),
        ("http://localhost/secret", "http://localhost/secret"),
        ("http://example.org/secret", DEFAULT),
        ("https://example.org.evil.test/", DEFAULT),
        ("https://www.example.org/", DEFAULT),
    ],
)
def test_behind_a_proxy_the_site_is_where_people_see_it(
    clock: Clock, target: str, place: str
) -> None:
    site = Site(clock, SIGNET_SITE_ORIGIN="https://example.org")

    with site.app.test_request_context("/login"):
        assert safe_next(DEFAULT, target=target) == place


@pytest.mark.parametrize(
    "origin", ["https://[::1", "https://\u2100.example", "example.org", "ftp://a.test"]
)
def test_a_site_whose_origin_cannot_be_read_is_told_so(
    clock: Clock, origin: str
) -> None:
    with pytest.raises(ConfigError, match=r"^SIGNET_SITE_ORIGIN is"):
        Site(clock, SIGNET_SITE_ORIGIN=origin)


def test_the_origin_of_a_site_does_not_change_while_it_serves(going: Site) -> None:
    going.visitor().get("/")
    going.app.config["SIGNET_SITE_ORIGIN"] = "https://evil.test"

    assert goes(going.visitor(), "https://evil.test/").location == DEFAULT


def test_a_scheme_that_a_proxy_made_up_is_no_fault(
    going: Site, visitor: Visitor
) -> None:
    for target in ("http://localhost/secret", "evil://localhost/secret"):
        answer = visitor.get(
            f"/go?next={target}", environ_overrides={"wsgi.url_scheme": "evil"}
        )

        assert answer.location == DEFAULT


def test_another_host_s_name_is_no_good_where_the_site_answers_to_its_own(
    going: Site, visitor: Visitor
) -> None:
    answer = visitor.get(
        "/go?next=http://localhost/secret", base_url="http://other.test"
    )

    assert answer.location == DEFAULT


# --- The way back.


@pytest.mark.parametrize("in_session", [False, True])
def test_behind_a_proxy_somebody_is_back_where_people_see_the_site(
    clock: Clock, in_session: bool
) -> None:
    site = Site(
        clock,
        SIGNET_SITE_ORIGIN="https://example.org",
        USE_SESSION_FOR_NEXT=in_session,
    )
    site.manager.login_view = "http://inner.test/go"

    @site.app.get("/go")
    def go() -> Any:
        return redirect(safe_next(DEFAULT))

    visitor = site.visitor()
    sent = visitor.get("/secret?a=b", base_url="http://inner.test")
    back = visitor.get(sent.headers["Location"])

    assert back.location == "https://example.org/secret?a=b"


@pytest.mark.parametrize(
    "page",
    [
        "/pages/a",
        "/pages/a/b?q=c",
        "/pages/a%20b?q=c%20d",
        "/pages/a%5Cb?q=C:%5Cd",
        "/pages/a%C2%A0b?q=%C2%A0",
        "/pages/a%C2%85b?q=%C2%85",
        "/pages/a?q=%EF%BB%BF",
        "/pages/a?q=%FF",
        "/pages/a?q=c+d",
        "/pages/a?q=c%2Bd",
        "/pages/a?q=1%262%3D3%23",
        "/pages/a%3Fb",
        "/pages/a%23b",
        "/pages/a%25b?q=%25",
        "/pages/men%C3%BC?q=%C3%BC",
        "/pages/%E6%97%A5?q=%F0%9F%98%80",
        "/pages/a?q=http://evil.test/",
        "/pages/a?q=//evil.test",
        "/pages/a?next=//evil.test&q=b",
        "/pages/a?q=%09",
        "/pages/a?q=%0d%0aSet-Cookie:%20a=b",
        "/pages/a?q=%00",
        "/pages/%09/evil.test",
        "/pages/[a]?q=[b]",
        "/pages/a;b=c@d:e!$'()*,",
        "/pages/a?q=",
        "/pages/a?" + "&".join(f"a{number}=b" for number in range(300)) + "&q=c",
    ],
)
@pytest.mark.parametrize("in_session", [False, True])
def test_somebody_sent_to_the_login_page_is_back_at_their_own_after_it(
    going: Site, page: str, in_session: bool
) -> None:
    going.app.config["USE_SESSION_FOR_NEXT"] = in_session
    visitor = going.visitor()
    sent = visitor.get(page)
    assert sent.location.startswith("/login")

    back = visitor.get("/go" + sent.location.removeprefix("/login"))
    visitor.signs_in("ada")
    found = visitor.get(back.location)

    direct = visitor.get(page)
    assert back.location != DEFAULT
    assert found.status_code == 200
    assert found.text == direct.text


@pytest.mark.parametrize(
    ("method", "back"),
    [
        ("GET", "/pages/a"),
        ("HEAD", "/pages/a"),
        ("POST", DEFAULT),
        ("PUT", DEFAULT),
        ("DELETE", DEFAULT),
    ],
)
@pytest.mark.parametrize("in_session", [False, True])
def test_only_a_page_that_can_be_asked_for_again_is_come_back_to(
    going: Site, visitor: Visitor, method: str, back: str, in_session: bool
) -> None:
    going.app.config["USE_SESSION_FOR_NEXT"] = in_session

    sent = visitor.client.open("/pages/a", method=method)

    assert sent.status_code == 302
    query = sent.location.removeprefix("/login")
    assert visitor.get(f"/go{query}").location == back
