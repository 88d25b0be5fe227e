"""What is around the application: switches, settings, proxies, hosts, Flask-Login."""

import re
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from flask_signet import config, drop_in, marks, opening
from flask_signet.errors import SignetError
from flask_signet.state import config_of, states_of

from .finding import Finding

LOOPBACK: Final = {"localhost", "127.0.0.1", "::1"}


def check_switches(app: Flask) -> Iterator[Finding]:
    if app.debug:
        problem = "DEBUG is on: an error shows the code, and lets a visitor run some."
        yield Finding(problem, "ASVS 5.0, 13.4.2", "DEBUG = False")
    if app.testing:
        problem = "TESTING is on, and with it whatever is made easy for tests."
        yield Finding(problem, "ASVS 5.0, 13.4.2", "TESTING = False")
    if app.config.get("LOGIN_DISABLED"):
        does = "No guard guards" if app.testing else "It is ignored outside tests"
        problem = f"LOGIN_DISABLED is set. {does}."
        yield Finding(problem, "ASVS 5.0, 8.3.1", "LOGIN_DISABLED = False")


def check_settings(app: Flask) -> Iterator[Finding]:
    """Find what the first request would be refused for."""
    for task in (*opening.REFUSALS, _refuse_live_settings):
        try:
            task(app)
        except SignetError as error:
            yield Finding(str(error), mend="as the sentence says")


def _refuse_live_settings(app: Flask) -> None:
    config.remember_duration(app.config)
    for state in states_of(app).values():
        if state.register is not None:
            state.register.limits.refuse_longer_settings(app.config)
        config.session_protection(app.config, state.manager.session_protection)


# --- In front of it.


def check_proxy(app: Flask) -> Iterator[Finding]:
    fixes = sum(isinstance(each, ProxyFix) for each in _middleware(app))
    origin = config_of(app).site_origin
    if fixes > 1:
        problem = (
            "ProxyFix is there twice: the second takes for a proxy's what the visitor"
            " wrote."
        )
        yield Finding(problem, "ASVS 5.0, 4.1.3", "app.wsgi_app = ProxyFix(…)  # once")
    is_here = urlsplit(origin or "").hostname in LOOPBACK
    if origin and not is_here and not fixes and _compares_addresses(app):
        problem = (
            "SIGNET_SITE_ORIGIN says that there is a proxy, and no ProxyFix was found:"
            " to session protection every visitor has the proxy's address."
        )
        mend = "app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=0)"
        yield Finding(problem, "ASVS 5.0, 4.1.3", mend)
    if origin and not is_here and origin.lower().startswith("http:"):
        problem = f"SIGNET_SITE_ORIGIN is {origin}: sign-ins go over the line in clear."
        mend = f'SIGNET_SITE_ORIGIN = "https:{origin.partition(":")[2]}"'
        yield Finding(problem, "ASVS 5.0, 12.2.1", mend)


def _compares_addresses(app: Flask) -> bool:
    return any(
        config.session_protection(app.config, each.manager.session_protection)
        for each in states_of(app).values()
    )


def _middleware(app: Flask) -> Iterator[Any]:
    """Give what is around the application, outermost first, by the usual attribute."""
    seen: set[int] = set()
    here: Any = vars(app).get("wsgi_app")
    while here is not None and id(here) not in seen:
        seen.add(id(here))
        yield here
        inner: dict[str, Any] = getattr(here, "__dict__", {})
        here = next((inner[name] for name in _INNER if name in inner), None)


_INNER: Final = ("app", "wsgi_app", "application", "_app")


def check_hosts(app: Flask) -> Iterator[Finding]:
    hosts = app.config.get("TRUSTED_HOSTS")
    why = "ASVS 5.0, 4.1.3"
    if not hosts:
        problem = (
            "TRUSTED_HOSTS is not set: whatever host a visitor names is taken for the"
            " site's own."
        )
        yield Finding(problem, why, 'TRUSTED_HOSTS = ["www.example.org"]')
        return
    if not isinstance(hosts, (str, list, tuple, set, frozenset)):
        problem = f"TRUSTED_HOSTS is {hosts!r}, which can be looked through once."
        yield Finding(problem, why, 'TRUSTED_HOSTS = ["www.example.org"]')
        return
    for host in [hosts] if isinstance(hosts, str) else hosts:
        if not host.strip(".") or any(each in host for each in "*,/ "):
            problem = (
                f"TRUSTED_HOSTS has {host!r}, which is no host. A list of names is"
                " wanted; with a dot before it, one stands for those below it, too."
            )
            yield Finding(problem, why, 'TRUSTED_HOSTS = ["www.example.org"]')


# --- Beside it.


def check_for_flask_login(app: Flask) -> Iterator[Finding]:
    """Find the application's modules that have imported the real Flask-Login.

    That it is installed is no fault: until somebody imports it, it does nothing.
    """
    real = sys.modules.get("flask_login")
    if real is None or isinstance(real, drop_in.Module):
        return
    places = {*_places_of(app)}
    for name, module in [*sys.modules.items()]:
        above = (name[: each.start()] for each in re.finditer(r"\.|$", name))
        if places.intersection(above) and drop_in.has_real(module, real):
            yield Finding(
                f"{name} has imported the real Flask-Login, which knows nothing of who"
                " is signed in here.",
                "ASVS 5.0, 8.3.1",
                "from flask_signet import …  # or install_as_flask_login(), first",
            )


def _places_of(app: Flask) -> Iterator[str]:
    """Name the modules and packages whose functions and objects an application has."""
    yield app.import_name
    hooks: list[Callable[..., Any]] = [*app.view_functions.values()]
    for kind in (
        app.before_request_funcs,
        app.after_request_funcs,
        app.teardown_request_funcs,
        app.template_context_processors,
    ):
        hooks += [each for functions in kind.values() for each in functions]
    for hook in hooks:
        for each in marks.chain(hook):
            yield getattr(each, "__module__", None) or ""
    for blueprint in app.blueprints.values():
        yield blueprint.import_name
    for extension in app.extensions.values():
        yield type(extension).__module__.partition(".")[0]
