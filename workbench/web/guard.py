"""Who may ask: the check before every request, whatever it asks for.

Rules kept here
- The Host must be one that this server is meant to be called by, to the letter: so a page elsewhere whose name is made
  to lead here (DNS rebinding) is refused.
- GET reads, POST writes; nothing else is answered. With ``read_only`` there is no POST either.
- A POST comes from this server's own pages or from a script: its Origin is the Host, it carries ``X-Evitrail: write``,
  which no form can send, and its body is JSON of a known length, at most ``LARGEST`` bytes.
- What another site's page asks for is refused; a link from there may be followed to a page, never to data.
- With a token, every request needs it: as a bearer token, or in the cookie that it was exchanged for once. Only the
  sign-in page and what it is made of are open. A token is compared in constant time, and never logged.
- Where each person has a token, a request acts as the person whose token or cookie it carries (``signed_in.py``).
- A refusal says in one line what was expected, and nothing of what is here.

    app = Guard(app, Admission(hosts=loopback_hosts(8765)))
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from evitrail.workbench.web.signed_in import SIGNED_IN

SIGN_IN = "/sign-in"
SESSION = "/session"
OPEN = (SIGN_IN, SESSION, "/static/")
"""What is answered without a token: the page that takes it, what exchanges it, and code that everybody has."""
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
HAS_PORT = re.compile(r":\d+$")
HTTP = 80
"""The port that a browser leaves out of the Host."""
CROSS = ("cross-site", "same-site")
WRITE = ("X-Evitrail", "write")
"""The header that a POST carries: another site's page cannot set it without asking first, which is refused."""
LARGEST = 1_000_000
"""Bytes of a body at most."""
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
"""What every answer carries."""


@dataclass(frozen=True)
class Admission:
    """By which names the server may be called, with which token, and whether it may be asked to write."""

    hosts: frozenset[str]
    """As a Host header has them: ``127.0.0.1:8765``."""
    token: str | None = field(default=None, repr=False)
    """The token that whoever may enter has; None where there is none, or one for each person."""
    sessions: dict[str, str] = field(default_factory=dict, repr=False)
    """By the cookie that a token was exchanged for in this process, whose token it was."""
    read_only: bool = False
    """Whether no POST is answered."""
    people: Mapping[str, str] | None = field(default=None, repr=False)
    """By token, whose it is; None where nobody is known by name."""

    @property
    def is_open(self) -> bool:
        """Whether nobody needs a token."""
        return self.token is None and self.people is None

    def who(self, headers: Headers) -> str | None:
        """Whose token a request carries, or whose cookie; empty for a token of nobody's own, None without either.

        A bearer token decides alone, whatever cookie comes with it.
        """
        if _bearer(headers) is not None:
            return self.holder(headers)
        return self.sessions.get(self._session(headers))

    def holder(self, headers: Headers) -> str | None:
        """Whose token a request carries itself; empty for a token of nobody's own, None without one."""
        given = (_bearer(headers) or "").encode()
        tokens = dict(self.people or {}) | ({self.token: ""} if self.token is not None else {})
        same = [name for token, name in tokens.items() if hmac.compare_digest(given, token.encode())]
        return same[0] if same else None

    def exchanged(self, headers: Headers) -> str | None:
        """A new cookie for the token that a request carries, in place of its old one; None without a token."""
        holder = self.holder(headers)
        if holder is None:
            return None
        self.sessions.pop(self._session(headers), None)
        return self.new_session(holder)

    def new_session(self, of: str = "") -> str:
        """A cookie to be set in exchange for somebody's token."""
        name = secrets.token_urlsafe(32)
        self.sessions[name] = of
        return name

    @staticmethod
    def _session(headers: Headers) -> str:
        try:
            cookie = SimpleCookie(headers.get("cookie", ""))
        except CookieError:
            return ""
        name = cookie_name(headers.get("host", ""))
        return cookie[name].value if name in cookie else ""


def cookie_name(host: str) -> str:
    """The name of the cookie of the server that is called so: a browser keeps one set for all ports of a machine.

    >>> cookie_name("127.0.0.1:8765"), cookie_name("workbench.example")
    ('evitrail-8765', 'evitrail')
    """
    port = HAS_PORT.search(host)
    return f"evitrail-{port[0][1:]}" if port else "evitrail"


