"""One API call: who asks, which URLs its answer has, and lists in pages."""

import urllib.parse

from cvat.auth import Refused

from . import answers, tokens


class Context:
    """Borrowed by views and routes for the time of one request."""

    def __init__(self, world, request, token, version):
        self.world, self.store, self.request, self.token, self.version = world, world.store, request, token, version
        self.html = world.public_url or request.base
        self.api = self.html + ("/api/v3" if world.ghes else "")
        self.operation = None

    @property
    def query(self):
        return self.request.query

    @property
    def user(self):
        """The person behind the token, or None."""
        return self.token.user if self.token else None

    def number(self, name, default, most):
        try:
            return max(1, min(most, int(self.query.get(name, default))))
        except ValueError:
            return default

    def page(self, items, view, wrap=None):
        """One page of a list with its Link header; `wrap` names the member of a list in an object."""
        size, page = self.number("per_page", 30, 100), self.number("page", 1, 10**9)
        last = max(1, -(-len(items) // size))
        rows = [view(one) for one in items[(page - 1) * size : page * size]]
        links = []
        if page > 1:
            links.append(("prev", min(page - 1, last)))
        if page < last:
            links += [("next", page + 1), ("last", last)]
        if page > 1:
            links.append(("first", 1))
        headers = [("Link", ", ".join(f'<{self.link(number)}>; rel="{name}"' for name, number in links))] if links else []
        return answers.reply({"total_count": len(items), wrap: rows} if wrap else rows, 200, headers)

    def link(self, page):
        given = [(k, v) for k, v in urllib.parse.parse_qsl(self.request.query_string, keep_blank_values=True) if k != "page"]
        return f"{self.html}{self.request.raw_path}?{urllib.parse.urlencode([*given, ('page', page)])}"

    def account(self, login):
        """An account by name, or Refused (404)."""
        found = self.store.account(login)
        if found is None:
            raise Refused(answers.not_found())
        return found

    def check_sso(self, account):
        """Refused (403, X-GitHub-SSO) when the organisation wants the token authorised."""
        if not tokens.needs_sso(self.token, account):
            return
        words = "Resource protected by organization SAML enforcement. " "You must grant your Personal Access token access to this organization."
        url = f"{self.html}/orgs/{account.login}/sso?authorization_request=A1B2C3"
        raise Refused(
            answers.message(
                403,
                words,
                "https://docs.github.com/articles/authenticating-to-a-github-organization-with-saml-single-sign-on/",
                [("X-GitHub-SSO", f"required; url={url}")],
            )
        )

    def readable(self, repository):
        """The repository if it may be read; Refused (404, 403 for SAML, 451) otherwise."""
        if repository is None or not tokens.may_read(self.token, repository):
            raise Refused(answers.not_found())
        if repository.private:
            self.check_sso(repository.owner)
        if repository.unreadable:
            raise Refused(answers.message(403, repository.unreadable))
        if repository.blocked:
            raise Refused(answers.message(int(repository.blocked.get("status", 451)), "Repository access blocked", block=repository.blocked["block"]))
        return repository

    def seen(self, repositories, unreadable=False):
        """Those of a list that the token may see."""
        return [
            one
            for one in repositories
            if tokens.may_read(self.token, one)
            and not (one.private and tokens.needs_sso(self.token, one.owner))
            and (unreadable or not one.unreadable)
        ]

    def needs_user(self):
        """The person, or Refused: 401 without credentials, 403 for Apps."""
        if self.token is None:
            raise Refused(answers.message(401, "Requires authentication"))
        if self.token.user is None:
            raise Refused(answers.message(403, "Resource not accessible by integration"))
        return self.token.user
