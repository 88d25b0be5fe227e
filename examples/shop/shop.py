"""A shop: customers and staff, side by side in one application.

Every page is closed, but for those that say that they are open. README.md says how to
run it, and in which order to read it.
"""

import json
import os
import secrets
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import click
from flask import (
    Blueprint,
    Flask,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.views import MethodView
from flask_wtf import CSRFProtect
from werkzeug.security import check_password_hash, generate_password_hash

from flask_signet import (
    LoginManager,
    UserMixin,
    current_user,
    fresh_login_required,
    public,
    run_as,
    safe_next,
    user_passes,
)

# The method by name: ASVS 5.0, appendix C, asks for more than the default.
PASSWORD_METHOD = "scrypt:131072:8:1"


# Who is there -------------------------------------------------------------------------


class Person(UserMixin):
    # No password has this hash, and it takes as long: time must not tell who is known.
    password_hash = f"{PASSWORD_METHOD}$nobody$"

    def check_password(self, password):
        return check_password_hash(self.password_hash, password)

    def get_auth_stamp(self):
        # When this text changes, sign-ins made before end.
        return self.password_hash


@dataclass(eq=False)  # UserMixin says when two are equal
class Customer(Person):
    id: int
    name: str
    address: str


@dataclass(eq=False)
class Employee(Person):
    id: int
    name: str
    roles: tuple = ()
    permissions: tuple = ()

    def has_role(self, role):
        return role in self.roles

    def has_permission(self, permission):
        return permission in self.permissions


@dataclass
class Order:
    number: int
    customer: Customer
    what: str
    state: str


# Both kinds have a number 1: it is the manager that tells ada from carol.
ADA = Customer(1, "ada", "12 Mill Lane")
BOB = Customer(2, "bob", "3 Harbour Street")
CAROL = Employee(1, "carol", roles=("bookkeeper",), permissions=("refund",))
DAN = Employee(2, "dan")

CUSTOMERS = {"1": ADA, "2": BOB}
STAFF = {"1": CAROL, "2": DAN}
ORDERS = {
    7: Order(7, ADA, "a teapot", "paid"),
    8: Order(8, BOB, "a kettle", "paid"),
    9: Order(9, ADA, "four cups", "not paid"),
}

login_manager = LoginManager()
login_manager.user_loader(CUSTOMERS.get)
# Who must prove again who they are signs in again, on the same page.
login_manager.login_view = login_manager.refresh_view = "shop.login"

staff_manager = LoginManager(name="staff")
staff_manager.user_loader(STAFF.get)
staff_manager.login_view = "staff.login"


def sign_in(manager, people, default):
    """Show the sign-in page of one kind of people, or take what was typed there."""
    if request.method == "GET":
        return render_template("login.html", kind=manager.name)
    named = {each.name: each for each in people.values()}
    person = named.get(request.form["name"], Person())
    if not person.check_password(request.form["password"]):
        problem = "Name or password is wrong."
        return render_template("login.html", kind=manager.name, problem=problem), 401
    manager.login_user(person)
    return redirect(safe_next(default, name=manager.name), 303)


# Who may do what ----------------------------------------------------------------------


def owns_order(user, number):
    # An order that there is not is nobody's: the answer does not tell which there are.
    return number in ORDERS and ORDERS[number].customer == user


only_the_owner = user_passes(owns_order)
bookkeepers_only = staff_manager.roles_required("bookkeeper")
may_refund = staff_manager.permission_required("refund")


# The customers' pages -----------------------------------------------------------------

shop = Blueprint("shop", __name__, cli_group=None)


@shop.get("/")
@public
def front():
    return render_template("front.html", orders=ORDERS.values())


@shop.route("/login", methods=["GET", "POST"])
def login():
    return sign_in(login_manager, CUSTOMERS, url_for("shop.orders"))


# By POST only: a link, or a picture on another site, must sign nobody out.
@shop.post("/logout")
def logout():
    login_manager.logout_user()
    return redirect(url_for("shop.front"), 303)


def own_orders():
    return [each for each in ORDERS.values() if current_user == each.customer]


@shop.get("/orders")
def orders():
    return render_template("orders.html", orders=own_orders())


@shop.get("/orders/<int:number>")
@only_the_owner
def order(number):
    return render_template("order.html", order=ORDERS[number])


@shop.get("/find")
def find():
    number = request.args.get("number", type=int)
    if only_the_owner.allows(number=number):
        return redirect(url_for("shop.order", number=number))
    flash("You have no order with this number.")
    return redirect(url_for("shop.orders"))


@fresh_login_required(max_age=timedelta(minutes=10))
class Address(MethodView):
    def get(self):
        return render_template("address.html")

    def post(self):
        current_user.address = request.form["address"]
        flash("Your address is changed.")
        return redirect(url_for("shop.orders"), 303)


shop.add_url_rule("/address", view_func=Address.as_view("address"))


@shop.cli.command("remind")
def remind():
    """Write to each customer who has not paid."""
    for customer in CUSTOMERS.values():
        with run_as(customer):  # so that own_orders() and the letter are theirs
            unpaid = [each for each in own_orders() if each.state == "not paid"]
            if unpaid:
                click.echo(render_template("reminder.txt", orders=unpaid))


# The staff's pages --------------------------------------------------------------------

staff = Blueprint("staff", __name__, url_prefix="/staff")
staff_manager.protect(staff)


@staff.route("/login", endpoint="login", methods=["GET", "POST"])
@staff_manager.anonymous_required(on_fail=lambda: redirect(url_for("staff.desk")))
def staff_login():
    return sign_in(staff_manager, STAFF, url_for("staff.desk"))


@staff.post("/logout", endpoint="logout")
def staff_logout():
    staff_manager.logout_user()
    return redirect(url_for("shop.front"), 303)


@staff.get("/")
def desk():
    return render_template("staff/desk.html", orders=ORDERS.values())


@staff.post("/orders/<int:number>/refund")
@may_refund
def refund(number):
    if number not in ORDERS:
        abort(404)
    ORDERS[number].state = "refunded"
    flash(f"Order {number} is refunded.")
    return redirect(url_for("staff.desk"), 303)


# Nested below the staff's: closed with it.
accounts = Blueprint("accounts", __name__, url_prefix="/accounts")


@accounts.get("/")
@bookkeepers_only
def book():
    states = [each.state for each in ORDERS.values()]
    counted = {state: states.count(state) for state in sorted({*states})}
    return render_template("staff/book.html", counted=counted)


staff.register_blueprint(accounts)


# The application ----------------------------------------------------------------------

# As if it came from another extension, whose views cannot be marked @public.
health = Blueprint("health", __name__)
health.add_url_rule("/health", "check", lambda: "well")


def create_app(settings=None):
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=os.environ.get("SECRET_KEY") or secrets.token_hex(),
        # No browser sends a Lax cookie with a form that another site posts. And each
        # form has a token (CSRFProtect, below), which another site does not know.
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=16 * 1024,
    )
    app.config.update(settings or {})
    CSRFProtect(app)
    login_manager.init_app(app)
    staff_manager.init_app(app)
    login_manager.protect(app, open=["health.check"])

    for blueprint in (shop, staff, health):
        app.register_blueprint(blueprint)
    for code in (400, 403, 404, 405, 413):
        app.register_error_handler(code, show_error)
    app.add_template_global(only_the_owner.allows, "owns_order")
    app.add_template_global(may_refund.allows, "may_refund")

    kept = password_file(app)
    hashes = json.loads(kept.read_text()) if kept.exists() else {}
    for person in (*CUSTOMERS.values(), *STAFF.values()):
        if person.name in hashes:
            person.password_hash = hashes[person.name]
    return app


def show_error(error):
    answer = error.get_response()
    answer.data = render_template("error.html", error=error)
    return answer


def password_file(app):
    return Path(app.instance_path, "passwords.json")


@shop.cli.command("make-passwords")
def make_passwords():
    """Make everybody a new password. It is shown this once; its hash is kept."""
    hashes = {}
    for person in (*CUSTOMERS.values(), *STAFF.values()):
        password = secrets.token_urlsafe(12)
        hashes[person.name] = generate_password_hash(password, PASSWORD_METHOD)
        click.echo(f"{person.name}: {password}")
    kept = password_file(current_app)
    kept.parent.mkdir(exist_ok=True)
    kept.touch(mode=0o600)  # for nobody else's eyes
    kept.write_text(json.dumps(hashes))
