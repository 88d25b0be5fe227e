"""Extensions that import flask_login, in a process where that is Flask-Signet.

The other tests compare with the real Flask-Login and have it imported, so they pass
this folder by; `python scripts/dependents` runs it, with what it needs.
"""

from pathlib import Path

import pytest

from flask_signet import install_as_flask_login

HERE = Path(__file__).resolve().parent


def pytest_configure(config: pytest.Config) -> None:
    if config.rootpath == HERE:
        install_as_flask_login()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return None if config.rootpath == HERE else True
