"""What a store does that names its people; none has to, so no contract has it."""

from typing import Any

from flask_signet.testing.store_contract import a_row


class NamesItsPeople:
    def test_people_who_have_sign_ins_are_named(self, store: Any) -> None:
        store.add(a_row("one"))
        store.add(a_row("two"))
        store.add(a_row("three", "bob"))

        assert sorted(store.people("", limit=9)) == ["ada", "bob"]

    def test_no_more_people_are_named_than_were_asked_for(self, store: Any) -> None:
        store.add(a_row("one"))
        store.add(a_row("two", "bob"))

        assert len(store.people("", limit=1)) == 1

    def test_people_of_another_realm_are_named_there_alone(self, store: Any) -> None:
        store.add(a_row("one"))
        store.add(a_row("two", "eve", realm="staff"))

        assert store.people("staff", limit=9) == ["eve"]
