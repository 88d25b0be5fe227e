"""Who may pass to a view."""

from drop_in.both import Browser, Library, Site
from support import Clock


def test_login_required_lets_somebody_signed_in_pass(browser: Browser) -> None:
    browser.post("/in/ada")

    assert browser.get("/secret").told == "a secret for ada"


def test_login_required_sends_a_stranger_to_the_login_page_and_back(
    browser: Browser,
) -> None:
    seen = browser.get("/secret?page=2")

    assert seen.status == 302
    assert seen.location == "/login?next=%2Fsecret%3Fpage%3D2"


def test_login_required_lets_a_client_with_a_key_pass(browser: Browser) -> None:
    assert browser.get("/secret", key="ada").told == "a secret for ada"


def test_login_required_keeps_the_names_of_the_view(login: Library) -> None:
    @login.login_required
    def letters() -> str:
        """Show the letters."""
        return ""

    assert (letters.__name__, letters.__doc__) == ("letters", "Show the letters.")


def test_login_required_may_be_put_over_a_function_within_a_request(
    login: Library, site: Site, browser: Browser
) -> None:
    @site.app.get("/late")
    def late() -> str:
        answer: str = login.login_required(lambda letter: letter)("a letter")
        return answer

    assert browser.get("/late").status == 302
    browser.post("/in/ada")
    assert browser.get("/late").told == "a letter"


def test_login_required_gives_the_view_its_arguments(
    login: Library, site: Site, browser: Browser
) -> None:
    @site.app.get("/letters/<int:number>")
    @login.login_required
    def letter(number: int) -> str:
        return f"letter {number}"

    browser.post("/in/ada")

    assert browser.get("/letters/7").told == "letter 7"


def test_login_required_guards_every_page_behind_a_before_request_function(
    login: Library, site: Site, browser: Browser
) -> None:
    @site.app.before_request
    @login.login_required
    def everywhere() -> None: ...

    assert browser.get("/public").status == 302
    assert browser.get("/public", key="ada").told == "for everybody"


def test_login_required_lets_a_preflight_pass(browser: Browser) -> None:
    assert browser.asks("OPTIONS", "/secret", {}).status == 200


def test_login_disabled_lets_everybody_pass_in_tests(
    login: Library, time: Clock
) -> None:
    browser = Browser(Site(login, time, LOGIN_DISABLED=True))

    assert browser.get("/letters").told == "letters"


def test_fresh_login_required_lets_somebody_pass_who_has_just_signed_in(
    browser: Browser,
) -> None:
    browser.post("/in/ada")

    assert browser.get("/fresh").told == "a fresh secret for ada"


def test_fresh_login_required_sends_who_came_back_to_prove_it(
    browser: Browser,
) -> None:
    browser.post("/in/ada", remember="yes")
    browser.restarts()

    seen = browser.get("/fresh")

    assert seen.location == "/prove?next=%2Ffresh"
    assert seen.signals[-1] == "user_needs_refresh"


def test_fresh_login_required_sends_a_stranger_to_the_login_page(
    browser: Browser,
) -> None:
    seen = browser.get("/fresh")

    assert seen.location == "/login?next=%2Ffresh"
    assert seen.signals[-1] == "user_unauthorized"
