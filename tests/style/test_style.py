"""The checks of this folder find what they are for."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import coroutine_lint  # noqa: E402
import include_graph  # noqa: E402

BROKEN = [
    "co_await f({.a = 1, .s = text});",
    "co_await f(Options{text});",
    "co_await f({});",
    "auto x = co_await f(std::array<T, 2>{a, b});",
    "co_await f(flag ? a : b);",
    "co_await co_spawn(executor, [text] { use(text); }, use_awaitable);",
    "co_await pool.run([text = std::move(text)] { return text; });",
    "o = Options{.x = co_await f()};",
    "co_return Options{.x = co_await f()};",
    "co_await Aggregate{text}.run();",
]
FINE = [
    "Options o{.a = 1}; co_await f(std::move(o));",
    "auto work = [text] { return text; }; co_await pool.run(std::move(work));",
    "co_await f([&] { use(text); });",
    "co_await f([this, &x] { use(x); });",
    "if (co_await ready()) { use({1, 2}); }",
    "for (auto& one : list) { co_await f(one); }",
    "const auto [a, b] = co_await f(x);",
    "co_return T(co_await f());",
    "auto body = [&]() -> Awaitable<void> { co_await f(); };",
    "while (!co_await done()) { x = a ? b : c; }",
]


class CoroutineLint(unittest.TestCase):
    def test_finds_every_broken_form(self):
        for statement in BROKEN:
            with self.subTest(statement):
                self.assertTrue(list(coroutine_lint.findings("void g() { " + statement + " }")))

    def test_leaves_fine_forms_alone(self):
        for statement in FINE:
            with self.subTest(statement):
                self.assertEqual(list(coroutine_lint.findings("void g() { " + statement + " }")), [])

    def test_the_tree_is_clean(self):
        for path in coroutine_lint.all_files():
            with open(path, encoding="utf-8") as file, self.subTest(path):
                self.assertEqual(list(coroutine_lint.findings(file.read())), [])


class IncludeGraph(unittest.TestCase):
    def test_an_arrow_upwards_is_found(self):
        text = '// SPDX-License-Identifier: MIT\n#include "daemon/vault/vault.hpp"\n'
        self.assertTrue(list(include_graph.problems_of("lib/git/x.cpp", text)))
        self.assertFalse(list(include_graph.problems_of("daemon/cvat/x.cpp", text)))

    def test_a_library_behind_its_door_is_found(self):
        text = "// SPDX-License-Identifier: MIT\n#include <boost/beast/core.hpp>\n"
        self.assertTrue(list(include_graph.problems_of("lib/cvat/x.cpp", text)))
        self.assertFalse(list(include_graph.problems_of("lib/http/x.cpp", text)))

    def test_an_unknown_room_and_a_long_file_are_found(self):
        self.assertTrue(list(include_graph.problems_of("lib/new/x.cpp", "// SPDX-License-Identifier: MIT\n")))
        self.assertTrue(list(include_graph.problems_of("lib/git/x.cpp", "// SPDX-License-Identifier: MIT\n" + "\n" * 400)))

    def test_the_tree_is_clean(self):
        top = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
        for path in include_graph.sources(top):
            with open(os.path.join(top, path), encoding="utf-8") as file, self.subTest(path):
                self.assertEqual(list(include_graph.problems_of(path, file.read())), [])


if __name__ == "__main__":
    unittest.main()
