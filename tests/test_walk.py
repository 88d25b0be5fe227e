"""The lesson's walk: refused, in, remembered, out."""

from support import Visitor


def test_a_stranger_is_sent_to_the_login_page_and_finds_the_way_back(
    visitor: Visitor,
) -> None:
    answer = visitor.get("/secret")

    assert answer.status_code == 302
    assert answer.location == "/login?next=%2Fsecret"


def test_somebody_signed_in_sees_the_secret(visitor: Visitor) -> None:
    visitor.signs_in("ada")

    assert visitor.get("/secret").text == "a secret for ada"


def test_somebody_remembered_is_in_after_a_restart_but_not_fresh(
    visitor: Visitor,
) -> None:
    visitor.signs_in("ada", remember="yes")
    visitor.restarts()

    assert visitor.get("/secret").text == "a secret for ada"
    assert visitor.get("/how").json == {"fresh": False, "remembered": True}


def test_somebody_not_remembered_is_a_stranger_after_a_restart(
    visitor: Visitor,
) -> None:
    visitor.signs_in("ada")
    visitor.restarts()

    assert visitor.get("/secret").status_code == 302


def test_somebody_signed_out_is_a_stranger(visitor: Visitor) -> None:
    visitor.signs_in("ada", remember="yes")
    visitor.signs_out()

    assert visitor.who() == "None"
    visitor.restarts()
    assert visitor.who() == "None"
