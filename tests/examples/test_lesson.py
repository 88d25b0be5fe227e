"""The lesson's site, as somebody meets it who registers, signs in, and is mistaken."""

import hashlib
import re
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from flask_signet.cli import signet

LESSON = Path(__file__).parents[2] / "examples" / "lesson"

PASSWORD = "eleven quiet geese at dawn"

QUICK = "scrypt:1024:8:1"
"""A setting for tests: hardly any work."""

LONE_SURROGATE = b"%ED%A0%80"


def load(app: Path, name: str) -> Iterator[ModuleType]:
    """Load the site's package under a name of its own: `app` is everybody's."""
    spec = spec_from_file_location(
        name, app / "__init__.py", submodule_search_locations=[str(app)]
    )
    assert spec
    assert spec.loader
    package = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(package)

    yield package

    for module in [module for module in sys.modules if module.split(".")[0] == name]:
        del sys.modules[module]


@pytest.fixture(scope="module")
def lesson() -> Iterator[ModuleType]:
    yield from load(LESSON / "app", "lesson_site")


@pytest.fixture
def make(
    lesson: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], Flask]]:
    """Make the site by the name of a configuration."""
    made: list[Flask] = []

    def make(config_name: str) -> Flask:
        app: Flask = lesson.create_app(config_name)
        monkeypatch.setattr(lesson.models, "PASSWORD_METHOD", QUICK)
        made.append(app)
        return app

    yield make

    for app in made:
        with app.app_context():
            lesson.db.engine.dispose()


@pytest.fixture
def app(make: Callable[[str], Flask]) -> Flask:
    return make("testing")


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def ada(client: FlaskClient) -> FlaskClient:
    """Ada's browser; she has an account, and is not signed in."""
    register(client)
    return client


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int, int]]:
    """Note the settings of each hash that is computed."""
    computed = []
    scrypt = hashlib.scrypt

    def counted(*args: Any, n: int, r: int, p: int, **kwargs: Any) -> bytes:
        computed.append((n, r, p))
        return scrypt(*args, n=n, r=r, p=p, **kwargs)

    monkeypatch.setattr(hashlib, "scrypt", counted)
    return computed


def register(client: FlaskClient, query: str = "", **changed: str) -> TestResponse:
    fields = {"name": "Ada", "email": "ada@example.org", "password": PASSWORD} | changed
    fields.setdefault("repeated", fields["password"])
    return client.post(f"/auth/register{query}", data=fields)


def sign_in(client: FlaskClient, query: str = "", **changed: str) -> TestResponse:
    fields = {"email": "ada@example.org", "password": PASSWORD} | changed
    return client.post(f"/auth/login{query}", data=fields)


def is_in(client: FlaskClient) -> bool:
    answer = client.get("/top-secret")
    assert answer.status_code in {200, 302}
    return answer.status_code == 200


def people(app: Flask, lesson: ModuleType) -> list[str]:
    with app.app_context():
        names = lesson.db.select(lesson.models.User.name)
        return list(lesson.db.session.scalars(names))


# In and out -------------------------------------------------------------------------


def test_a_stranger_is_sent_to_sign_in_and_told_why(client: FlaskClient) -> None:
    answer = client.get("/top-secret", follow_redirects=True)

    assert answer.request.path == "/auth/login"
    assert "Please log in to access this page." in answer.text


def test_who_signs_in_is_back_at_the_page_asked_for(ada: FlaskClient) -> None:
    sent_to = ada.get("/top-secret").location

    answer = ada.post(sent_to, data={"email": "ada@example.org", "password": PASSWORD})

    assert answer.location == "/top-secret"
    assert "For the eyes of <strong>Ada</strong> only" in ada.get("/top-secret").text


def test_who_must_register_first_still_gets_back_there(client: FlaskClient) -> None:
    sent_to = client.get("/top-secret").location
    to_register = re.search(r"/auth/register\?next=[^\"]+", client.get(sent_to).text)
    assert to_register

    registered = register(client, to_register[0].removeprefix("/auth/register"))

    assert registered.location == "/auth/login?next=/top-secret"


def test_nobody_is_in_just_by_registering(ada: FlaskClient) -> None:
    assert not is_in(ada)


def test_who_came_by_the_front_door_is_back_at_the_front_page(ada: FlaskClient) -> None:
    assert sign_in(ada).location == "/"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "/\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
    ],
)
def test_a_link_from_elsewhere_leads_nobody_off_the_site(
    ada: FlaskClient, target: str
) -> None:
    answer = ada.post(
        "/auth/login",
        query_string={"next": target},
        data={"email": "ada@example.org", "password": PASSWORD},
    )

    assert answer.location == "/"


