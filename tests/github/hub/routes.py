"""Tables of routes: a method, a pattern of the whole path, a function."""

import re


class Routes:
    """Functions are registered by the decorator `at`."""

    def __init__(self):
        self.rows = []

    def at(self, pattern, method="GET"):
        def keep(function):
            self.rows.append((method, re.compile(pattern + r"\Z"), function))
            return function

        return keep

    def find(self, method, path):
        """(function, named parts) of the first route that fits; HEAD is a GET without a body."""
        method = "GET" if method == "HEAD" else method
        for wanted, pattern, function in self.rows:
            found = pattern.match(path)
            if found and wanted == method:
                return function, found.groupdict()
        return None, {}


SITE = Routes()
REPOSITORY = Routes()
