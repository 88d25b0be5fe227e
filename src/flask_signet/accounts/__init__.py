"""Accounts: how people prove who they are, and look after that.

The floor above sign-in and its register. Those say who is in; here people sign up, have
passwords and whatever else proves who they are, and get back in when they have lost it.

Nothing below knows of it, and an application that has accounts of its own loads none of
it. It is being built: so far there is ``common``, the passwords that all too many have.
"""