def test_an_address_is_known_however_it_is_typed(ada: FlaskClient) -> None:
    sign_in(ada, email="  Ada@Example.ORG ")

    assert is_in(ada)


def test_who_ticked_the_box_is_known_after_the_browser_closed(ada: FlaskClient) -> None:
    sign_in(ada, remember="y")

    ada.delete_cookie("session")

    assert is_in(ada)


def test_who_did_not_tick_it_is_forgotten(ada: FlaskClient) -> None:
    sign_in(ada)

    ada.delete_cookie("session")

    assert not is_in(ada)


def test_who_signed_out_is_out_and_no_longer_remembered(ada: FlaskClient) -> None:
    sign_in(ada, remember="y")

    ada.post("/auth/logout")

    assert not is_in(ada)


def test_a_link_signs_nobody_out(ada: FlaskClient) -> None:
    sign_in(ada)

    answer = ada.get("/auth/logout")

    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
    assert is_in(ada)


def test_another_site_signs_nobody_out(app: Flask, ada: FlaskClient) -> None:
    sign_in(ada)
    app.config["WTF_CSRF_ENABLED"] = True

    answer = ada.post("/auth/logout")

    assert answer.status_code == 400
    assert is_in(ada)


def test_the_button_in_the_header_does_sign_out(app: Flask, ada: FlaskClient) -> None:
    sign_in(ada)
    app.config["WTF_CSRF_ENABLED"] = True
    token = re.search(r'name="csrf_token" value="([^"]+)"', ada.get("/top-secret").text)
    assert token

    ada.post("/auth/logout", data={"csrf_token": token[1]})

    assert not is_in(ada)


# Passwords --------------------------------------------------------------------------


def test_a_stolen_table_holds_hashes_of_an_approved_setting(
    app: Flask,
    lesson: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    hashed: list[tuple[int, int, int]],
) -> None:
    monkeypatch.undo()
    user = lesson.models.User(name="Ada", email="ada@example.org")

    user.set_password(PASSWORD)

    # ASVS 5.0, appendix C: with p = 1, N of 2^17 at least.
    assert user.password_hash.startswith("scrypt:131072:8:1$")
    assert user.check_password(PASSWORD)


@pytest.mark.parametrize(
    ("email", "password"),
    [
        pytest.param("ada@example.org", "not the one she has", id="wrong password"),
        pytest.param("nobody@example.org", PASSWORD, id="unknown address"),
    ],
)
def test_a_guess_costs_one_hash_whether_or_not_there_is_such_an_account(
    ada: FlaskClient, hashed: list[tuple[int, int, int]], email: str, password: str
) -> None:
    hashed.clear()

    answer = sign_in(ada, email=email, password=password)

    assert hashed == [(1024, 8, 1)]
    assert answer.status_code == 422
    assert "This address and this password do not go together." in answer.text


def test_the_answer_does_not_tell_who_has_an_account(ada: FlaskClient) -> None:
    ada.get("/auth/login")  # takes the greeting from the registration off

    wrong = sign_in(ada, password="not the one she has")
    unknown = sign_in(ada, email="eva@example.org")

    assert wrong.text.replace("ada@example.org", "eva@example.org") == unknown.text


def test_a_new_password_puts_the_other_browsers_out(
    app: Flask, lesson: ModuleType, ada: FlaskClient
) -> None:
    sign_in(ada, remember="y")
    assert is_in(ada)

    with app.app_context():
        user = lesson.db.session.get(lesson.models.User, 1)
        user.set_password("quite another sentence")
        lesson.db.session.commit()

    assert not is_in(ada)


def test_a_deleted_account_is_not_inherited_by_the_next_one(
    app: Flask, lesson: ModuleType, ada: FlaskClient
) -> None:
    sign_in(ada)
    with app.app_context():
        lesson.db.session.delete(lesson.db.session.get(lesson.models.User, 1))
        lesson.db.session.commit()

    register(app.test_client(), email="eva@example.org", name="Eva")

    assert not is_in(ada)
    with app.app_context():
        assert lesson.db.session.scalar(lesson.db.select(lesson.models.User.id)) == 2


@pytest.mark.parametrize("user_id", ["", "ada", "1.0", "None"])
def test_an_id_that_is_no_number_is_nobody(
    app: Flask, lesson: ModuleType, user_id: str
) -> None:
    with app.app_context():
        assert lesson.models.load_user(user_id) is None


