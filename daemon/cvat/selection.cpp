// SPDX-License-Identifier: MIT
#include "daemon/cvat/selection.hpp"

#include <algorithm>
#include <charconv>

#include "lib/core/text.hpp"

namespace autobackup::cvat_job {
namespace {

bool matches(const std::string& entry, const Candidate& candidate) {
    if (id_of(entry) == candidate.id) return true;
    if (entry == candidate.name) return true;
    return is_glob(entry) && glob_match(entry, candidate.name);
}

bool in_base(const config::Selection& selection, const Candidate& candidate) {
    using Base = config::Selection::Base;
    switch (selection.base) {
        case Base::all: return !candidate.of_drill;
        case Base::none: return false;
        case Base::unassigned: return !candidate.in_project && !candidate.of_drill;
        case Base::listed: break;
    }
    const auto wants = [&](const std::string& entry) { return matches(entry, candidate) && (!candidate.of_drill || !is_glob(entry)); };
    return std::any_of(selection.include.begin(), selection.include.end(), wants);
}

}  // namespace

std::optional<std::int64_t> id_of(std::string_view entry) {
    std::int64_t id = 0;
    const auto [end, error] = std::from_chars(entry.data(), entry.data() + entry.size(), id);
    if (error != std::errc() || end != entry.data() + entry.size() || id < 0) return std::nullopt;
    return id;
}

Chosen choose(const config::Selection& selection, const std::vector<Candidate>& candidates) {
    Chosen chosen;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        const bool excluded = std::any_of(selection.exclude.begin(), selection.exclude.end(),
                                          [&](const std::string& entry) { return matches(entry, candidates[i]); });
        if (!excluded && in_base(selection, candidates[i])) chosen.indices.push_back(i);
    }
    if (selection.base != config::Selection::Base::listed) return chosen;
    for (const std::string& entry : selection.include) {
        const bool found = std::any_of(candidates.begin(), candidates.end(), [&](const Candidate& c) { return matches(entry, c); });
        if (!found) (is_glob(entry) ? chosen.unmatched_globs : chosen.unmatched).push_back(entry);
    }
    return chosen;
}

bool entry_matches(const std::string& entry, const Candidate& candidate, const std::string& kind) {
    for (const char* prefix : {"project:", "task:"}) {
        if (!entry.starts_with(prefix)) continue;
        return entry.starts_with(kind) && matches(entry.substr(std::string(prefix).size()), candidate);
    }
    return matches(entry, candidate);
}

bool open_ended(const config::Selection& selection) {
    using Base = config::Selection::Base;
    if (selection.base == Base::all || selection.base == Base::unassigned) return true;
    return selection.base == Base::listed && std::any_of(selection.include.begin(), selection.include.end(), is_glob);
}

}  // namespace autobackup::cvat_job
