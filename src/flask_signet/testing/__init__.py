"""For an application's own tests: clients that are somebody, and an assertion.

The clients are made with the code that signs people in, so that what a test sees is
what a browser would.
"""

from .client import FlaskLoginClient as FlaskLoginClient
from .client import SignetClient as SignetClient
from .guarded import assert_guarded as assert_guarded

__all__ = ["FlaskLoginClient", "SignetClient", "assert_guarded"]