# What is sent in --------------------------------------------------------------------


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"name": ""}, id="no name"),
        pytest.param({"name": "   "}, id="a name of spaces"),
        pytest.param({"name": "A" * 61}, id="a long name"),
        pytest.param({"name": "Ada\0"}, id="a name with a NUL"),
        pytest.param({"name": "Ada\r\nSet-Cookie: a=b"}, id="a name of two lines"),
        pytest.param({"email": ""}, id="no address"),
        pytest.param({"email": "ada"}, id="an address without a host"),
        pytest.param({"email": "ada@exam ple.org"}, id="an address with a space"),
        pytest.param({"email": "ada@example.org\nx"}, id="an address of two lines"),
        pytest.param({"email": "ada\0@example.org"}, id="an address with a NUL"),
        pytest.param({"email": "a" * 243 + "@example.org"}, id="an address too long"),
        pytest.param({"password": ""}, id="no password"),
        pytest.param({"password": "x" * 14}, id="a password too short by one"),
        pytest.param({"password": "x" * 129}, id="a password too long by one"),
        pytest.param({"password": "x" * 5_000}, id="an enormous password"),
        pytest.param({"repeated": f"{PASSWORD}!"}, id="two passwords"),
    ],
)
def test_what_cannot_be_an_account_is_none(
    app: Flask,
    lesson: ModuleType,
    client: FlaskClient,
    hashed: list[tuple[int, int, int]],
    changed: dict[str, str],
) -> None:
    answer = register(client, **changed)

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert hashed == []
    assert people(app, lesson) == []


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"password": "x" * 15}, id="just long enough"),
        pytest.param({"password": "x" * 128}, id="just short enough"),
        pytest.param({"password": "  a space at each end  "}, id="with spaces around"),
        pytest.param({"password": "пятнадцать букв"}, id="of another script"),
        pytest.param({"password": "with a NUL \0 in the middle"}, id="with a NUL"),
        pytest.param({"name": "नेहा\u200d"}, id="a name with a joiner"),
    ],
)
def test_what_can_be_an_account_is_one(
    client: FlaskClient, changed: dict[str, str]
) -> None:
    register(client, **changed)

    sign_in(client, password=changed.get("password", PASSWORD))

    assert is_in(client)


def test_a_password_is_taken_as_it_was_typed(ada: FlaskClient) -> None:
    sign_in(ada, password=f" {PASSWORD}")

    assert not is_in(ada)


@pytest.mark.parametrize("email", ["ada@example.org", "ADA@example.org"])
def test_an_address_that_is_taken_is_said_on_the_form(
    app: Flask, lesson: ModuleType, ada: FlaskClient, email: str
) -> None:
    answer = register(ada, name="Another Ada", email=email)

    assert answer.status_code == 422
    assert "There is an account with this address already." in answer.text
    assert people(app, lesson) == ["Ada"]


@pytest.mark.parametrize("page", ["/auth/register", "/auth/login"])
@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        pytest.param("application/x-www-form-urlencoded", b"", 422, id="nothing"),
        pytest.param(
            "application/x-www-form-urlencoded",
            b"name=%s&email=%s@example.org&password=%s" % ((LONE_SURROGATE,) * 3),
            422,
            id="lone surrogates",
        ),
        pytest.param(
            "application/x-www-form-urlencoded",
            b"email=ada%40example.org&password=" + b"x" * 16_384,
            413,
            id="more than 16 kB",
        ),
        pytest.param(
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="email"\r\n\r\n\xed\xa0\x80',
            422,
            id="half a multipart body",
        ),
        pytest.param("application/json", b"[" * 16_000, 422, id="JSON too deep"),
        pytest.param("application/json", b"[1, 2]", 422, id="JSON that is a list"),
        pytest.param(
            "application/json",
            rb'{"email": "ada@example.org", "password": "\ud800"}',
            422,
            id="JSON with a lone surrogate",
        ),
    ],
)
def test_rubbish_is_refused_and_breaks_nothing(
    ada: FlaskClient, page: str, content_type: str, body: bytes, status: int
) -> None:
    answer = ada.post(page, data=body, content_type=content_type)

    assert answer.status_code == status
    assert not is_in(ada)


def test_a_password_that_no_text_can_be_is_simply_wrong(ada: FlaskClient) -> None:
    answer = ada.post(
        "/auth/login",
        data=b"email=ada%40example.org&password=" + LONE_SURROGATE * 5,
        content_type="application/x-www-form-urlencoded",
    )

    assert answer.status_code == 422


