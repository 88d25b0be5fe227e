"""Where a server finds the site: ``flask --app wsgi run``, ``gunicorn wsgi:app``."""

import os

from app import create_app

app = create_app(os.environ.get("LESSON_CONFIG", "development"))
