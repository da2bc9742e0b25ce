// SPDX-License-Identifier: MIT
#include "daemon/cvat/standing.hpp"

#include <boost/json.hpp>

namespace autobackup::cvat_job {
namespace {

namespace json = boost::json;
using model::ItemOutcome;

json::object kept(const model::Item& item, const ItemEnd* end) {
    const bool skipped = item.outcome == ItemOutcome::skipped;
    json::object object{{"kind", item.kind}, {"id", item.id}, {"name", item.name}, {"skipped", skipped}};
    if (skipped) object["reason"] = item.reason;
    if (item.tasks) object["tasks"] = json::array{item.tasks->total, item.tasks->skipped};
    if (end != nullptr) object["warnings"] = json::value_from(end->standing);
    return object;
}

// Throws when a key is missing or of another type.
model::Item told(const json::object& object, double duration_s) {
    model::Item item;
    item.kind = json::value_to<std::string>(object.at("kind"));
    item.id = object.at("id").to_number<std::int64_t>();
    item.name = json::value_to<std::string>(object.at("name"));
    item.outcome = object.at("skipped").as_bool() ? ItemOutcome::skipped : ItemOutcome::unchanged;
    if (item.outcome == ItemOutcome::skipped) item.reason = json::value_to<std::string>(object.at("reason"));
    if (const json::value* counts = object.if_contains("tasks")) {
        model::TaskCounts tasks;
        tasks.total = counts->as_array().at(0).to_number<std::int64_t>();
        tasks.skipped = counts->as_array().at(1).to_number<std::int64_t>();
        tasks.kept = tasks.total - tasks.skipped;
        item.tasks = tasks;
    }
    if (const json::value* warnings = object.if_contains("warnings")) {
        item.warnings = json::value_to<std::vector<std::string>>(*warnings);
    }
    model::Stage stage;
    stage.stage = "inspect";
    stage.duration_s = duration_s;
    item.stages.push_back(std::move(stage));
    return item;
}

}  // namespace

std::string standing_text(const std::vector<model::Item>& items, const std::vector<ItemEnd>& ends,
                          const std::vector<std::string>& warnings) {
    json::array list;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (items[i].outcome != ItemOutcome::gone) list.push_back(kept(items[i], i < ends.size() ? &ends[i] : nullptr));
    }
    return json::serialize(json::object{{"items", std::move(list)}, {"warnings", json::value_from(warnings)}});
}

bool tell_standing(const std::string& text, double duration_s, model::Run& run) {
    std::vector<model::Item> items;
    std::vector<std::string> warnings;
    try {
        const json::value held = json::parse(text);
        for (const json::value& one : held.as_object().at("items").as_array()) items.push_back(told(one.as_object(), duration_s));
        warnings = json::value_to<std::vector<std::string>>(held.as_object().at("warnings"));
    } catch (const std::exception&) {
        return false;  // of another version, or damaged: a full look tells it all anew
    }
    run.items = std::move(items);
    run.warnings.insert(run.warnings.end(), warnings.begin(), warnings.end());
    return true;
}

}  // namespace autobackup::cvat_job
