"""A parser of GraphQL documents (specification of October 2021, §2; executable definitions only)."""

import json
import re

TOKEN = re.compile(
    r'[\s,\ufeff]+|#[^\n]*|(?P<block>"""(?:\\"""|.|\n)*?""")|(?P<string>"(?:\\.|[^"\\\n])*")'
    r"|(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?P<name>[_A-Za-z]\w*)|(?P<mark>\.\.\.|[!$():=@\[\]{}|&])"
)


class GraphQLError(Exception):
    """A document that is no query; `error` is the member of `errors`."""

    def __init__(self, words, line=1, column=1, **more):
        super().__init__(words)
        self.error = {**more, "message": words, "locations": [{"line": line, "column": column}]}


class Var(str):
    """A variable where a value is expected."""


class Enum(str):
    """A bare name where a value is expected."""


class Field:
    """A field, or with `fragment` (name) or `on` (type) a spread; `selection` is None for leaves."""

    def __init__(self, place, name=None, alias=None, args=None, selection=None, fragment=None, on=None, inline=False):
        self.line, self.column = place
        self.name, self.alias, self.args, self.selection = name, alias or name, args or {}, selection
        self.fragment, self.on, self.inline = fragment, on, inline
        self.directives = {}


class Operation:
    def __init__(self, kind, name):
        self.kind, self.name = kind, name
        self.variables = {}  # name -> (type text, default or None, has a default)
        self.selection = []


class Document:
    """The whole text: operations in order, fragments by name as (type, selection)."""

    def __init__(self, text):
        self.tokens = list(tokens(text))
        self.at = 0
        self.operations, self.fragments = [], {}
        while self.peek()[0] != "end":
            self.definition()
        if not self.operations:
            raise GraphQLError("A query attribute must be specified and must be a string.")

    # -- tokens --

    def peek(self):
        return self.tokens[self.at]

    def take(self, text=None, kind=None):
        found, value, line, column = self.tokens[self.at]
        if (text is not None and value != text) or (kind is not None and found != kind):
            what = "end of file" if found == "end" else f'"{value}"'
            raise GraphQLError(f"Parse error on {what} at [{line}, {column}], expected {text or kind}", line, column)
        self.at += 1
        return value

    def skip(self, text):
        if self.peek()[1] == text and self.peek()[0] in ("mark", "name"):
            self.at += 1
            return True
        return False

    def place(self):
        return self.peek()[2:]

    # -- definitions --

    def definition(self):
        kind, value = self.peek()[:2]
        if value == "{":
            operation = Operation("query", None)
        elif value == "fragment":
            self.take()
            name = self.take(kind="name")
            self.take("on")
            on = self.take(kind="name")
            self.directives()
            self.fragments[name] = (on, self.selection())
            return
        elif kind == "name" and value in ("query", "mutation", "subscription"):
            self.take()
            operation = Operation(value, self.take() if self.peek()[0] == "name" else None)
            if self.skip("("):
                while not self.skip(")"):
                    self.variable(operation)
            self.directives()
        else:
            self.take("query")
        operation.selection = self.selection()
        self.operations.append(operation)

    def variable(self, operation):
        self.take("$")
        name = self.take(kind="name")
        self.take(":")
        kind = self.type()
        given = self.skip("=")
        operation.variables[name] = (kind, self.value() if given else None, given)
        self.directives()

    def type(self):
        if self.skip("["):
            text = f"[{self.type()}]"
            self.take("]")
        else:
            text = self.take(kind="name")
        return text + "!" if self.skip("!") else text

    def selection(self):
        self.take("{")
        out = []
        while not self.skip("}"):
            out.append(self.selected())
        return out

    def selected(self):
        place = self.place()
        if self.skip("..."):
            if self.peek()[0] == "name" and self.peek()[1] != "on":
                one = Field(place, fragment=self.take())
                one.directives = self.directives()
                return one
            on = self.take(kind="name") if self.skip("on") else None
            given = self.directives()
            one = Field(place, on=on, inline=True, selection=self.selection())
            one.directives = given
            return one
        name, alias = self.take(kind="name"), None
        if self.skip(":"):
            alias, name = name, self.take(kind="name")
        args = self.arguments()
        given = self.directives()
        selection = self.selection() if self.peek()[1] == "{" else None
        one = Field(place, name, alias, args, selection)
        one.directives = given
        return one

    def arguments(self):
        out = {}
        if self.skip("("):
            while not self.skip(")"):
                name = self.take(kind="name")
                self.take(":")
                out[name] = self.value()
        return out

    def directives(self):
        out = {}
        while self.skip("@"):
            name = self.take(kind="name")
            out[name] = self.arguments()
        return out

    def value(self):
        kind, value = self.peek()[:2]
        self.at += 1
        if value == "$":
            return Var(self.take(kind="name"))
        if value == "[":
            out = []
            while not self.skip("]"):
                out.append(self.value())
            return out
        if value == "{":
            out = {}
            while not self.skip("}"):
                name = self.take(kind="name")
                self.take(":")
                out[name] = self.value()
            return out
        if kind == "number":
            return float(value) if re.search(r"[.eE]", value) else int(value)
        if kind == "string":
            return json.loads(value)
        if kind == "block":
            return value[3:-3].replace('\\"""', '"""')
        if kind == "name":
            return {"true": True, "false": False, "null": None}.get(value, Enum(value))
        self.at -= 1
        self.take(kind="value")
        return None


def tokens(text):
    """(kind, text, line, column) of each token, at last ("end", "", …)."""
    at, line, start = 0, 1, 0
    while at < len(text):
        found = TOKEN.match(text, at)
        if not found:
            raise GraphQLError(f"Parse error on {text[at]!r} at [{line}, {at - start + 1}]", line, at - start + 1)
        if found.lastgroup:
            yield found.lastgroup, found.group(), line, at - start + 1
        breaks = found.group().count("\n")
        if breaks:
            line, start = line + breaks, found.start() + found.group().rindex("\n") + 1
        at = found.end()
    yield "end", "", line, at - start + 1
