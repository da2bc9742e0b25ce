// SPDX-License-Identifier: MIT
#include "daemon/checks/scratch.hpp"

#include <array>
#include <utility>

#include "lib/core/file.hpp"

namespace autobackup::checks {
namespace {

namespace fs = std::filesystem;

constexpr std::array kinds{"drill", "spot"};

fs::path folder_of(const fs::path& storage, const std::string& kind) { return storage / "spool" / ("." + kind); }
// No job has a colon in its name.
std::string lock_name(const std::string& kind, const std::string& job) { return kind + ":" + job; }

void clear(const fs::path& path) {
    std::error_code ignored;
    fs::remove_all(path, ignored);
}

}  // namespace

Result<Scratch> Scratch::make(const fs::path& storage, const std::string& kind, const std::string& job) {
    Result<state::JobLock> lock = state::JobLock::acquire(storage, lock_name(kind, job));
    if (!lock) return lock.error();
    const fs::path path = folder_of(storage, kind) / job;
    clear(path);
    const Result<void> made = make_directories(path, 0700);
    if (!made) return made.error();
    return Scratch(std::move(*lock), path);
}

Scratch::Scratch(Scratch&& other) noexcept : lock_(std::move(other.lock_)), path_(std::exchange(other.path_, {})) {}

Scratch::~Scratch() {
    if (!path_.empty()) clear(path_);
}

void sweep_scratch(const fs::path& storage) {
    std::error_code ignored;
    for (const char* kind : kinds) {
        for (const auto& entry : fs::directory_iterator(folder_of(storage, kind), ignored)) {
            const Result<state::JobLock> lock = state::JobLock::acquire(storage, lock_name(kind, entry.path().filename().string()));
            if (lock) clear(entry.path());
        }
    }
}

}  // namespace autobackup::checks
