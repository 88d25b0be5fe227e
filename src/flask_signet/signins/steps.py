"""What a remember value means, and what is to be done about it."""

from enum import Enum, auto


class Step(Enum):
    """What is to be done about somebody who has shown a remember value."""

    NOTHING = auto()
    """They are known; a new pair is under way to them already."""

    RENEW = auto()
    """They are known, and are to get a new pair."""

    CONFIRM = auto()
    """They are known, and have got the new pair."""

    REFUSE = auto()
    """They are nobody."""

    IGNORE = auto()
    """They are nobody, and may have been sent before what replaced it."""

    CLOSE = auto()
    """Two have used it: one of them has stolen it."""
