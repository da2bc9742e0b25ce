"""Hourly budgets, the limits behind them (points a minute, requests at once), and refusals ordered by tests."""

import collections
import threading

from .answers import message, reply

PRIMARY_DOCS = "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api"
SECONDARY_DOCS = PRIMARY_DOCS + "#about-secondary-rate-limits"
SECONDARY_WORDS = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
AT_ONCE = 100
DEFAULTS = {"core": 5000, "graphql": 5000, "search": 30}
ANONYMOUS = {"core": 60, "graphql": 0, "search": 10}


class Budget:
    """One hourly budget."""

    def __init__(self, limit, reset):
        self.limit, self.used, self.reset = limit, 0, reset

    @property
    def remaining(self):
        return max(0, self.limit - self.used)

    def view(self, resource=None):
        out = {"limit": self.limit, "used": self.used, "remaining": self.remaining, "reset": int(self.reset)}
        return {**out, "resource": resource} if resource else out


class Limits:
    """All budgets, by whose they are and for what."""

    def __init__(self, world, enabled):
        self.world, self.enabled = world, enabled
        self.lock = threading.Lock()
        self.sizes = dict(DEFAULTS)
        self.status = 403  # of refusals for an empty budget: GitHub uses 403 and 429
        self.budgets = {}
        self.points_per_minute = {"core": 0, "graphql": 0}  # 0 = not watched; GitHub: 900 and 2000
        self.recent = collections.defaultdict(collections.deque)
        self.ordered = []  # secondary refusals to come
        self.at_once = collections.Counter()
        self.most_at_once = collections.Counter()
        self.refused = collections.Counter()

    def budget(self, token, resource):
        """The budget in force, begun anew when its hour is over."""
        key = (token.bucket if token else "anonymous", resource)
        now = self.world.now()
        found = self.budgets.get(key)
        if found is None or found.reset <= now:
            size = self.sizes[resource] if token else ANONYMOUS[resource]
            found = self.budgets[key] = Budget(size, int(now) + 3600)
        return found

    def enter(self, kind):
        """Counts a request in; how many of its kind are now being answered."""
        with self.lock:
            self.at_once[kind] += 1
            self.most_at_once[kind] = max(self.most_at_once[kind], self.at_once[kind])
            return self.at_once[kind]

    def leave(self, kind):
        with self.lock:
            self.at_once[kind] -= 1

    def refusal(self, request, token, resource, at_once):
        """The answer when the request is one too many, else None."""
        with self.lock:
            ordered = self.ordered_refusal(resource)
            if ordered:
                return self.secondary(token, resource, ordered)
            if not self.enabled:
                return None
            if at_once > AT_ONCE:
                return self.secondary(token, resource, {"retry_after": 60})
            if self.over_points(request, token, resource):
                return self.secondary(token, resource, {"retry_after": 60})
            if self.budget(token, resource).remaining > 0:
                return None
            self.refused["primary"] += 1
        return self.primary(token, resource)

    def ordered_refusal(self, resource):
        now = self.world.now()
        for order in self.ordered:
            if order.get("resource", resource) != resource:
                continue
            if order.get("skip", 0) > 0:
                order["skip"] -= 1
                continue
            if order.get("until", 0) > now:
                return order
            if order.get("count", 1) > 0:
                order["count"] = order.get("count", 1) - 1
                if order.get("block"):  # asking too early goes on being refused
                    order["until"] = now + (order.get("retry_after") or 60)
                return order
        return None

    def over_points(self, request, token, resource):
        """More points in the last minute than allowed? Reading costs 1, writing 5."""
        allowed = self.points_per_minute.get(resource, 0)
        if not allowed:
            return False
        points = 5 if request.method not in ("GET", "HEAD", "OPTIONS") and resource == "core" else 1
        recent, now = self.recent[token.bucket if token else "anonymous", resource], self.world.now()
        recent.append((now, points))
        while recent and recent[0][0] < now - 60:
            recent.popleft()
        return sum(one for _, one in recent) > allowed

    def primary(self, token, resource):
        """The budget is used up: REST refuses, GraphQL answers 200 with an error."""
        who = f"user ID {token.user.id}" if token and token.user else "installation ID 1" if token else "127.0.0.1"
        words = f"API rate limit exceeded for {who}."
        if resource == "graphql":
            answer = reply({"errors": [{"type": "RATE_LIMITED", "code": "graphql_rate_limit", "message": words}]})
        else:
            answer = message(self.status, words, PRIMARY_DOCS)
        answer.headers += self.headers(token, resource)
        return answer

    def secondary(self, token, resource, order):
        self.refused["secondary"] += 1
        wait = order.get("retry_after")
        headers = [] if wait is None else [("retry-after", str(wait))]
        status = int(order.get("status", 403))
        if status == 200:  # GraphQL may say it in the body alone
            return reply({"errors": [{"type": "RATE_LIMITED", "message": SECONDARY_WORDS}]}, 200, headers)
        return message(status, SECONDARY_WORDS, SECONDARY_DOCS, headers + self.headers(token, resource))

    def charge(self, token, resource, cost):
        with self.lock:
            self.budget(token, resource).used += cost

    def headers(self, token, resource):
        """x-ratelimit-… of an answer; none where limits are off."""
        if not self.enabled:
            return []
        seen = self.budget(token, resource).view(resource)
        return [(f"x-ratelimit-{name}", str(seen[name])) for name in ("limit", "remaining", "used", "reset", "resource")]

    def order(self, given):
        """An order of a test; README.md tells the fields."""
        kind = given.get("kind", "primary")
        if kind == "secondary":
            self.ordered.append(dict(given))
        elif kind == "primary":
            names = [given["resource"]] if "resource" in given else ["core", "graphql"]
            token = self.world.tokens.labelled(given["token"]) if "token" in given else self.world.tokens.labelled("alice")
            for name in names:
                budget = self.budget(token, name)
                budget.limit = int(given.get("limit", budget.limit))
                budget.used = budget.limit - int(given.get("remaining", 0))
                budget.reset = int(self.world.now() + float(given.get("reset_in", 3600)))
        else:
            raise ValueError(f"unknown limit: {kind}")

    def clear(self):
        self.ordered = []
        self.budgets = {}
        self.recent.clear()
        self.most_at_once.clear()
        self.refused.clear()