def loopback_hosts(port: int, *, others: Sequence[str] = ()) -> frozenset[str]:
    """The names that this machine is called by on its own, and others that were given; each with the port."""
    plain = [*LOOPBACK, *(name.lower() for name in others)]
    named = {name if HAS_PORT.search(name) else f"{name}:{port}" for name in plain}
    return frozenset(named | ({name.removesuffix(":80") for name in named} if port == HTTP else set()))


def _bearer(headers: Headers) -> str | None:
    """The token that a request carries; None where it carries none."""
    scheme, _, given = headers.get("authorization", "").partition(" ")
    return given.strip() if scheme.lower() == "bearer" else None


class Guard:
    """The application behind the checks above."""

    def __init__(self, app: ASGIApp, admission: Admission) -> None:
        self._app, self._admission = app, admission

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # a WebSocket: there is none here
            await send({"type": "websocket.close", "code": 1008})
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    sent[name] = value
                sent.setdefault("Cache-Control", "no-store")
            await send(message)

        headers = Headers(scope=scope)
        who = None if self._admission.is_open else self._admission.who(headers)
        SIGNED_IN.set(who or "")
        refused = self._refusal(scope, headers, is_known=self._admission.is_open or who is not None)
        await (refused or self._app)(scope, receive, with_headers)

    def _refusal(self, scope: Scope, headers: Headers, *, is_known: bool) -> Response | None:
        path, method = scope["path"], scope["method"]
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self._admission.hosts:
            return _refuse(421, "expected a Host that this server is called by; start it with --trusted-host NAME")
        if method == "POST" and self._admission.read_only:
            return _refuse(405, "expected GET: this server was started with --read-only", {"Allow": "GET"})
        if method not in ("GET", "POST"):
            allowed = "GET" if self._admission.read_only else "GET, POST"
            return _refuse(405, f"expected {allowed.replace(', ', ' or ')}, got {method}", {"Allow": allowed})
        if method == "POST":
            return self._refused_write(headers, hosts[0], is_known=is_known)
        origin = headers.get("origin")
        if origin is not None and origin.partition("://")[2] != hosts[0]:
            return _refuse(403, "expected a request of this server's own pages, got one of another origin")
        if headers.get("sec-fetch-site") in CROSS and not _opens_a_page(path, headers):
            return _refuse(403, "expected a request of this server's own pages, got one of another site")
        if is_known or any(path == one or path.startswith(one) for one in OPEN):
            return None
        if path.startswith("/api/"):
            return _refuse(401, "expected the token: Authorization: Bearer TOKEN", {"WWW-Authenticate": "Bearer"})
        return RedirectResponse(SIGN_IN, status_code=303)

    @staticmethod
    def _refused_write(headers: Headers, host: str, *, is_known: bool) -> Response | None:
        origin, site, (name, value) = headers.get("origin", ""), headers.get("sec-fetch-site"), WRITE
        if origin not in (f"http://{host}", f"https://{host}"):
            return _refuse(403, "expected an Origin that is this server's own, as its pages send; scripts send it too")
        if site not in (None, "same-origin"):
            return _refuse(403, f"expected a request of this server's own pages, got one that is {site}")
        if not is_known:
            return _refuse(401, "expected the token: Authorization: Bearer TOKEN", {"WWW-Authenticate": "Bearer"})
        if headers.get(name) != value:
            return _refuse(403, f"expected the header {name}: {value} on a request that writes")
        if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return _refuse(415, "expected Content-Type: application/json")
        length = headers.get("content-length", "")
        if not (length.isascii() and length.isdigit()) or "transfer-encoding" in headers:
            return _refuse(411, "expected a Content-Length")
        if int(length) > LARGEST:
            return _refuse(413, f"expected a body of at most {LARGEST:,} bytes, got {int(length):,}")
        return None


def _opens_a_page(path: str, headers: Headers) -> bool:
    """Whether somebody follows a link to a page, at the top of a window."""
    followed = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    return followed and not path.startswith(("/api/", SESSION))


def _refuse(status: int, said: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"fault": said}, status, headers)
