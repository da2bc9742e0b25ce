// SPDX-License-Identifier: MIT
// The side file: what CVAT's backup leaves out. Stable: ordered by id, nothing that moves by itself, no secrets. Pure.
#pragma once

#include <optional>
#include <string>

#include "daemon/cvat/side_lists.hpp"
#include "daemon/cvat/view.hpp"

namespace autobackup::cvat_job {

/// ids, owners, assignees, organisation, guides, storages, job stages and states from the view; issues with their comments, webhooks, quality
/// settings, and the roles of the people who are named, from `lists`. A key whose list is not shown is absent. One task a line.
std::string details_text(const ProjectView& view, const std::string& workspace, const SideLists& lists);
std::string details_text(const TaskView& view, const std::string& workspace, const SideLists& lists);

/// The side file as it should be now; nullopt: the job keeps none, or a list could not be asked for, so that the one that is held stays.
template <class View>
std::optional<std::string> side_file(const Context& context, const View& view, const std::string& workspace) {
    const auto lists = context.side.find(workspace);
    if (!context.source.details || lists == context.side.end() || lists->second.failed) return std::nullopt;
    return details_text(view, workspace, lists->second);
}

/// A webhook's URL without what may be its secret: user-info, query, fragment, and parts of the path of 16 characters or more.
std::string url_without_secrets(std::string_view url);

}  // namespace autobackup::cvat_job
