"""The passwords that all too many people have, as lists to ask.

Two files lie in ``data/``, made by ``scripts/common-passwords``. Of each password they
hold the first bytes of its hash, in order. So one is found by halving, and what people
once chose, names and telephone numbers among it, is not here for others to read.

Nobody is refused here. The caller has the rule, and the words for it.
"""

from bisect import bisect_left
from functools import cached_property
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable

PREFIX_BYTES = 8
"""Kept of the 32 of SHA-256. That a password is taken for one of 10,000 others has a
chance of 10,000 in 2**64."""


def prefix_of(password: str) -> bytes:
    """Give what a list keeps of a password, in whichever case that is written.

    Half a surrogate pair, which JSON can bring, has no UTF-8. It is hashed all the
    same, and is in no list.
    """
    text = password.casefold().encode("utf-8", "surrogatepass")
    return sha256(text).digest()[:PREFIX_BYTES]


class CommonPasswords:
    """A list of common passwords: ``"sunshine" in OF_8_OR_MORE``.

    Passwords are compared whole, as NIST SP 800-63B-4, 3.1.1.2 has it, and in any case.
    They are not normalised: what is in the lists is ASCII, which each Unicode form
    leaves as it is.

    Args:
        file: the prefixes, in order. It is read when first asked, and kept.

    """

    def __init__(self, file: Traversable) -> None:
        self._file = file

    def __len__(self) -> int:
        return len(self._prefixes) // PREFIX_BYTES

    def __contains__(self, password: str) -> bool:
        wanted = prefix_of(password)
        place = bisect_left(range(len(self)), wanted, key=self._prefix_at)
        return self._prefix_at(place) == wanted  # past the end, it is empty

    def _prefix_at(self, place: int) -> bytes:
        start = place * PREFIX_BYTES
        return self._prefixes[start : start + PREFIX_BYTES]

    @cached_property
    def _prefixes(self) -> bytes:
        return self._file.read_bytes()


_DATA = files("flask_signet.accounts") / "data"

OF_8_OR_MORE = CommonPasswords(_DATA / "of-8-or-more.bin")
"""The 10,000 most common ones of eight characters or more."""

OF_15_OR_MORE = CommonPasswords(_DATA / "of-15-or-more.bin")
"""All of fifteen characters or more in a list of the million most common ones."""
