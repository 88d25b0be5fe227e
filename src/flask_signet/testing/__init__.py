"""For an application's own tests: a client that is somebody.

Made with the same code that signs people in, so that what a test sees is what a
browser would.
"""

from .client import FlaskLoginClient as FlaskLoginClient

__all__ = ["FlaskLoginClient"]
