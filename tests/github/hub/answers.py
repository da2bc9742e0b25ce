"""Answers in GitHub's forms."""

from cvat.wire import Response, dumps

JSON = "application/json; charset=utf-8"
DOCS = "https://docs.github.com/rest"


class Stream(Response):
    """An answer whose length is not known: sent in chunks as `blocks` gives them; then, or when that fails,
    `finish` is called."""

    def __init__(self, status, blocks, headers=(), kind=None, end=None):
        super().__init__(status, b"", [*headers, ("Content-Type", kind)] if kind else headers, None)
        self.blocks = blocks
        self.ends = [end] if end else []
        self.plain = True

    def finish(self):
        while self.ends:
            self.ends.pop()()

    def whole(self):
        """The same with its body in memory."""
        try:
            answer = plain(self.status, b"".join(self.blocks), self.headers)
        finally:
            self.finish()
        answer.kind = None  # it is among the headers
        return answer

    @property
    def length(self):
        return None


def reply(value, status=200, headers=()):
    """A JSON answer."""
    answer = Response(status, dumps(value), headers, JSON)
    answer.plain = True
    return answer


def nothing(status=204, headers=()):
    answer = Response(status, b"", headers, None)
    answer.plain = True
    return answer


def message(status, words, url=DOCS, headers=(), **more):
    """The error form of the REST API."""
    return reply({"message": words, **more, "documentation_url": url, "status": str(status)}, status, headers)


def plain(status, words, headers=()):
    """Words as git's side of the site writes them."""
    body = words if isinstance(words, bytes) else words.encode()
    answer = Response(status, body, headers, "text/plain; charset=utf-8")
    answer.plain = True
    return answer


def not_found():
    return message(404, "Not Found")
