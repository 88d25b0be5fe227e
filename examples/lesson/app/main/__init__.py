"""The pages."""

from .views import main

__all__ = ["main"]
