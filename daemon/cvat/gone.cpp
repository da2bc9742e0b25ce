// SPDX-License-Identifier: MIT
#include "daemon/cvat/gone.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "daemon/cvat/identity.hpp"
#include "daemon/vault/item_id.hpp"

namespace autobackup::cvat_job {
namespace {

namespace json = boost::json;

// Whether the job would select it by the name that it had last; of a task nobody knows any more whether it was in a project.
bool selected(const config::Selection& selection, const state::ItemState& state) {
    const std::optional<vault::ItemId> item = vault::item_of_key(state.item);
    const std::vector<Candidate> alone{Candidate{item ? item->id : 0, state.name, false, false}};
    return !choose(selection, alone).indices.empty();
}

}  // namespace

std::string to_text(const Doubted& doubted) {
    json::array keys;
    for (const std::string& key : doubted) keys.emplace_back(json::string(key));
    return json::serialize(keys);
}

Doubted parse_doubted(const std::string& text) {
    Doubted doubted;
    boost::system::error_code error;
    const json::value value = json::parse(text, error);
    if (error || !value.is_array()) return doubted;
    for (const json::value& one : value.get_array()) {
        if (one.is_string()) doubted.insert(std::string(one.get_string()));
    }
    return doubted;
}

Missing find_missing(cvat::Kind kind, const std::vector<Candidate>& listed, const config::Selection& selection, const KnownItems& known,
                     const Doubted& doubted, bool accept) {
    const std::string prefix = std::string(cvat::name(kind)) + "-";
    std::set<std::string> there;
    for (const Candidate& one : listed) there.insert(prefix + std::to_string(one.id));
    Missing missing;
    bool one_left = false, one_lost = false;
    for (const auto& [key, state] : known) {
        if (!key.starts_with(prefix) || state.gone) continue;
        const bool wanted = selected(selection, state);
        if (there.contains(key)) {
            one_left = one_left || wanted;
            continue;
        }
        one_lost = one_lost || (wanted && !doubted.contains(key));
        missing.gone.push_back(&state);
    }
    if (accept && !listed.empty()) return missing;
    missing.at_once = listed.empty() || (one_lost && !one_left);
    const auto in_doubt = [&](const state::ItemState* state) { return missing.at_once || doubted.contains(state->item); };
    for (const state::ItemState* state : missing.gone) {
        if (in_doubt(state)) missing.doubted.insert(state->item);
    }
    std::erase_if(missing.gone, in_doubt);
    return missing;
}

}  // namespace autobackup::cvat_job