def test_a_name_is_text_and_never_markup(client: FlaskClient) -> None:
    register(client, name="<script>alert(1)</script>")
    sign_in(client)

    assert "<script>" not in client.get("/top-secret").text


# The pages --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "page", ["/", "/auth/login", "/auth/register", "/top-secret", "/nowhere"]
)
def test_no_page_runs_scripts_or_asks_other_servers(
    ada: FlaskClient, page: str
) -> None:
    sign_in(ada)

    text = ada.get(page).text

    assert "<!doctype html>" in text
    assert "<script" not in text
    assert not re.search(r"""(?:href|src|action)=["'](?!/|\#)""", text)
    assert "//" not in text


def test_the_header_says_who_is_in(ada: FlaskClient) -> None:
    assert "Signed in as" not in ada.get("/").text

    sign_in(ada)

    assert re.search(r"Signed in as</span>\s+Ada<", ada.get("/").text)


def test_what_only_ada_may_see_stays_in_no_cache(ada: FlaskClient) -> None:
    sign_in(ada)

    assert "no-store" in ada.get("/top-secret").headers["Cache-Control"]


# How it is run ----------------------------------------------------------------------


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """Tell production what it is told from outside."""
    environment = {
        "SECRET_KEY": "0123456789abcdef" * 4,
        "DATABASE_URL": f"sqlite:///{tmp_path / 'lesson.sqlite'}",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return environment


@pytest.mark.parametrize("missing", ["SECRET_KEY", "DATABASE_URL"])
@pytest.mark.parametrize("value", [None, ""])
def test_production_does_not_start_without_its_secrets(
    lesson: ModuleType,
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    missing: str,
    value: str | None,
) -> None:
    monkeypatch.delenv(missing)
    if value is not None:
        monkeypatch.setenv(missing, value)

    with pytest.raises(RuntimeError, match=f"^{missing} is not set"):
        lesson.create_app("production")


def test_production_begins_with_tables_and_no_accounts(
    lesson: ModuleType, make: Callable[[str], Flask], environment: dict[str, str]
) -> None:
    app = make("production")

    result = app.test_cli_runner().invoke(args=["init-db"])

    assert result.exit_code == 0
    assert people(app, lesson) == []


def test_in_production_no_cookie_is_sent_in_the_clear(
    make: Callable[[str], Flask], environment: dict[str, str]
) -> None:
    app = make("production")
    app.test_cli_runner().invoke(args=["init-db"])
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    client.environ_base["wsgi.url_scheme"] = "https"

    register(client)
    cookies = sign_in(client, remember="y").headers.getlist("Set-Cookie")

    assert {cookie.split("=")[0] for cookie in cookies} == {
        "__Host-session",
        "__Host-remember_token",
    }
    for cookie in cookies:
        flags = set(cookie.split("; "))
        assert flags >= {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"}


def test_in_production_the_doctor_finds_nothing(
    make: Callable[[str], Flask], environment: dict[str, str]
) -> None:
    said = make("production").test_cli_runner().invoke(signet, ["doctor"])

    assert said.output.startswith("All is well with ")
    assert said.exit_code == 0


@pytest.mark.parametrize(
    ("told", "host", "status"),
    [
        ("", "localhost", 200),
        ("", "www.example.org", 400),
        ("www.example.org, example.org", "www.example.org", 200),
        ("www.example.org, example.org", "example.org", 200),
        ("www.example.org", "localhost", 400),
    ],
)
def test_production_answers_to_its_hosts_alone(
    make: Callable[[str], Flask],
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    told: str,
    host: str,
    status: int,
) -> None:
    monkeypatch.setenv("TRUSTED_HOSTS", told)

    answer = make("production").test_client().get("/", base_url=f"https://{host}")

    assert answer.status_code == status


def test_on_a_beginners_machine_it_just_runs_and_people_stay_in(tmp_path: Path) -> None:
    copy = shutil.copytree(
        LESSON, tmp_path / "lesson", ignore=shutil.ignore_patterns("instance")
    )
    keys = []

    for start in ("first", "second"):
        for package in load(copy / "app", f"lesson_{start}_start"):
            app = package.create_app("development")
            keys.append(app.secret_key)
            with app.app_context():
                package.db.engine.dispose()

    key = copy / "instance" / "secret_key"
    assert keys == [key.read_text()] * 2
    assert len(keys[0]) == 64
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert (copy / "instance" / "lesson.sqlite").exists()
