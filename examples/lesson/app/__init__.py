"""The lesson's site: a front page, and a page behind a sign-in."""

from flask import Flask, render_template
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from werkzeug.exceptions import SecurityError

from flask_signet import LoginManager

from .config import config

db = SQLAlchemy()
csrf = CSRFProtect()

login_manager = LoginManager()
login_manager.login_view = "auth.login"


def create_app(config_name):
    """Make the site, for "development", "testing" or "production"."""
    app = Flask(__name__)
    app.config.from_object(config[config_name])
    config[config_name].init_app(app)

    db.init_app(app)
    csrf.init_app(app)
    login_manager.init_app(app)

    # Here and not at the top: these need `db` and `login_manager` from this file.
    from .auth import auth
    from .main import main

    app.register_blueprint(main)
    app.register_blueprint(auth, url_prefix="/auth")

    for code in (400, 404, 405, 413):
        app.register_error_handler(code, show_error)

    @app.cli.command("init-db")
    def init_db():
        """Make the tables. Nobody is put in them: there are no default accounts."""
        db.create_all()

    if config_name != "production":
        # Good enough for a lesson. A site that people use runs `flask init-db` once,
        # and has migrations from its first change on.
        with app.app_context():
            db.create_all()

    return app


def show_error(error):
    """Say what is wrong on one of the site's own pages, under the same headers."""
    if isinstance(error, SecurityError):
        return error  # asked of a host that is not ours: no address here has a page
    answer = error.get_response()
    answer.data = render_template("error.html", error=error)
    return answer
