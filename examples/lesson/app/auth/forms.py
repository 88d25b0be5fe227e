"""What may be sent in, and what is said about the rest."""

from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, PasswordField, StringField
from wtforms.validators import EqualTo, InputRequired, Length, Regexp

# What the HTML standard calls a valid e-mail address; browsers check the same.
LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
EMAIL = rf"[a-z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{LABEL}(\.{LABEL})*\Z"

# Letters of any script, but no control characters.
NAME = r"[^\x00-\x1f\x7f-\x9f]+\Z"

# NIST SP 800-63B-4, 3.1.1.2, where the password alone signs in. It asks for no
# digits and no signs: a sentence is best. The upper end bounds the work of hashing.
PASSWORD_MIN = 15
PASSWORD_MAX = 128


def stripped(text):
    return text and text.strip()


def stripped_and_small(text):
    return text and text.strip().lower()


class FormWithEmail(FlaskForm):
    email = EmailField(
        "E-mail address",
        # Ada@Example.org and ada@example.org are one person.
        filters=[stripped_and_small],
        validators=[
            InputRequired("Please give your e-mail address."),
            Length(max=254, message="No address is that long."),
            Regexp(EMAIL, message="An address looks like ada@example.org."),
        ],
    )


class RegisterForm(FormWithEmail):
    name = StringField(
        "Name",
        filters=[stripped],
        validators=[
            InputRequired("Please say what to call you."),
            Length(max=60, message="Please keep it to %(max)d characters."),
            Regexp(NAME, message="Please use letters that can be seen."),
        ],
    )
    password = PasswordField(
        "Password",
        validators=[
            InputRequired("Please choose a password."),
            Length(min=PASSWORD_MIN, message="Please use at least %(min)d characters."),
            Length(max=PASSWORD_MAX, message="Please use at most %(max)d characters."),
        ],
    )
    repeated = PasswordField(
        "Password, once more",
        validators=[EqualTo("password", message="The two passwords differ.")],
    )


class LoginForm(FormWithEmail):
    password = PasswordField(
        "Password",
        validators=[
            InputRequired("Please give your password."),
            Length(max=PASSWORD_MAX, message="No password here is that long."),
        ],
    )
    remember = BooleanField("Keep me signed in for 30 days")
