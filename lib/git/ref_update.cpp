// SPDX-License-Identifier: MIT
// Changing refs. The order is always: log, then the ref itself, each fsynced.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "lib/core/instant.hpp"
#include "lib/core/text.hpp"
#include "lib/git/ref_lock.hpp"
#include "lib/git/ref_store.hpp"

namespace autobackup::git {

namespace {

constexpr std::size_t few_refs = 16;  // so many refs are set one by one rather than by rewriting packed-refs

Failure in_the_way(const std::string& name, const std::string& other) {
    return fail(Errc::io_error, "set", name,
                "the ref " + other + " is in the way: one would be the directory of the other");
}

/// Removes directories without any file in them.
void remove_empty_tree(const fs::path& folder) {
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        std::error_code ignored;
        if (entry->is_directory(ignored)) remove_empty_tree(entry->path());
    }
    ::rmdir(folder.c_str());
}

bool is_file(const fs::path& path) {
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0 && !S_ISDIR(status.st_mode);
}

/// A file where a directory of this path should be; empty when there is none.
std::string file_above(const fs::path& root, const std::string& name) {
    for (std::size_t slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1)) {
        if (is_file(root / name.substr(0, slash))) return name.substr(0, slash);
    }
    return {};
}

/// Of refs that are set together.
struct NamesOfBatch {
    std::set<std::string, std::less<>> names;
    [[nodiscard]] bool contains(const std::string& name) const { return names.contains(name); }
    [[nodiscard]] std::string_view first_below(const std::string& prefix) const {
        const auto first = names.lower_bound(prefix);
        return first != names.end() && first->starts_with(prefix) ? std::string_view(*first) : std::string_view();
    }
};

}  // namespace

void remove_empty_parents(const fs::path& file, const fs::path& stop) {
    for (fs::path folder = file.parent_path(); folder.parent_path() != stop && folder != stop;
         folder = folder.parent_path()) {
        if (::rmdir(folder.c_str()) != 0) return;
    }
}

Result<void> RefStore::check_expected(const RefChange& change) const {
    if (!is_safe_ref_name(change.ref))
        return fail(Errc::internal, "set", change.ref, "this is not the name of a ref");
    const Result<std::optional<Oid>> stands_at = resolve(change.ref);
    if (!stands_at) return stands_at.error();
    if (*stands_at == change.expected) return {};
    const auto words = [](const std::optional<Oid>& oid) {
        return oid ? "at " + oid->hex() : std::string("nowhere");
    };
    return fail(Errc::remote_moved, "set", change.ref + " in " + root_.string(),
                "it stands " + words(*stands_at) + ", not " + words(change.expected) + " as expected");
}

Result<void> RefStore::check_room(const std::string& name, const PackedRefs& packed_refs) const {
    const std::string other = name_in_the_way(name, packed_refs);
    if (!other.empty()) return in_the_way(name, other);
    if (const std::string above = file_above(root_, name); !above.empty()) return in_the_way(name, above);
    const fs::path file = file_of(name);
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) return {};
    remove_empty_tree(file);
    if (::stat(file.c_str(), &status) == 0) return in_the_way(name, name + "/…");
    return {};
}

Result<void> RefStore::append_log(const std::string& name, const Oid& before, const Oid& after,
                                  const std::string& message) const {
    // As git's own default: branches have logs.
    if (!name.starts_with(branch_prefix)) return {};
    const std::string log_name = "logs/" + name;
    const fs::path file = root_ / log_name;
    // A log in the way belongs to a ref that is gone (check_room has seen to that): it goes too.
    if (const std::string above = file_above(root_, log_name); !above.empty()) remove_quietly(root_ / above);
    if (!is_file(file)) remove_empty_tree(file);
    const Result<void> folders = make_directories_durably(file.parent_path());
    if (!folders) return folders;
    const Result<FileDescriptor> log = open_file(file, O_WRONLY | O_APPEND | O_CREAT, 0640);
    if (!log) return log.error();
    if (::fchmod(log->get(), 0640) != 0) return fail_errno(errno, "chmod", file.string());
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now().time_since_epoch()).count();
    const std::string line = before.hex() + " " + after.hex() + " autobackupd <autobackupd@localhost> " +
                             std::to_string(seconds) + " +0000\t" + one_line(message) + "\n";
    const Result<void> written = write_all(log->get(), std::string_view(line), file);
    if (!written) return written;
    return sync_file(log->get(), file);
}

