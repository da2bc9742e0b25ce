// SPDX-License-Identifier: MIT
#include "daemon/runner/spool.hpp"

#include <algorithm>
#include <set>
#include <string>

#include "daemon/state/lock.hpp"
#include "lib/remote/run_folder.hpp"

namespace autobackup::runner {
namespace {

namespace fs = std::filesystem;

void add_jobs_in(const fs::path& directory, std::set<std::string>& jobs) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(directory, ignored)) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with(".") && entry.is_directory(ignored)) jobs.insert(name);
    }
}

}  // namespace

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

void clean_spools(const std::filesystem::path& storage, state::Store& store) {
    const fs::path spool = storage / "spool", repairs = spool / ".repair", archives = storage / "archives";
    std::set<std::string> jobs;
    for (const fs::path& place : {spool, repairs, archives}) add_jobs_in(place, jobs);
    for (const std::string& job : jobs) {
        const Result<state::JobLock> lock = state::JobLock::acquire(storage, job);
        if (!lock) continue;
        const Result<std::vector<state::PendingExport>> pending = store.exports(job);
        if (!pending) continue;  // nothing says what is still wanted: the job's next run does, or fails
        clean_spool(spool / job, *pending);
        clean_archives(archives / job);
        std::error_code ignored;
        fs::remove_all(repairs / job, ignored);
    }
    remote::sweep_run_folders(spool / ".ssh");
}

}  // namespace autobackup::runner
