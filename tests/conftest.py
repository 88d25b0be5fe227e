"""The actors of the tests: a clock, a site, a visitor."""

import pytest

from support import Clock, Site, Visitor


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(clock: Clock) -> Site:
    return Site(clock)


@pytest.fixture
def visitor(site: Site) -> Visitor:
    return site.visitor()