Result<void> RefStore::set(const RefChange& change, const std::string& message) {
    if (!is_safe_ref_name(change.ref))
        return fail(Errc::internal, "set", change.ref, "this is not the name of a ref");
    const Result<const PackedRefs*> packed_refs = packed();
    if (!packed_refs) return packed_refs.error();
    const Result<void> room = check_room(change.ref, **packed_refs);
    if (!room) return room;
    Result<RefLock> lock = RefLock::acquire(root_, file_of(change.ref));
    if (!lock) return lock.error();
    const Result<void> expected = check_expected(change);
    if (!expected) return expected;
    if (change.expected == change.target) return {};
    const Result<void> logged =
        append_log(change.ref, change.expected.value_or(Oid()), change.target, message);
    if (!logged) return logged;
    return lock->commit(change.target.hex() + "\n");
}

Result<void> RefStore::set_many(const std::vector<RefChange>& changes, const std::string& message,
                                const PeelTag& peel) {
    if (changes.size() > few_refs) {  // they are looked up in the rows that are read here
        const Result<const PackedRefs*> packed_refs = packed();
        if (!packed_refs) return packed_refs.error();
    }
    std::vector<RefChange> one_by_one;
    std::vector<RefChange> together;
    for (const RefChange& change : changes) {
        const Result<void> expected = check_expected(change);
        if (!expected) return expected;
        // A loose file hides what packed-refs says.
        const bool alone = changes.size() <= few_refs || is_file(file_of(change.ref));
        (alone ? one_by_one : together).push_back(change);
    }
    if (!together.empty()) {
        const Result<void> set_together = set_packed(together, peel);
        if (!set_together) return set_together;
    }
    for (const RefChange& change : one_by_one) {
        const Result<void> set_alone = set(change, message);
        if (!set_alone) return set_alone;
    }
    return {};
}

Result<void> RefStore::set_packed(const std::vector<RefChange>& changes, const PeelTag& peel) {
    Result<RefLock> lock = RefLock::acquire(root_, root_ / "packed-refs");
    if (!lock) return lock.error();
    const Result<const PackedRefs*> before = packed();
    if (!before) return before.error();
    NamesOfBatch placed;
    for (const RefChange& change : changes) {
        const Result<void> expected = check_expected(change);
        if (!expected) return expected;
        const Result<void> room = check_room(change.ref, **before);
        if (!room) return room;
        const std::string other = name_in_the_way(change.ref, placed);
        if (!other.empty()) return in_the_way(change.ref, other);
        placed.names.insert(change.ref);
    }
    return lock->commit((*before)->with(changes, peel));
}

Result<void> RefStore::remove_packed(const std::string& name) {
    Result<RefLock> lock = RefLock::acquire(root_, root_ / "packed-refs");
    if (!lock) return lock.error();
    const Result<std::string> text = read_file(root_ / "packed-refs", std::size_t{1} << 30);
    if (!text) return text.error();
    std::string kept;
    bool dropping = false;
    for (const std::string_view line : split(*text, '\n')) {
        if (line.empty()) continue;
        // A "^" row belongs to the row above it.
        if (line.front() != '^')
            dropping = line.size() > 41 && line.substr(41) == name && line.front() != '#';
        if (!dropping) kept.append(line).append("\n");
    }
    return lock->commit(kept);
}

Result<void> RefStore::remove(const std::string& name) {
    if (!is_safe_ref_name(name)) return fail(Errc::internal, "delete", name, "this is not the name of a ref");
    const Result<const PackedRefs*> packed_refs = packed();
    if (!packed_refs) return packed_refs.error();
    const fs::path file = file_of(name);
    const bool is_packed = (*packed_refs)->find(name) != nullptr;
    if (!is_packed && !is_file(file)) return {};
    {
        const Result<RefLock> lock = RefLock::acquire(root_, file);
        if (!lock) return lock.error();
        // The packed value first: otherwise an older value would come back for a moment.
        const Result<void> unpacked = is_packed ? remove_packed(name) : Result<void>();
        if (!unpacked) return unpacked;
        if (::unlink(file.c_str()) != 0 && errno != ENOENT) return fail_errno(errno, "delete", file.string());
        const Result<void> synced = sync_directory(file.parent_path());
        if (!synced) return synced;
        remove_quietly(root_ / "logs" / name);
    }
    remove_empty_parents(file, root_ / "refs");
    remove_empty_parents(root_ / "logs" / name, root_ / "logs" / "refs");
    return {};
}

Result<void> RefStore::set_head(const std::string& branch) {
    const std::string name = branch_ref(branch);
    if (!is_safe_ref_name(name))
        return fail(Errc::config_invalid, "set HEAD of " + root_.string(), branch,
                    "this is not the name of a branch");
    Result<RefLock> lock = RefLock::acquire(root_, root_ / "HEAD");
    if (!lock) return lock.error();
    return lock->commit("ref: " + name + "\n");
}

}  // namespace autobackup::git
