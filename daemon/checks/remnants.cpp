// SPDX-License-Identifier: MIT
#include "daemon/checks/remnants.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "lib/core/json_fields.hpp"
#include "lib/core/text.hpp"

namespace autobackup::checks {
namespace {

namespace json = boost::json;

constexpr const char* key = "drill_remnants";  // of the state

json::object to_json(const Remnant& remnant) {
    json::object object{{"url", remnant.url},   {"server", remnant.server}, {"organization", remnant.organization}, {"kind", cvat::name(remnant.kind)},
                        {"name", remnant.name}, {"id", remnant.id},         {"noted", rfc3339(remnant.noted)}};
    if (remnant.created != Instant()) object["created"] = rfc3339(remnant.created);
    return object;
}

}  // namespace

std::string words_of(const Remnant& remnant) {
    const std::string number = remnant.id == 0 ? std::string() : std::to_string(remnant.id) + " ";
    return std::string(cvat::name(remnant.kind)) + " " + number + "\"" + one_line(remnant.name) + "\" of " + one_line(remnant.server);
}

std::string to_text(const std::vector<Remnant>& remnants) {
    json::array array;
    for (const Remnant& one : remnants) array.push_back(to_json(one));
    return json::serialize(array);
}

std::vector<Remnant> parse_remnants(const std::string& text) {
    std::vector<Remnant> all;
    boost::system::error_code error;
    const json::value value = json::parse(text, error);
    if (error || !value.is_array()) return all;
    for (const json::value& one : value.get_array()) {
        JsonFields fields(one, "the remnant");
        Remnant remnant;
        remnant.url = fields.text("url");
        remnant.server = fields.text("server");
        remnant.organization = fields.maybe_text("organization");
        remnant.kind = fields.text("kind") == "task" ? cvat::Kind::task : cvat::Kind::project;
        remnant.name = fields.text("name");
        remnant.id = fields.integer("id");
        remnant.noted = fields.time("noted");
        remnant.created = fields.maybe_time("created").value_or(Instant());
        if (fields.problem().empty() && !remnant.name.empty()) all.push_back(std::move(remnant));
    }
    return all;
}

Result<Remnants> Remnants::load(std::shared_ptr<state::Store> store, std::string job) {
    Remnants remnants(std::move(store), std::move(job));
    const Result<std::optional<std::string>> text = remnants.store_->value(remnants.job_, key);
    if (!text) return text.error();
    remnants.all_ = parse_remnants(text->value_or("[]"));
    return remnants;
}

Result<void> Remnants::add(Remnant remnant) {
    all_.push_back(std::move(remnant));
    return save();
}

Result<void> Remnants::know(const std::string& url, const std::string& name, std::int64_t id, Instant created) {
    const auto is_it = [&](const Remnant& one) { return one.url == url && one.name == name && one.id == 0; };
    const auto found = std::find_if(all_.begin(), all_.end(), is_it);
    if (found == all_.end()) return {};
    found->id = id;
    found->created = created;
    return save();
}

Result<void> Remnants::forget(const Remnant& remnant) {
    const auto found = std::find(all_.begin(), all_.end(), remnant);
    if (found == all_.end()) return {};
    all_.erase(found);
    return save();
}

Result<void> Remnants::save() { return store_->set_value(job_, key, to_text(all_)); }

}  // namespace autobackup::checks
