// SPDX-License-Identifier: MIT
#include "daemon/restore/member_order.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <tuple>

namespace autobackup::restore {
namespace {

// -1: not below a task of a project.
long task_number(std::string_view& name) {
    if (!name.starts_with("task_")) return -1;
    const std::string_view rest = name.substr(5);
    long number = -1;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (error != std::errc() || end == rest.data() + rest.size() || *end != '/') return -1;
    name = rest.substr(static_cast<std::size_t>(end - rest.data()) + 1);
    return number;
}

int rank_in_task(std::string_view name) {
    if (name.starts_with("data/")) return 0;
    if (name == "task.json") return 1;
    if (name == "annotations.json") return 2;
    if (name.starts_with("assets/")) return 3;
    return name == "annotation_guide.md" ? 4 : 5;
}

int rank_in_project(std::string_view name) {
    if (name.starts_with("assets/")) return 0;
    if (name == "annotation_guide.md") return 1;
    return name == "project.json" ? 2 : 3;
}

}  // namespace

void sort_as_server(std::vector<std::string>& names) {
    const bool project = std::find(names.begin(), names.end(), "project.json") != names.end();
    const auto rank = [project](std::string_view name) {
        const long task = task_number(name);
        return std::tuple(task, project && task < 0 ? rank_in_project(name) : rank_in_task(name), name);
    };
    std::sort(names.begin(), names.end(), [&](const std::string& a, const std::string& b) { return rank(a) < rank(b); });
}

}  // namespace autobackup::restore
