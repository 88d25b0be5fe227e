"""The people who have an account here, and how one is found again."""

from werkzeug.security import check_password_hash, generate_password_hash

from flask_signet import UserMixin

from . import db, login_manager

# The least of its kind that OWASP's ASVS 5.0 approves (appendix C). What Werkzeug does
# when it is not told costs an attacker a quarter of that.
PASSWORD_METHOD = "scrypt:131072:8:1"


class User(UserMixin, db.Model):
    __tablename__ = "users"

    # By itself SQLite gives the id of a deleted user to the next one, and with it
    # whatever still says "user 7".
    __table_args__ = {"sqlite_autoincrement": True}

    id = db.Column(db.Integer, primary_key=True)
    email = db.Column(db.String(254), unique=True, nullable=False)
    name = db.Column(db.String(60), nullable=False)
    password_hash = db.Column(db.String(255), nullable=False)

    def set_password(self, password):
        self.password_hash = generate_password_hash(password, method=PASSWORD_METHOD)

    def check_password(self, password):
        return check_password_hash(self.password_hash, password)

    def get_auth_stamp(self):
        # When this text changes, sign-ins made before end: a new password puts out
        # whoever is in with the old one.
        return self.password_hash

    @classmethod
    def find(cls, email, password):
        """Find whom an address and a password belong to, or None."""
        user = db.session.scalar(db.select(cls).filter_by(email=email))
        if user is None:
            # The same work as for a wrong password: a quicker answer would tell that
            # there is no such account. No password has this hash.
            check_password_hash(f"{PASSWORD_METHOD}$nobody$", password)
            return None
        return user if user.check_password(password) else None


@login_manager.user_loader
def load_user(user_id):
    # The session keeps the id as text. A text that is no number is nobody's id.
    try:
        number = int(user_id)
    except ValueError:
        return None
    # The way since SQLAlchemy 2.0; the older `User.query.get` is on its way out.
    return db.session.get(User, number)
