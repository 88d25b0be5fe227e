"""For an application's own tests: clients that are somebody.

Made with the same code that signs people in, so that what a test sees is what a
browser would.
"""

from .client import FlaskLoginClient as FlaskLoginClient
from .client import SignetClient as SignetClient

__all__ = ["FlaskLoginClient", "SignetClient"]
