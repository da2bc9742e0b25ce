// SPDX-License-Identifier: MIT
#include "daemon/config/load.hpp"

#include <algorithm>

#include "daemon/config/build.hpp"
#include "daemon/config/merge.hpp"
#include "lib/yaml/reader.hpp"

namespace autobackup::config {
namespace {

// FILE, then conf.d/*.yaml beside it.
std::vector<fs::path> files_of(const fs::path& file, Problems& problems) {
    std::vector<fs::path> parts;
    const fs::path directory = (file.has_parent_path() ? file.parent_path() : fs::path(".")) / "conf.d";
    std::error_code error;
    if (fs::is_directory(directory, error)) {
        fs::directory_iterator entries(directory, error);
        for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
            const fs::path& path = entries->path();
            if (path.extension() == ".yaml" && !path.filename().string().starts_with('.'))
                parts.push_back(path);
        }
        if (error) {
            problems.add(yaml::Place{directory.string(), 0, 0}, std::string(),
                         "cannot be read: " + error.message());
        }
    }
    std::sort(parts.begin(), parts.end());
    parts.insert(parts.begin(), file);
    return parts;
}

// Checked documents; `whole` turns false when one of them is missing from the picture.
std::vector<yaml::NodePtr> read_files(const fs::path& file, Problems& problems, bool& whole) {
    std::vector<yaml::NodePtr> roots;
    for (const fs::path& path : files_of(file, problems)) {
        const yaml::Document document = yaml::read(path);
        for (const yaml::Issue& issue : document.issues) problems.add(issue.place, issue.path, issue.message);
        if (!document.root) {
            whole = false;
            continue;
        }
        check_mapping(*document.root, key_tree(), std::string(), problems);
        roots.push_back(document.root);
    }
    return roots;
}

}  // namespace

Loaded load(const fs::path& file, const LoadOptions& options) {
    Problems problems;
    Problems warnings;
    bool whole = true;
    const std::vector<yaml::NodePtr> roots = read_files(file, problems, whole);
    Loaded loaded;
    const yaml::NodePtr merged = merge_files(roots, problems);
    if (whole) {
        const yaml::NodePtr root = with_inherited(*merged, options);
        Config config = build_config(*root, problems, warnings);
        if (config.jobs.empty()) warnings.add(yaml::Place{file.string(), 0, 0}, "jobs", "there is no job");
        loaded.warnings = warnings.sorted();
        if (problems.empty()) {
            for (const Problem& warning : loaded.warnings) config.warnings.push_back(describe(warning));
            loaded.config = std::move(config);
            loaded.origins = collect_origins(*root);
        }
    }
    loaded.problems = problems.sorted();
    return loaded;
}

}  // namespace autobackup::config
