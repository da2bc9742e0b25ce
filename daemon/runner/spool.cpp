// SPDX-License-Identifier: MIT
#include "daemon/runner/spool.hpp"

#include <algorithm>
#include <string>

namespace autobackup::runner {

void clean_spool(const std::filesystem::path& spool, const std::vector<state::PendingExport>& pending) {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(spool, ignored)) {
        const std::string name = entry.path().filename().string();
        const bool wanted = std::any_of(pending.begin(), pending.end(), [&](const state::PendingExport& one) {
            return !one.spool_file.empty() && (name == one.spool_file || name.starts_with(one.spool_file + "."));
        });
        if (!wanted) std::filesystem::remove_all(entry.path(), ignored);
    }
}

void clean_archives(const std::filesystem::path& archives) {
    namespace fs = std::filesystem;
    std::error_code ignored;
    for (const auto& item : fs::directory_iterator(archives, ignored)) {
        for (const auto& entry : fs::directory_iterator(item.path(), ignored)) {
            const fs::path& path = entry.path();
            const bool half = path.filename().string().starts_with(".") && path.extension() == ".part";
            const bool orphan = path.extension() == ".json" && !fs::exists(fs::path(path).replace_extension(".zip"));
            if (half || orphan) fs::remove(path, ignored);
        }
    }
}

}  // namespace autobackup::runner
