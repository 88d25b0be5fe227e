"""Registering, signing in, signing out."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.exc import IntegrityError

from flask_signet import login_user, logout_user, public, safe_next

from .. import db
from ..models import User
from .forms import LoginForm, RegisterForm

auth = Blueprint("auth", __name__)


# It takes what strangers send, and is meant to: `public` tells that to `flask signet
# doctor`, which asks about every such page, and keeps it open if the rest is closed.
@auth.route("/register", methods=["GET", "POST"])
@public
def register():
    # `request.form` is said aloud, since without it Flask-WTF would take JSON, too.
    form = RegisterForm(request.form)
    if form.validate_on_submit():
        user = User(email=form.email.data, name=form.name.data)
        user.set_password(form.password.data)
        db.session.add(user)
        try:
            db.session.commit()
        except IntegrityError:
            # The database says it, and not a look beforehand: two people may send
            # the same address at the same moment.
            db.session.rollback()
            form.email.errors.append("There is an account with this address already.")
        else:
            flash(f"Welcome, {user.name}. Now sign in with your new password.")
            return redirect(url_for("auth.login", next=request.args.get("next")))
    return render_template("auth/register.html", form=form), 422 if form.errors else 200


@auth.route("/login", methods=["GET", "POST"])
def login():
    form = LoginForm(request.form)
    if form.validate_on_submit():
        user = User.find(form.email.data, form.password.data)
        if user is not None:
            login_user(user, remember=form.remember.data)
            # `next` comes from the address, where anybody may write anything.
            return redirect(safe_next(url_for("main.index")))
        # One sentence for both: it must not tell who has an account here.
        form.form_errors.append("This address and this password do not go together.")
    return render_template("auth/login.html", form=form), 422 if form.errors else 200


# By POST only: a link, or a picture on another site, must sign nobody out.
# And public: whose sign-in has just ended by itself is not sent to the login page.
@auth.route("/logout", methods=["POST"])
@public
def logout():
    logout_user()
    flash("You are signed out.")
    return redirect(url_for("main.index"))
