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

/// The names of refs as they are to stand: those of the files but for `changes`, and the new ones.
class FinalNames {
public:
    FinalNames(const PackedRefs& packed, const LooseRefs& loose, const std::vector<RefChange>& changes)
        : packed_(packed), loose_(loose), changes_(by_name(changes)) {}

    [[nodiscard]] bool contains(std::string_view name) const {
        const auto change = first_change(name);
        if (change != changes_.end() && (*change)->ref == name) return !(*change)->target.is_zero();
        const auto file = loose_.find(name);
        return file != loose_.end() ? file->second.has_value() : packed_.contains(name);
    }
    /// One that begins so; empty when there is none. Only those that do are looked at.
    [[nodiscard]] std::string_view first_below(std::string_view prefix) const {
        for (auto change = first_change(prefix); change != changes_.end() && (*change)->ref.starts_with(prefix); ++change) {
            if (!(*change)->target.is_zero()) return (*change)->ref;
        }
        for (auto file = loose_.lower_bound(prefix); file != loose_.end() && file->first.starts_with(prefix); ++file) {
            if (contains(file->first)) return file->first;
        }
        for (auto row = packed_.first_from(prefix); row != packed_.end() && row->name().starts_with(prefix); ++row) {
            if (contains(row->name())) return row->name();
        }
        return {};
    }

private:
    [[nodiscard]] std::vector<const RefChange*>::const_iterator first_change(std::string_view text) const {
        return std::lower_bound(changes_.begin(), changes_.end(), text, [](const RefChange* change, std::string_view name) { return change->ref < name; });
    }
    const PackedRefs& packed_;
    const LooseRefs& loose_;
    std::vector<const RefChange*> changes_;
};

}  // namespace

Result<void> RefStore::check_final(const std::vector<RefChange>& changes) const {
    const auto is_new = [](const RefChange& change) { return !change.expected && !change.target.is_zero(); };
    if (std::none_of(changes.begin(), changes.end(), is_new)) return {};
    const Result<const PackedRefs*> packed_refs = packed();
    if (!packed_refs) return packed_refs.error();
    LooseRefs loose;
    const Result<void> listed = list_loose("refs", loose);
    if (!listed) return listed;
    const FinalNames names(**packed_refs, loose, changes);
    for (const RefChange& change : changes) {
        if (!is_new(change)) continue;
        const std::string other = name_in_the_way(change.ref, names);
        if (other.empty()) continue;
        return fail(Errc::io_error, "set", change.ref, "the ref " + other + " is in the way: one would be the directory of the other");
    }
    return {};
}

Result<void> RefStore::replace(const std::vector<RefChange>& changes, const PeelTag& peel) {
    if (changes.empty()) return {};
    Result<RefLock> lock = RefLock::acquire(root_, root_ / "packed-refs");
    if (!lock) return lock.error();
    const Result<const PackedRefs*> before = packed();  // first: then each expectation is looked up in it
    if (!before) return before.error();
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
    const Result<void> written = lock->commit((*before)->with(changes, peel));
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
