// SPDX-License-Identifier: MIT
#include "lib/git/config_file.hpp"

#include "lib/git/handle.hpp"
#include "lib/git/ref_lock.hpp"
#include "lib/git/repository.hpp"
#include "lib/git/repository_impl.hpp"

namespace autobackup::git {
namespace {

/// Sets what differs; false when nothing did.
Result<bool> edit(const fs::path& file, const ConfigSettings& settings) {
    ConfigHandle config;
    int rc = git_config_open_ondisk(out(config), file.c_str());
    if (rc < 0) return git_failure(rc, "read", file.string());
    bool changed = false;
    for (const auto& [key, value] : settings) {
        git_buf now = GIT_BUF_INIT;
        const int found = git_config_get_string_buf(&now, config.get(), key.c_str());
        const bool same = found == 0 && value == now.ptr;
        git_buf_dispose(&now);
        if (same) continue;
        rc = git_config_set_string(config.get(), key.c_str(), value.c_str());
        if (rc < 0) return git_failure(rc, "set " + key + " in", file.string());
        changed = true;
    }
    return changed;
}

}  // namespace

/// The editing is done on a copy, so that the real file changes in one step, durably, under git's own lock.
Result<void> change_config(const fs::path& root, const ConfigSettings& settings) {
    initialise_library();
    const fs::path file = root / "config";
    Result<RefLock> lock = RefLock::acquire(root, file);
    if (!lock) return lock.error();
    const Result<std::string> text = read_file(file);
    if (!text) return text.error();
    const Result<LockedTemporary> copy = LockedTemporary::create(root, RefLock::temporary_prefix);
    if (!copy) return copy.error();
    const Result<void> copied = write_all(copy->fd(), std::string_view(*text), copy->path());
    if (!copied) return copied;
    const Result<bool> changed = edit(copy->path(), settings);
    if (!changed) return changed.error();
    if (!*changed) return {};
    const Result<std::string> edited = read_file(copy->path());
    if (!edited) return edited.error();
    return lock->commit(*edited);
}

Result<std::optional<std::string>> read_config(const fs::path& root, const std::string& key) {
    initialise_library();
    const fs::path file = root / "config";
    ConfigHandle config;
    const int opened = git_config_open_ondisk(out(config), file.c_str());
    if (opened < 0) return git_failure(opened, "read", file.string());
    git_buf text = GIT_BUF_INIT;
    const int found = git_config_get_string_buf(&text, config.get(), key.c_str());
    std::optional<std::string> value;
    if (found == 0) value = text.ptr;
    git_buf_dispose(&text);
    if (found < 0 && found != GIT_ENOTFOUND) return git_failure(found, "read " + key + " of", file.string());
    return value;
}

Result<void> Repository::configure(const std::vector<std::pair<std::string, std::string>>& settings) {
    for (const auto& [key, value] : settings) {
        const Result<std::optional<std::string>> now = read_config(impl_->path, key);
        if (!now) return now.error();
        if (*now != value) return change_config(impl_->path, settings);
    }
    return {};
}

Result<std::optional<std::string>> Repository::setting(const std::string& key) const {
    return read_config(impl_->path, key);
}

}  // namespace autobackup::git
