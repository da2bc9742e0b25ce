// SPDX-License-Identifier: MIT
// Which of the listed objects a job wants. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/model/config.hpp"

namespace autobackup::cvat_job {

struct Candidate {
    std::int64_t id = 0;
    std::string name;
    bool in_project = false;  ///< of a task
    bool of_drill = false;    ///< restored there on trial, for a while: only who names it means it (no `all`, no glob)
};

struct Chosen {
    std::vector<std::size_t> indices;    ///< into the candidates, in their order, each once
    std::vector<std::string> unmatched;  ///< ids and names that match nothing: failed items
    std::vector<std::string> unmatched_globs;  ///< warnings
};

/// An entry that is a whole number is an id (or, when no object has that id, a name); one with * ? [ is a glob over names; anything else
/// an exact name. Excludes win. Names are not unique on a server: all of that name are chosen.
Chosen choose(const config::Selection& selection, const std::vector<Candidate>& candidates);

/// The id that an entry is; nothing when it is no whole number.
std::optional<std::int64_t> id_of(std::string_view entry);

/// Whether `entry` names this object: as in choose(), and also "project:12"/"task:7" with `kind` "project"/"task" (--only).
bool entry_matches(const std::string& entry, const Candidate& candidate, const std::string& kind);

/// Whether everything is wanted that the server has, so that what is missing in the listing has gone there.
bool open_ended(const config::Selection& selection);

}  // namespace autobackup::cvat_job
