"""Who may pass besides being signed in: by a question of the application's own.

Each rule is a guard over views, and may be asked in views and templates, too. It lets
nobody pass whom it cannot be sure of: an error goes up to the application, and what is
no yes or no is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from inspect import Parameter, iscoroutine, signature
from typing import Any, overload

from flask.typing import ResponseReturnValue

from . import answers, awaited, guards, marks, users
from .errors import ConfigError, UserError
from .guards import Answer, View

OnFail = int | Callable[[], ResponseReturnValue]
"""What somebody signed in gets who may not pass: a status from 400 on, or a function
that gives the answer."""

Ask = Callable[[Any, Mapping[str, Any]], Any]


class Rule:
    """A question about who is signed in; made by the functions below.

    Over a view it lets pass whom it allows. Strangers get the usual answer.
    """

    def __init__(
        self, called: str, says: str, ask: Ask, *, on_fail: OnFail, name: str
    ) -> None:
        _refuse_a_bad_answer(on_fail)
        self.__name__ = called
        self.says = guards.named(says, name)
        self.name = name
        self._ask = ask
        self._on_fail = on_fail

    def __call__(self, view: View) -> View:
        guarded: View = guards.guard(view, self, self.says, self.name, self._refuse)
        return guarded

    def allows(self, **given: Any) -> bool:
        """Tell whether whoever is signed in may pass; a stranger may not.

        Args:
            given: what a view would be given: of which thing it is asked.

        """
        user = guards.somebody(self.name)
        return user is not None and self._is_told_yes(user, given)

    def _refuse(self, name: str, given: Mapping[str, Any]) -> Answer | None:
        user = guards.somebody(name)
        if user is None:
            return guards.answer_to_a_stranger(name)
        return None if self._is_told_yes(user, given) else _answer_of(self._on_fail)

    def _is_told_yes(self, user: Any, given: Mapping[str, Any]) -> bool:
        told = self._ask(user, given)
        if told is True:
            return True
        if iscoroutine(told):
            told = awaited.wait_for(told, self.__name__)
        if told is not None and not isinstance(told, bool):
            raise UserError(
                f"{self.__name__} was told {told!r}, which is no yes or no: it wants"
                " True or False."
            )
        return told is True


def user_passes(
    predicate: Callable[..., Any], *, on_fail: OnFail = 403, name: str = ""
) -> Rule:
    """Let only somebody pass of whom a predicate is true.

    Args:
        predicate: given the user, and by name those of the view's arguments that it
            has names for. It may be async.
        on_fail: what somebody signed in gets who may not.
        name: which manager's users may pass.

    Raises:
        ConfigError: the predicate cannot be called, or the answer cannot be meant.

    """
    given: object = predicate
    if not callable(given):
        problem = f"is {given!r}; it should be a function of the user"
        raise ConfigError("predicate", problem)
    wanted = _names_wanted_by(predicate)

    def ask(user: Any, given: Mapping[str, Any]) -> Any:
        if wanted is None:
            return predicate(user, **given)
        return predicate(user, **{key: given[key] for key in wanted if key in given})

    says = f"passes {getattr(predicate, '__name__', repr(predicate))}"
    return Rule("user_passes", says, ask, on_fail=on_fail, name=name)


def roles_required(*roles: str, on_fail: OnFail = 403, name: str = "") -> Rule:
    """Let only somebody pass who has all of these roles.

    The user is asked by ``has_role``, see ``Permitted``.

    Raises:
        ConfigError: no role is given.

    """
    return _all_of("roles_required", roles, "role", on_fail, name)


def permission_required(
    *permissions: str, on_fail: OnFail = 403, name: str = ""
) -> Rule:
    """Let only somebody pass who has all of these permissions.

    The user is asked by ``has_permission``, see ``Permitted``.

    Raises:
        ConfigError: no permission is given.

    """
    return _all_of("permission_required", permissions, "permission", on_fail, name)


@overload
def anonymous_required(
    func: View, *, on_fail: OnFail = 403, name: str = ""
) -> View: ...


@overload
def anonymous_required(
    func: None = None, *, on_fail: OnFail = 403, name: str = ""
) -> Callable[[View], View]: ...


def anonymous_required(
    func: View | None = None, *, on_fail: OnFail = 403, name: str = ""
) -> View | Callable[[View], View]:
    """Let only strangers pass, as to a page where people sign up.

    Args:
        func: a view, a ``before_request`` function or a class of views.
        on_fail: what somebody signed in gets.
        name: whose people have no business there.

    """
    _refuse_a_bad_answer(on_fail)
    again = partial(anonymous_required, on_fail=on_fail, name=name)
    if func is None:
        return again

    def refuse(name: str, _: Mapping[str, Any]) -> Answer | None:
        if guards.somebody(name) is not None:
            return _answer_of(on_fail)
        return guards.refuse_the_unknown(name)

    return guards.guard(func, again, guards.named(marks.NOBODY, name), name, refuse)


def _all_of(
    called: str, wanted: tuple[str, ...], kind: str, on_fail: OnFail, name: str
) -> Rule:
    if not wanted or not all(isinstance(each, str) for each in wanted):
        raise ConfigError(called, f"was given {wanted!r}; it wants names, as 'admin'")

    method = f"has_{kind}"

    def ask(user: Any, _: Mapping[str, Any]) -> bool:
        return all(map(partial(users.has, user, method), wanted))

    says = f"{kind} {', '.join(wanted)}"
    return Rule(called, says, ask, on_fail=on_fail, name=name)


def _names_wanted_by(predicate: Callable[..., Any]) -> tuple[str, ...] | None:
    """Name the view's arguments that a predicate takes; None for all of them."""
    try:
        _, *rest = signature(predicate).parameters.values()
    except ValueError:  # a builtin does not tell, or takes nothing
        return ()
    if any(each.kind is Parameter.VAR_KEYWORD for each in rest):
        return None
    return tuple(each.name for each in rest)


def _refuse_a_bad_answer(on_fail: object) -> None:
    if not callable(on_fail) and not answers.is_refusal(on_fail):
        problem = f"is {on_fail!r}; it should be a status from 400 on, or a function"
        raise ConfigError("on_fail", problem)


def _answer_of(on_fail: OnFail) -> Answer:
    return on_fail if callable(on_fail) else partial(answers.refuse, on_fail)
