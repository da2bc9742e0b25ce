"""Finds statements that g++ 12.2 turns into broken code without a word.

In a full-expression that holds co_await, g++ 12.2 copies brace-made temporaries, operands of ?: of class type and lambdas that own
captures bit by bit into the coroutine frame, and destroys them twice. The rule of the house: such a statement holds no braces, no
?: and no lambda that owns captures; name the value first, then std::move it in. (docs/common-errors.md)

usage: coroutine_lint.py [FILE...]; without files: everything below lib/, daemon/ and tests/. Exit 1 on findings.
"""

import os
import re
import sys

TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])+\'|\w+|::|->|&&|\|\||[^\s\w]|\n', re.S)
OPEN, CLOSE = "([{", {")": "(", "]": "[", "}": "{"}
BEFORE_BLOCK = {";", "{", "}", ")", "else", "do", "try", "mutable", "noexcept", "const", "override", "final"}
BEFORE_LAMBDA_BODY = {"(", ",", "=", "return", "co_await", "&&", "||", "?", ":"}
KEYWORDS = {"return", "co_return", "co_await", "co_yield", "auto"}


class Source:
    """Tokens of one file with their lines, and for each bracket the index of its partner."""

    def __init__(self, text):
        self.words, self.lines, self.mate = [], [], {}
        line, stack = 1, []
        for match in TOKEN.finditer(text):
            word, here = match.group(0), line
            line += word.count("\n")
            if word == "\n" or word.startswith(("//", "/*")):
                continue
            quoted = word[0] in "\"'" or word.startswith('R"')
            self.words.append('"' if quoted else word)
            self.lines.append(here)
            self._pair(stack)

    def _pair(self, stack):
        index, word = len(self.words) - 1, self.words[-1]
        if len(word) == 1 and word in OPEN:
            stack.append(index)
        elif word in CLOSE and stack:
            other = stack.pop()
            self.mate[index], self.mate[other] = other, index

    def is_block(self, index):
        """Whether the { there opens statements or a class, rather than a braced value."""
        if index == 0:
            return True
        before = self.words[index - 1]
        if before in BEFORE_BLOCK:
            return True
        if before == "]":
            return self.words[self.mate.get(index - 1, index - 1) - 1] in BEFORE_LAMBDA_BODY
        at = index - 1
        for _ in range(40):  # a trailing return type, or the name of a class
            if at <= 0 or not re.match(r"\w|::|[<>,&*]", self.words[at]):
                break
            if self.words[at] in ("struct", "class", "namespace", "enum", "union", "public", "private"):
                return True
            at -= 1
        return self.words[at] == "->" or (self.words[at] == ":" and self.words[at - 1] in ("public", "private"))

    def is_lambda(self, index):
        if self.words[index] != "[" or index not in self.mate:
            return False
        before = self.words[index - 1]
        if before in (")", "]") or (re.match(r"[A-Za-z_]\w*$", before) and before not in KEYWORDS) or before == "auto":
            return False
        after = self.mate[index] + 1
        return after < len(self.words) and self.words[after] in ("(", "{", "mutable", "->")

    def body_of(self, index):
        """The { of the lambda whose [ is there."""
        at = self.mate[index] + 1
        while at < len(self.words):
            if self.words[at] == "(":
                at = self.mate.get(at, at) + 1
                continue
            if self.words[at] == "{":
                return at
            if self.words[at] in (";", ")"):
                return None
            at += 1
        return None

    def owns_captures(self, index):
        captures, depth, one = [], 0, []
        for at in range(index + 1, self.mate[index]):
            word = self.words[at]
            depth += (len(word) == 1 and word in OPEN) - (word in CLOSE)
            if word == "," and depth == 0:
                captures.append(one)
                one = []
            else:
                one.append(word)
        captures.append(one)
        return any(one and one[0] != "&" and one != ["this"] for one in captures)

    def lambda_with_body(self, body):
        return any(self.is_lambda(at) and self.body_of(at) == body for at in range(max(0, body - 60), body))

    def statement(self, index):
        """Bounds of the full-expression around a token, both outside it."""
        first = index - 1
        while first >= 0:
            word = self.words[first]
            if word in CLOSE:
                mate = self.mate.get(first, first)
                if word == "}" and self.is_block(mate) and not self.lambda_with_body(mate):
                    break
                first = mate - 1
                continue
            if word == ";" or (word == "{" and self.is_block(first)):
                break
            first -= 1
        last = index + 1
        while last < len(self.words):
            word = self.words[last]
            if word == ";" or (word == "}" and self.is_block(self.mate.get(last, last))):
                break
            if word == "{" and self.is_block(last):
                if not self.lambda_with_body(last):
                    break
                last = self.mate.get(last, last) + 1
                continue
            last += 1
        return first, last

    def reasons(self, first, last, index):
        at, why = first + 1, set()
        while at < last:
            word = self.words[at]
            if self.is_lambda(at):
                if self.owns_captures(at):
                    why.add("a lambda that owns captures")
                body = self.body_of(at)
                around = body is not None and body < index < self.mate.get(body, body)
                at = at + 1 if body is None or around else self.mate.get(body, body) + 1
                continue
            if word == "?":
                why.add("?:")
            if word == "{" and not self.is_block(at):
                why.add("braces")
            at += 1
        return why


def findings(text):
    source, seen = Source(text), set()
    for index, word in enumerate(source.words):
        if word != "co_await":
            continue
        bounds = source.statement(index)
        if bounds in seen:
            continue
        seen.add(bounds)
        why = source.reasons(*bounds, index)
        if why:
            yield source.lines[index], ", ".join(sorted(why))


def all_files():
    top = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
    for base in ("lib", "daemon", "tests"):
        for place, _, names in os.walk(os.path.join(top, base)):
            yield from (os.path.join(place, name) for name in sorted(names) if name.endswith((".hpp", ".cpp")))


def main():
    bad, count = 0, 0
    for path in sys.argv[1:] or all_files():
        count += 1
        with open(path, encoding="utf-8", errors="replace") as file:
            for line, why in findings(file.read()):
                print(f"{path}:{line}: co_await in a statement with {why}")
                bad = 1
    if not bad:
        print(f"{count} files, no statement that g++ 12.2 breaks")
    return bad


if __name__ == "__main__":
    sys.exit(main())
