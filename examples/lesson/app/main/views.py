"""The front page, and the page that only somebody signed in may see."""

from flask import Blueprint, render_template

from flask_signet import login_required

main = Blueprint("main", __name__)


@main.route("/")
def index():
    return render_template("main/index.html")


@main.route("/top-secret")
@login_required
def top_secret():
    return render_template("main/top_secret.html")
