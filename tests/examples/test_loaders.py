"""The loader does not care where a user comes from: a dict, an API key, a directory.

Each example is loaded from its file, as it ships. The directory is a real one: a slapd
that these tests start (``slapd.py``, beside this file). Users from a service that is
awaited have more tests in ``test_async_loader.py``.
"""

import gc
import os
import runpy
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from hashlib import sha256
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import werkzeug.security
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.security import generate_password_hash
from werkzeug.test import TestResponse

# Warnings are errors here. These are of ldap3's making, whose last release is of 2021.
pytestmark = [
    # It imports names by which pyasn1 has not called its tables since 0.5.
    pytest.mark.filterwarnings("ignore:t.* is deprecated:DeprecationWarning:ldap3"),
    # It compares names in a certificate by a function that Python 3.12 took away; there
    # it has one of its own.
    pytest.mark.filterwarnings("ignore:ssl.match_host:DeprecationWarning:ldap3"),
]

HERE = Path(__file__).parent
PROJECT = HERE.parent.parent
LOADERS = PROJECT / "examples" / "loaders"


def load(path: Path) -> ModuleType:
    """Run a file as a module; neither examples nor tests are packages."""
    spec = spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


slapd = load(HERE / "slapd.py")


def sign_in(client: FlaskClient, name: str, password: str) -> TestResponse:
    return client.post("/login", data={"name": name, "password": password})


def is_in(client: FlaskClient) -> bool:
    answer = client.get("/top-secret")
    assert answer.status_code in {200, 302}
    return answer.status_code == 200


# All four --------------------------------------------------------------------------

EXAMPLES = [
    "from_a_dict",
    "from_an_api_key",
    "from_a_directory",
    "from_an_async_service",
]


@pytest.fixture
def quick_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a hash a matter of microseconds, where a test is about something else."""
    monkeypatch.setattr(
        werkzeug.security,
        "generate_password_hash",
        lambda password, _: generate_password_hash(password, "pbkdf2:sha256:1"),
    )


@pytest.fixture
def service_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no service started, where an example would start one in this process."""
    monkeypatch.setenv("PEOPLE_PORT", "1")


