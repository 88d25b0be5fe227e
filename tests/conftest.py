"""The actors of the tests: a clock, a site, a visitor; and the judge at the end."""

import pytest

from conformance import collector
from support import Clock, Site, Visitor


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(collector.Collector())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    collector.claim(items)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(clock: Clock) -> Site:
    return Site(clock)


@pytest.fixture
def visitor(site: Site) -> Visitor:
    return site.visitor()
