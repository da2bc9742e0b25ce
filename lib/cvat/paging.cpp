// SPDX-License-Identifier: MIT
#include "lib/cvat/paging.hpp"

#include "lib/cvat/fields.hpp"
#include "lib/cvat/wire.hpp"

namespace autobackup::cvat {

namespace json = boost::json;

namespace {

std::string key_of(const json::value& item) {
    if (const auto* object = item.if_object()) {
        if (const auto* id = object->if_contains("id")) return json::serialize(*id);
    }
    return json::serialize(item);
}

bool has_parameter(std::string_view path_and_query, std::string_view name) {
    const auto question = path_and_query.find('?');
    if (question == std::string_view::npos) return false;
    const std::string query = "&" + std::string(path_and_query.substr(question + 1));
    return query.find("&" + std::string(name) + "=") != std::string::npos;
}

}  // namespace

std::string with_page_size(std::string_view path_and_query, std::string_view page_size) {
    std::string out(path_and_query);
    const auto add = [&out](std::string_view name, std::string_view value) {
        if (has_parameter(out, name)) return;
        out += out.find('?') == std::string::npos ? '?' : '&';
        out.append(name).append("=").append(value);
    };
    add("page_size", page_size);
    add("sort", "id");
    return out;
}

PageCollector::Next PageCollector::broken(std::string problem) {
    problem_ = std::move(problem);
    return Next::broken;
}

std::size_t PageCollector::add(const json::array& results) {
    std::size_t added = 0;
    for (const auto& item : results) {
        if (!seen_.insert(key_of(item)).second) continue;
        items_.push_back(item);
        ++added;
    }
    return added;
}

PageCollector::Next PageCollector::take(const json::value& page) {
    if (const auto* bare = page.if_array()) {
        add(*bare);
        return Next::done;
    }
    const Fields fields(page, "the list");
    if (!fields.problem().empty()) return broken(fields.problem());
    const json::value* results = fields.find("results");
    if (!results || !results->is_array()) return broken("the list lacks the key results");
    const auto count = fields.maybe_integer("count");
    if (count_ && count && *count != *count_) return Next::moved;
    if (!count_) count_ = count;
    const std::size_t added = add(results->get_array());
    const std::string next = fields.maybe_text("next");
    if (next.empty()) {
        // A vanished object pulls a later one onto the page that was read before: then one is missing here.
        const bool whole = !count_ || *count_ == static_cast<std::int64_t>(items_.size());
        return whole ? Next::done : Next::moved;
    }
    if (added == 0) return Next::moved;  // a `next` that brings nothing new would never end
    const auto path = rebased(next, base_path_);
    if (!path) return broken("the list has a `next` that is no URL");
    next_path_ = *path;
    return Next::more;
}

}  // namespace autobackup::cvat