@pytest.mark.usefixtures("quick_hash", "service_elsewhere")
@pytest.mark.parametrize("name", EXAMPLES)
def test_a_reader_starts_it_with_python(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Flask] = []

    def run(app: Flask) -> None:
        started.append(app)

    monkeypatch.setattr(Flask, "run", run)

    runpy.run_path(str(LOADERS / f"{name}.py"), run_name="__main__")

    assert [app.debug for app in started] == [False]


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_reader_starts_it_with_flask(name: str) -> None:
    flask = [sys.executable, "-m", "flask", "--app", f"examples/loaders/{name}"]

    said = subprocess.run(
        [*flask, "routes"],
        cwd=PROJECT,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert "login" in said.stdout or "/me" in said.stdout


@pytest.mark.usefixtures("quick_hash", "service_elsewhere")
@pytest.mark.parametrize("name", EXAMPLES)
def test_a_copied_example_has_no_key_that_others_know(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    one, other = (load(LOADERS / f"{name}.py").app.secret_key for _ in range(2))
    monkeypatch.setenv("SECRET_KEY", "my own")
    third = load(LOADERS / f"{name}.py").app.secret_key

    assert len(one) == len(other) == 64
    assert one != other
    assert third == "my own"


# From a dict -----------------------------------------------------------------------

PASSWORD = "correct horse battery staple"


@pytest.fixture
def a_dict(quick_hash: None, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setenv("ADA_PASSWORD", PASSWORD)
    return load(LOADERS / "from_a_dict.py")


@pytest.fixture
def guest(a_dict: ModuleType) -> FlaskClient:
    return a_dict.app.test_client()


def test_ada_signs_in_and_is_where_she_was_going(guest: FlaskClient) -> None:
    login = guest.get("/top-secret").location
    form = guest.get(login)

    answer = guest.post(login, data={"name": "ada", "password": PASSWORD})

    assert "Please log in to access this page." in form.text
    assert answer.location == "/top-secret"
    assert "Hello, ada" in guest.get(answer.location).text


@pytest.mark.parametrize(
    ("name", "password"),
    [
        pytest.param("ada", "wrong", id="wrong password"),
        pytest.param("ada", "", id="no password"),
        pytest.param("eve", PASSWORD, id="unknown name"),
        pytest.param("nobody", PASSWORD, id="the one nobody may be"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_a_dict_lets_nobody_else_in(
    guest: FlaskClient, name: str, password: str
) -> None:
    answer = sign_in(guest, name, password)

    assert answer.status_code == 401
    assert "Name or password is wrong." in answer.text
    assert not is_in(guest)


def test_how_long_it_takes_does_not_tell_who_is_known(
    a_dict: ModuleType, guest: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashes: list[str] = []
    monkeypatch.setattr(
        a_dict, "check_password_hash", lambda hashed, _: hashes.append(hashed)
    )

    sign_in(guest, "ada", "wrong")
    sign_in(guest, "eve", "wrong")

    adas, nobodys = hashes
    assert adas.split("$")[0] == nobodys.split("$")[0]
    assert adas != nobodys


def test_who_is_taken_out_of_the_dict_is_out(
    a_dict: ModuleType, guest: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(guest, "ada", PASSWORD)
    was_in = is_in(guest)

    monkeypatch.delitem(a_dict.USERS, "ada")

    assert was_in
    assert not is_in(guest)


def test_signing_out_of_the_dict_ends_it(guest: FlaskClient) -> None:
    sign_in(guest, "ada", PASSWORD)
    was_in = is_in(guest)

    answer = guest.post("/logout")

    assert was_in
    assert answer.location == "/"
    assert not is_in(guest)


def test_a_picture_on_another_site_signs_nobody_out(guest: FlaskClient) -> None:
    cookie = sign_in(guest, "ada", PASSWORD).headers["Set-Cookie"]

    answer = guest.get("/logout")

    assert answer.status_code == 405
    assert "SameSite=Lax" in cookie
    assert is_in(guest)


def test_a_link_to_the_login_does_not_end_on_another_site(guest: FlaskClient) -> None:
    answer = guest.post(
        "/login?next=https://elsewhere.example/",
        data={"name": "ada", "password": PASSWORD},
    )

    assert answer.location == "/top-secret"


def test_no_password_is_known_before_the_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("ADA_PASSWORD", raising=False)
    module = load(LOADERS / "from_a_dict.py")
    password = capsys.readouterr().out.split()[-1]

    answer = sign_in(module.app.test_client(), "ada", password)

    assert len(password) == 43  # 256 bits
    assert answer.location == "/top-secret"


def test_a_thief_of_the_dict_has_much_to_compute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ADA_PASSWORD", PASSWORD)

    module = load(LOADERS / "from_a_dict.py")

    assert module.USERS["ada"].password_hash.startswith("scrypt:131072:8:1$")
    assert PASSWORD not in repr([vars(user) for user in module.USERS.values()])


# From an API key -------------------------------------------------------------------


@pytest.fixture
def keys(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> ModuleType:
    monkeypatch.delenv("ADA_KEY_SHA256", raising=False)
    return load(LOADERS / "from_an_api_key.py")


@pytest.fixture
def key(keys: ModuleType, capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out.strip().removeprefix("KEY=")


def ask(module: ModuleType, authorization: str) -> TestResponse:
    headers = {"Authorization": authorization}
    return module.app.test_client().get("/me", headers=headers)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_a_key_says_who_asks(keys: ModuleType, key: str, scheme: str) -> None:
    answer = ask(keys, f"{scheme} {key}")

    assert answer.status_code == 200
    assert answer.json == {"id": "ada"}


def test_a_key_leaves_no_cookie(keys: ModuleType, key: str) -> None:
    answer = ask(keys, f"Bearer {key}")

    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "authorization",
    [
        pytest.param("", id="nothing"),
        pytest.param("Bearer", id="no key"),
        pytest.param("Bearer ", id="an empty key"),
        pytest.param("Bearer wrong", id="a wrong key"),
        pytest.param("Bearer {key}x", id="more than the key"),
        pytest.param("Bearer {digest}", id="the digest, as a thief has it"),
        pytest.param("Bearer k\xe9y", id="not ASCII"),
        pytest.param("Bearer a=b", id="parameters"),
        pytest.param("Basic YWRhOmFkYQ==", id="a name and a password"),
        pytest.param("Token {key}", id="another scheme"),
        pytest.param("{key}", id="no scheme"),
        pytest.param("Bearer " + "x" * 60_000, id="a very long one"),
    ],
)
def test_a_stranger_is_told_to_bring_a_key(
    keys: ModuleType, key: str, authorization: str
) -> None:
    digest = sha256(key.encode()).hexdigest()

    answer = ask(keys, authorization.format(key=key, digest=digest))

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("name", ["key", "api_key", "access_token", "authorization"])
def test_a_key_in_a_url_opens_nothing(keys: ModuleType, key: str, name: str) -> None:
    answer = keys.app.test_client().get("/me", query_string={name: key})

    assert answer.status_code == 401


def test_a_thief_of_the_list_gains_no_key(keys: ModuleType, key: str) -> None:
    kept = repr(vars(keys))

    assert list(keys.USERS) == [sha256(key.encode()).hexdigest()]
    assert key not in kept


def test_a_revoked_key_opens_nothing(keys: ModuleType, key: str) -> None:
    before = ask(keys, f"Bearer {key}").status_code

    keys.USERS.clear()

    assert before == 200
    assert ask(keys, f"Bearer {key}").status_code == 401


def test_a_key_that_lasts_is_given_by_its_digest(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ADA_KEY_SHA256", sha256(b"of my own").hexdigest())

    keys = load(LOADERS / "from_an_api_key.py")

    assert ask(keys, "Bearer of my own").status_code == 200
    assert not capsys.readouterr().out


# From a directory ------------------------------------------------------------------

ADA = slapd.Person(uid="ada", name="Ada Lovelace")
ZOE = slapd.Person(uid="zoë", name="Zoë Ångström, Dr.", password="Schlüssel 🔑")
ODD = slapd.Person(uid="o(d)*d\\", name="Odd")
TWINS = [slapd.Person(uid="twin", name=name, password="same") for name in "AB"]
ROBOT = slapd.Person(uid="robot", name="Robot", kind="pilotPerson")
PEOPLE = [ADA, ZOE, ODD, *TWINS, ROBOT]


def need_slapd() -> None:
    """Skip without it; but in CI nothing is skipped."""
    if not slapd.is_installed():
        sentence = "slapd is not here. On Debian and Ubuntu: apt-get install slapd"
        if os.environ.get("CI") == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    need_slapd()
    return lambda: tmp_path_factory.mktemp("slapd")


@pytest.fixture(scope="module")
def authority() -> slapd.Authority:
    return slapd.Authority()


@pytest.fixture(scope="module")
def directory(
    folder: Callable[[], Path], authority: slapd.Authority
) -> Iterator[slapd.Directory]:
    """Start one directory for all those tests that change nothing in it."""
    with slapd.Directory(folder(), PEOPLE, authority=authority) as directory:
        yield directory


Another = Callable[..., slapd.Directory]


@pytest.fixture
def another(
    folder: Callable[[], Path], authority: slapd.Authority
) -> Iterator[Another]:
    """Start a directory that may be changed, stopped, or wrong from the start."""
    with ExitStack() as running:
        yield lambda people, **more: running.enter_context(
            slapd.Directory(folder(), people, **{"authority": authority, **more})
        )


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Load the example, which is told of no directory yet."""
    for name in list(os.environ):
        if name.startswith("LDAP_"):
            monkeypatch.delenv(name)
    return load(LOADERS / "from_a_directory.py")


def browser(
    example: ModuleType, directory: slapd.Directory, **settings: str | None
) -> FlaskClient:
    """Tell the example of a directory, and give a browser that looks at it."""
    example.app.config.update(
        LDAP_URL=directory.url("ldaps"),
        LDAP_CA_FILE=str(directory.ca_file),
        LDAP_PEOPLE=slapd.PEOPLE,
        LDAP_READER=slapd.READER,
        LDAP_READER_PASSWORD=directory.reader_password,
    )
    example.app.config.update(settings)
    return example.app.test_client()


def nobody_knocked(listener: socket.socket) -> bool:
    try:
        listener.accept()[0].close()
    except BlockingIOError:
        return True
    return False


@pytest.mark.parametrize(
    ("ci", "outcome"),
    [("true", pytest.fail.Exception), ("", pytest.skip.Exception)],
    ids=["in CI", "elsewhere"],
)
def test_where_slapd_is_missing_only_ci_complains(
    ci: str, outcome: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(slapd, "SLAPD", None)

    with pytest.raises(outcome, match="apt-get install slapd"):
        need_slapd()


SCHEMES = pytest.mark.parametrize("scheme", ["ldap", "ldaps"])


@SCHEMES
def test_ada_of_the_directory_is_where_she_was_going(
    example: ModuleType, directory: slapd.Directory, scheme: str
) -> None:
    client = browser(example, directory, LDAP_URL=directory.url(scheme))
    login = client.get("/top-secret").location

    answer = client.post(login, data={"name": "ada", "password": ADA.password})

    assert answer.location == "/top-secret"
    assert "Hello, Ada Lovelace" in client.get("/top-secret").text


def test_a_link_to_the_directorys_login_does_not_end_elsewhere(
    example: ModuleType, directory: slapd.Directory
) -> None:
    client = browser(example, directory)

    answer = client.post(
        "/login?next=https://elsewhere.example/",
        data={"name": "ada", "password": ADA.password},
    )

    assert answer.location == "/top-secret"


@pytest.mark.parametrize(
    ("typed", "person"),
    [
        pytest.param("zoë", ZOE, id="not ASCII, and a password with an emoji"),
        pytest.param(ODD.uid, ODD, id="what means something in a filter"),
        pytest.param("ADA", ADA, id="capitals, which mean nothing to a directory"),
    ],
)
def test_a_name_of_any_kind_signs_in(
    example: ModuleType, directory: slapd.Directory, typed: str, person: slapd.Person
) -> None:
    client = browser(example, directory)

    sign_in(client, typed, person.password)

    assert f"Hello, {person.name}" in client.get("/top-secret").text


def test_a_directory_that_all_may_read_needs_no_reader(
    example: ModuleType,
    another: Another,
) -> None:
    directory = another([ADA], readers="*")
    client = browser(example, directory, LDAP_READER=None, LDAP_READER_PASSWORD=None)

    sign_in(client, "ada", ADA.password)

    assert is_in(client)


@pytest.mark.parametrize(
    ("name", "password"),
    [
        pytest.param("ada", "wrong", id="wrong password"),
        pytest.param("ada", ZOE.password, id="another's password"),
        pytest.param("ada", "\x00", id="a NUL as password"),
        pytest.param("ada", "\xad", id="a soft hyphen, as good as empty"),
        pytest.param("eve", ADA.password, id="unknown name"),
        pytest.param("", ADA.password, id="no name"),
        pytest.param("\x00", ADA.password, id="a NUL as name"),
        pytest.param("a" * 10_000, ADA.password, id="a very long name"),
        pytest.param("twin", "same", id="a name that two have"),
        pytest.param("robot", ROBOT.password, id="an entry that is no person's"),
        pytest.param("Ada Lovelace", ADA.password, id="what is no uid"),
        pytest.param(ADA.dn, ADA.password, id="a DN"),
        pytest.param("*", ADA.password, id="anybody"),
        pytest.param("a*", ADA.password, id="anybody with an a"),
        pytest.param("x)(|(uid=*", ADA.password, id="a filter in pieces"),
        pytest.param("ada)(uid=a*", ADA.password, id="a filter more"),
        pytest.param("ada)(userPassword=*", ADA.password, id="a question"),
        pytest.param(r"\61da", ADA.password, id="an escape"),
    ],
)
def test_the_directory_lets_nobody_else_in(
    example: ModuleType, directory: slapd.Directory, name: str, password: str
) -> None:
    client = browser(example, directory)

    answer = sign_in(client, name, password)

    assert answer.status_code == 401
    assert "Name or password is wrong." in answer.text
    assert not is_in(client)


def test_the_sites_own_account_is_no_person(
    example: ModuleType, directory: slapd.Directory
) -> None:
    client = browser(example, directory)

    answer = sign_in(client, "reader", directory.reader_password)

    assert answer.status_code == 401


def test_an_empty_password_does_not_even_reach_the_directory(
    example: ModuleType, directory: slapd.Directory
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        url = f"ldaps://localhost:{listener.getsockname()[1]}"
        client = browser(example, directory, LDAP_URL=url)

        answer = sign_in(client, "ada", "")

        assert answer.status_code == 401
        assert nobody_knocked(listener)


def test_the_directory_is_asked_for_an_unknown_name_too(
    example: ModuleType, directory: slapd.Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = browser(example, directory)
    asked: list[str] = []
    really = example.directory
    monkeypatch.setattr(
        example,
        "directory",
        lambda dn, password: asked.append(dn) or really(dn, password),
    )

    sign_in(client, "eve", "wrong")

    assert asked == [slapd.READER, f"uid=nobody,{slapd.PEOPLE}"]


@SCHEMES
def test_a_directory_with_a_foreign_certificate_is_not_believed(
    example: ModuleType,
    directory: slapd.Directory,
    scheme: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    foreign = tmp_path / "ca.pem"
    foreign.write_bytes(slapd.Authority().pem)
    url = directory.url(scheme)
    client = browser(example, directory, LDAP_URL=url, LDAP_CA_FILE=str(foreign))

    answer = sign_in(client, "ada", ADA.password)

    assert answer.status_code == 503
    assert "certificate verify failed" in caplog.text


@SCHEMES
def test_a_certificate_of_our_own_is_not_believed_by_itself(
    example: ModuleType,
    directory: slapd.Directory,
    scheme: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    url = directory.url(scheme)
    client = browser(example, directory, LDAP_URL=url, LDAP_CA_FILE=None)

    answer = sign_in(client, "ada", ADA.password)

    assert answer.status_code == 503
    assert "certificate verify failed" in caplog.text


# The socket whose certificate names another host, ldap3 lets go of without closing it.
@pytest.mark.filterwarnings("ignore:unclosed <ssl:ResourceWarning")
@SCHEMES
def test_a_certificate_for_another_host_is_not_believed(
    example: ModuleType,
    another: Another,
    scheme: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    directory = another([ADA], names=["elsewhere.example"])
    client = browser(example, directory, LDAP_URL=directory.url(scheme))

    answer = sign_in(client, "ada", ADA.password)

    assert answer.status_code == 503
    assert "doesn't match" in caplog.text
    caplog.clear()
    gc.collect()  # here and now, not in the middle of the next test


def test_a_password_is_not_told_to_a_directory_without_tls(
    example: ModuleType, another: Another
) -> None:
    directory = another([ADA], authority=None, readers="*")
    client = browser(
        example,
        directory,
        LDAP_URL=directory.url("ldap"),
        LDAP_CA_FILE=None,
        LDAP_READER=None,
        LDAP_READER_PASSWORD=None,
    )

    answer = sign_in(client, "ada", ADA.password)

    assert answer.status_code == 503


def test_who_is_taken_out_of_the_directory_is_out(
    example: ModuleType,
    another: Another,
) -> None:
    directory = another([ADA])
    client = browser(example, directory)
    sign_in(client, "ada", ADA.password)
    was_in = is_in(client)

    directory.remove(ADA)

    assert was_in
    assert not is_in(client)


def test_somebody_new_with_an_old_name_is_not_the_one_before(
    example: ModuleType,
    another: Another,
) -> None:
    directory = another([ADA])
    client = browser(example, directory)
    sign_in(client, "ada", ADA.password)
    was_in = is_in(client)

    directory.remove(ADA)
    directory.add(ADA)

    assert was_in
    assert not is_in(client)


def test_somebody_with_a_new_name_stays_in(
    example: ModuleType,
    another: Another,
) -> None:
    directory = another([ADA])
    client = browser(example, directory)
    sign_in(client, "ada", ADA.password)

    directory.change(ADA, "uid", "lovelace")

    assert is_in(client)


def test_a_directory_that_is_down_signs_nobody_in_or_out(
    example: ModuleType,
    another: Another,
) -> None:
    directory = another([ADA])
    client = browser(example, directory)
    sign_in(client, "ada", ADA.password)
    stranger = example.app.test_client()

    directory.stop()
    page = client.get("/top-secret")
    login = sign_in(stranger, "ada", ADA.password)
    directory.start()

    assert page.status_code == login.status_code == 503
    assert "The directory does not answer." in page.text
    assert is_in(client)
    assert not is_in(stranger)


def test_a_public_page_does_without_the_directory(
    example: ModuleType,
    another: Another,
) -> None:
    directory = another([ADA])
    client = browser(example, directory)
    sign_in(client, "ada", ADA.password)

    directory.stop()

    assert client.get("/").status_code == 200


def test_one_may_sign_out_while_the_directory_is_down(
    example: ModuleType,
    another: Another,
) -> None:
    directory = another([ADA])
    client = browser(example, directory)
    sign_in(client, "ada", ADA.password)
    was_in = is_in(client)

    directory.stop()
    answer = client.post("/logout")
    directory.start()

    assert was_in
    assert answer.location == "/"
    assert not is_in(client)


@SCHEMES
def test_nobody_waits_for_ever_for_a_directory_that_stands_still(
    example: ModuleType,
    another: Another,
    scheme: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    directory = another([ADA])
    client = browser(example, directory, LDAP_URL=directory.url(scheme))
    sign_in(client, "ada", ADA.password)
    monkeypatch.setattr(example, "PATIENCE", 1)

    directory.stand_still()
    asked = time.monotonic()
    answer = client.get("/top-secret")

    assert answer.status_code == 503
    assert time.monotonic() - asked < 5


def test_a_directory_that_goes_down_in_between_has_judged_no_password(
    example: ModuleType, another: Another, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = another([ADA])
    client = browser(example, directory)
    really = example.directory

    def goes_down(dn: str, password: Any) -> Any:
        if dn != slapd.READER:
            directory.stop()
        return really(dn, password)

    monkeypatch.setattr(example, "directory", goes_down)

    answer = sign_in(client, "ada", ADA.password)

    assert answer.status_code == 503


def test_a_bind_that_was_not_granted_lets_nobody_in(
    example: ModuleType, directory: slapd.Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = browser(example, directory)
    really = example.ldap3.Connection.bind

    # What ldap3 makes of a directory that is busy (timeLimitExceeded): no exception.
    def bind(connection: Any) -> bool:
        granted: bool = really(connection)
        return granted and connection.user == slapd.READER

    monkeypatch.setattr(example.ldap3.Connection, "bind", bind)

    answer = sign_in(client, "ada", ADA.password)

    assert answer.status_code == 503
    assert not is_in(client)


def test_a_password_does_not_follow_where_an_answer_points(
    example: ModuleType, another: Another
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        elsewhere.setblocking(False)
        port = elsewhere.getsockname()[1]
        directory = another([ADA], settings=f"referral ldap://127.0.0.1:{port}")
        client = browser(example, directory, LDAP_PEOPLE="dc=elsewhere")

        answer = sign_in(client, "ada", ADA.password)

        assert answer.status_code == 503
        assert nobody_knocked(elsewhere)


def test_a_wrong_password_of_the_site_is_not_taken_for_the_visitors(
    example: ModuleType, directory: slapd.Directory
) -> None:
    client = browser(example, directory, LDAP_READER_PASSWORD="wrong")

    answer = sign_in(client, "ada", ADA.password)

    assert answer.status_code == 503


def test_who_was_not_counted_to_the_end_is_not_taken_for_the_only_one(
    example: ModuleType,
    another: Another,
) -> None:
    directory = another(TWINS, settings="sizelimit 1")
    client = browser(example, directory)

    answer = sign_in(client, "twin", "same")

    assert answer.status_code == 503


def test_no_connection_is_left_behind(
    example: ModuleType,
    another: Another,
    tmp_path: Path,
) -> None:
    foreign = tmp_path / "ca.pem"
    foreign.write_bytes(slapd.Authority().pem)
    directory = another([ADA])
    client = browser(example, directory)
    config = example.app.config

    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always", ResourceWarning)
        sign_in(client, "ada", "wrong")
        sign_in(client, "ada", ADA.password)
        for scheme in ("ldap", "ldaps"):
            config["LDAP_URL"] = directory.url(scheme)
            client.get("/top-secret")
            config["LDAP_CA_FILE"] = str(foreign)
            client.get("/top-secret")
            config["LDAP_CA_FILE"] = str(directory.ca_file)
        directory.stop()
        client.get("/top-secret")
        gc.collect()

    assert [w.message for w in seen if w.category is ResourceWarning] == []
