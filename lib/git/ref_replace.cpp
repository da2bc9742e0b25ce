// SPDX-License-Identifier: MIT
// Many refs in one step, by one rewrite of packed-refs.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "lib/git/ref_lock.hpp"
#include "lib/git/ref_store.hpp"

namespace autobackup::git {
namespace {

// What is to become of the loose files of the changed refs.
struct Loose {
    fs::path file;
    std::string name;
    bool deleted = false;
    std::optional<RefLock> lock;
};

/// "refs/a" and "refs/a/b" cannot both be: one would be the directory of the other.
Result<void> check_apart(const std::map<std::string, Oid>& all, const std::string& name) {
    const auto clash = [&name](const std::string& other) {
        return fail(Errc::io_error, "set", name, "the ref " + other + " is in the way: one would be the directory of the other");
    };
    const auto below = all.lower_bound(name + "/");
    if (below != all.end() && below->first.starts_with(name + "/")) return clash(below->first);
    for (std::size_t slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1)) {
        if (all.contains(name.substr(0, slash))) return clash(name.substr(0, slash));
    }
    return {};
}

}  // namespace

Result<void> RefStore::check_final(const std::vector<RefChange>& changes) const {
    const auto is_new = [](const RefChange& change) { return !change.expected && !change.target.is_zero(); };
    if (std::none_of(changes.begin(), changes.end(), is_new)) return {};
    const Result<std::vector<std::pair<std::string, Oid>>> now = list("refs/");
    if (!now) return now.error();
    std::map<std::string, Oid> all(now->begin(), now->end());
    for (const RefChange& change : changes) {
        if (change.target.is_zero()) {
            all.erase(change.ref);
        } else {
            all.insert_or_assign(change.ref, change.target);
        }
    }
    for (const RefChange& change : changes) {
        const Result<void> apart = is_new(change) ? check_apart(all, change.ref) : Result<void>();
        if (!apart) return apart;
    }
    return {};
}

Result<void> RefStore::replace(const std::vector<RefChange>& changes, const Peel& peel) {
    if (changes.empty()) return {};
    Result<RefLock> lock = RefLock::acquire(root_, root_ / "packed-refs");
    if (!lock) return lock.error();
    std::vector<Loose> loose;
    for (const RefChange& change : changes) {
        struct stat status {};
        const fs::path file = file_of(change.ref);
        const bool is_loose = ::lstat(file.c_str(), &status) == 0 && !S_ISDIR(status.st_mode);
        if (is_loose) {
            Result<RefLock> held = RefLock::acquire(root_, file);
            if (!held) return held.error();
            loose.push_back(Loose{file, change.ref, change.target.is_zero(), std::move(*held)});
        }
        const Result<void> expected = check_expected(change);
        if (!expected) return expected;
    }
    const Result<void> possible = check_final(changes);
    if (!possible) return possible;
    const Result<const PackedRefs*> before = packed();
    if (!before) return before.error();
    PackedRefs refs = **before;
    if (!fully_peeled_) {
        for (auto& [name, ref] : refs) ref.peeled = peel(ref.oid);
    }
    for (const RefChange& change : changes) {
        if (change.target.is_zero()) {
            refs.erase(change.ref);
            continue;
        }
        PackedRef ref;
        ref.oid = change.target;
        ref.peeled = peel(change.target);
        refs.insert_or_assign(change.ref, ref);
    }
    const Result<void> written = lock->commit(packed_text(refs));
    if (!written) return written;
    // A loose file hides what packed-refs says: it goes last.
    std::set<fs::path> folders;
    for (const Loose& one : loose) {
        if (::unlink(one.file.c_str()) != 0 && errno != ENOENT) return fail_errno(errno, "delete", one.file.string());
        if (one.deleted) remove_quietly(root_ / "logs" / one.name);
        folders.insert(one.file.parent_path());
    }
    for (const fs::path& folder : folders) {
        const Result<void> synced = sync_directory(folder);
        if (!synced) return synced;
    }
    for (Loose& one : loose) {
        one.lock.reset();
        remove_empty_parents(one.file, root_ / "refs");
    }
    return {};
}

Result<void> RefStore::detach_head(const Oid& commit) {
    Result<RefLock> lock = RefLock::acquire(root_, root_ / "HEAD");
    if (!lock) return lock.error();
    return lock->commit(commit.hex() + "\n");
}

Result<std::optional<std::string>> RefStore::head_target() const {
    const Result<std::optional<RefValue>> head = read_loose("HEAD");
    if (!head) return head.error();
    if (!head->has_value() || (*head)->symbolic.empty()) return std::optional<std::string>();
    return std::optional<std::string>((*head)->symbolic);
}

}  // namespace autobackup::git
