"""The actors: the two libraries, one at a time, and the clock that both read."""

from collections.abc import Iterator
from typing import Any

import pytest

from drop_in.both import FLASK_LOGIN, FLASK_SIGNET, Browser, Library, Site, one_time
from support import Clock


@pytest.fixture(params=[FLASK_LOGIN, FLASK_SIGNET], ids=repr)
def login(request: pytest.FixtureRequest) -> Library:
    found: Library = request.param
    return found


@pytest.fixture
def time(clock: Clock) -> Iterator[Clock]:
    with one_time(clock):
        yield clock


@pytest.fixture
def site(login: Library, time: Clock) -> Site:
    return Site(login, time)


@pytest.fixture
def browser(site: Site) -> Browser:
    return Browser(site)


@pytest.fixture
def app(site: Site) -> Any:
    return site.app
