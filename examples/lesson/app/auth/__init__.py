"""Registering, signing in, signing out."""

from .views import auth

__all__ = ["auth"]
