"""A browser's cookies, of which a test says when an answer arrives, and whether."""

from typing import Self

from werkzeug.datastructures import Headers


class Jar:
    """A browser's cookies: what the answers have brought that reached it."""

    def __init__(self, cookies: dict[str, tuple[str, bool]] | None = None) -> None:
        self.cookies = dict(cookies or {})

    def takes(self, headers: Headers) -> None:
        for header in headers.getlist("Set-Cookie"):
            said, *flags = header.split("; ")
            name, _, value = said.partition("=")
            if "Max-Age=0" in flags:
                self.cookies.pop(name, None)
            else:
                is_kept = any(flag.startswith("Expires") for flag in flags)
                self.cookies[name] = value, is_kept

    def restarts(self) -> None:
        """Close the browser, which forgets the session, and open it again."""
        kept = {name: each for name, each in self.cookies.items() if each[1]}
        self.cookies = kept

    def copied(self, *names: str) -> Self:
        """Give what a thief gets: all of it, or some by name."""
        names = names or (*self.cookies,)
        return type(self)({name: self.cookies[name] for name in names})

    @property
    def sent(self) -> str:
        return "; ".join(f"{name}={text}" for name, (text, _) in self.cookies.items())
