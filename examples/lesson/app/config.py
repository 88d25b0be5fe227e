"""Settings: one class for each way to run the site."""

import os
import secrets
from datetime import timedelta
from pathlib import Path


class Config:
    """What holds everywhere."""

    # Another site's forms are sent without the cookie, so nobody acts in your name.
    SESSION_COOKIE_SAMESITE = "Lax"

    # How long "keep me signed in" lasts.
    REMEMBER_COOKIE_DURATION = timedelta(days=30)

    # No form here is longer than 16 kB. What is, is refused before it is read.
    MAX_CONTENT_LENGTH = 16 * 1024

    @staticmethod
    def init_app(app):
        """Set what is known only when the site starts."""


class DevelopmentConfig(Config):
    """On your own machine. Both files stand in the folder `instance`."""

    SQLALCHEMY_DATABASE_URI = "sqlite:///lesson.sqlite"

    @staticmethod
    def init_app(app):
        app.config["SECRET_KEY"] = own_key(Path(app.instance_path, "secret_key"))


class TestingConfig(Config):
    """Under test: a database in memory, and forms without their CSRF token."""

    TESTING = True
    SECRET_KEY = secrets.token_hex()
    SQLALCHEMY_DATABASE_URI = "sqlite://"
    WTF_CSRF_ENABLED = False


class ProductionConfig(Config):
    """Where people sign in, over HTTPS. What is secret comes from the environment."""

    # Sent over HTTPS only. Browsers refuse a cookie of such a name that was not set
    # so, or was set for other hosts, too (ASVS 5.0, 3.3.1).
    SESSION_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-session"
    REMEMBER_COOKIE_NAME = "__Host-remember_token"

    @staticmethod
    def init_app(app):
        # Who asks for another host gets 400. These are for a try on your own machine.
        hosts = os.environ.get("TRUSTED_HOSTS") or "localhost,127.0.0.1"
        app.config["TRUSTED_HOSTS"] = [host.strip() for host in hosts.split(",")]
        app.config["SECRET_KEY"] = from_environment("SECRET_KEY")
        app.config["SQLALCHEMY_DATABASE_URI"] = from_environment("DATABASE_URL")


config = {
    "development": DevelopmentConfig,
    "testing": TestingConfig,
    "production": ProductionConfig,
}


def own_key(file):
    """Read this machine's own key; make it the first time.

    Whoever knows the key can sign in as anybody. A key written here would be known to
    all who read this, so each machine makes its own, and no one else may read it.
    """
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_hex())
    return file.read_text()


def from_environment(name):
    """Read what the site does not start without."""
    value = os.environ.get(name)
    if not value:
        raise RuntimeError(f"{name} is not set in the environment; see README.md.")
    return value
