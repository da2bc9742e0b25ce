// SPDX-License-Identifier: MIT
// Reading refs.
#include "lib/git/ref_store.hpp"

#include <algorithm>
#include <cerrno>

#include "lib/core/text.hpp"
#include "lib/git/handle.hpp"
#include "lib/git/packed_lookup.hpp"

namespace autobackup::git {

namespace {

constexpr int longest_symbolic_chain = 5;  // of symbolic refs, as in git
constexpr std::size_t longest_loose_ref = 4096;
constexpr std::size_t longest_packed_refs = std::size_t{1} << 30;

Failure damaged_ref(const fs::path& file) {
    return fail(Errc::repository_invalid, "read ref", file.string(),
                "the file holds neither an object name nor a ref");
}

bool same_version(const struct stat& a, const struct stat& b) {
    return a.st_ino == b.st_ino && a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec &&
           a.st_mtim.tv_nsec == b.st_mtim.tv_nsec && a.st_ctim.tv_nsec == b.st_ctim.tv_nsec;
}

/// Letters of nearly all names, in forms that no rule of git-check-ref-format(1) is about: most of tens of thousands need no closer look.
bool is_plainly_safe(std::string_view name) {
    constexpr std::string_view top = "refs/";
    if (!name.starts_with(top) || name.find(".lock") != std::string_view::npos) return false;
    char before = '/';
    for (const char c : name.substr(top.size())) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
        const bool between = (c == '/' || c == '.') && before != '/' && before != '.';
        if (!letter && !between) return false;
        before = c;
    }
    return before != '/' && before != '.';
}

}  // namespace

bool is_safe_ref_name(const std::string& name) {
    if (is_plainly_safe(name)) return true;
    initialise_library();  // libgit2 says why a name is refused, and has no place for that before
    int valid = 0;
    if (!name.starts_with("refs/") || git_reference_name_is_valid(&valid, name.c_str()) != 0) return false;
    // A name with NUL would be cut in a path.
    return valid == 1 && name.find('\0') == std::string::npos;
}

bool is_ref_name(const std::string& name) {
    return is_safe_ref_name(name);
}

Result<std::optional<RefValue>> RefStore::read_loose(const std::string& name) const {
    const fs::path file = file_of(name);
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0 || S_ISDIR(status.st_mode)) return std::optional<RefValue>();
    Result<std::string> text = read_file(file, longest_loose_ref);
    if (!text) {
        if (::stat(file.c_str(), &status) != 0) return std::optional<RefValue>();  // deleted meanwhile
        return text.error();
    }
    RefValue value;
    if (text->starts_with("ref:")) {
        value.symbolic = trim(std::string_view(*text).substr(4));
        if (value.symbolic.empty()) return damaged_ref(file);
        return std::optional<RefValue>(std::move(value));
    }
    const std::optional<Oid> oid = Oid::parse(std::string_view(*text).substr(0, 40));
    if (!oid) return damaged_ref(file);
    value.oid = *oid;
    return std::optional<RefValue>(std::move(value));
}

Result<const PackedRefs*> RefStore::packed() const {
    const fs::path file = root_ / "packed-refs";
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) {
        if (errno != ENOENT) return fail_errno(errno, "read", file.string());
        packed_ = PackedRefs();
        packed_status_ = {};
        return &packed_;
    }
    if (same_version(status, packed_status_)) return &packed_;
    packed_ = PackedRefs();
    packed_status_ = {};
    Result<std::string> text = read_file(file, longest_packed_refs);
    if (!text) return text.error();
    std::optional<PackedRefs> parsed = PackedRefs::parse(std::move(*text));
    if (!parsed) return fail(Errc::repository_invalid, "read", file.string(), "a line is not a ref");
    packed_ = std::move(*parsed);
    packed_status_ = status;
    return &packed_;
}

Result<std::optional<Oid>> RefStore::find_packed(const std::string& name) const {
    const fs::path file = root_ / "packed-refs";
    struct stat status {};
    const bool was_read = ::stat(file.c_str(), &status) == 0 && same_version(status, packed_status_);
    if (!was_read) {
        const PackedLookup looked = look_up_packed(file, name);
        if (looked.answered) return looked.oid;
    }
    const Result<const PackedRefs*> refs = packed();
    if (!refs) return refs.error();
    const PackedRefs::Row* found = (*refs)->find(name);
    return found == nullptr ? std::optional<Oid>() : std::optional<Oid>(found->oid);
}

Result<std::optional<Oid>> RefStore::resolve(const std::string& name) const {
    std::string at = name;
    for (int step = 0; step < longest_symbolic_chain; ++step) {
        Result<std::optional<RefValue>> loose = read_loose(at);
        if (!loose) return loose.error();
        if (loose->has_value() && (*loose)->symbolic.empty()) return std::optional<Oid>((*loose)->oid);
        if (loose->has_value()) {
            at = (*loose)->symbolic;
            if (!is_safe_ref_name(at)) return damaged_ref(file_of(name));
            continue;
        }
        return find_packed(at);
    }
    return fail(Errc::repository_invalid, "read ref", file_of(name).string(),
                "symbolic refs stand for one another in a circle");
}

Result<void> RefStore::list_loose(const std::string& folder, LooseRefs& refs) const {
    std::error_code error;
    for (fs::directory_iterator entry(root_ / folder, error), end; !error && entry != end;
         entry.increment(error)) {
        const std::string name = folder + "/" + entry->path().filename().string();
        std::error_code ignored;
        if (entry->is_directory(ignored)) {
            const Result<void> below = list_loose(name, refs);
            if (!below) return below;
            continue;
        }
        if (!is_safe_ref_name(name)) continue;  // locks, and what git does not take for a ref either
        const Result<std::optional<Oid>> oid = resolve(name);
        if (!oid) return oid.error();
        refs.insert_or_assign(name, *oid);
    }
    if (error && error != std::errc::no_such_file_or_directory && error != std::errc::not_a_directory) {
        return fail_errno(error.value(), "list", (root_ / folder).string());
    }
    return {};
}

Result<std::vector<std::pair<std::string, Oid>>> RefStore::list(const std::string& prefix) const {
    const Result<const PackedRefs*> packed_refs = packed();
    if (!packed_refs) return packed_refs.error();
    LooseRefs loose;
    // Only the folder that can hold such names is read.
    const std::size_t slash = prefix.rfind('/');
    const std::string folder =
        prefix.starts_with("refs/") && slash != std::string::npos ? prefix.substr(0, slash) : "refs";
    const Result<void> listed = list_loose(folder, loose);
    if (!listed) return listed.error();
    // Both are sorted by name; a loose ref counts before the packed one, even if it stands for nothing.
    std::vector<std::pair<std::string, Oid>> found;
    auto next = loose.lower_bound(prefix);
    const auto add_loose = [&] {
        if (next->second) found.emplace_back(next->first, *next->second);
        ++next;
    };
    const auto has_next = [&] { return next != loose.end() && next->first.starts_with(prefix); };
    const auto first = (*packed_refs)->first_from(prefix);
    const auto last = std::partition_point(first, (*packed_refs)->end(), [&](const PackedRefs::Row& row) { return row.name().starts_with(prefix); });
    found.reserve(static_cast<std::size_t>(last - first) + loose.size());
    for (auto at = first; at != last; ++at) {
        while (has_next() && next->first < at->name()) add_loose();
        if (!has_next() || next->first != at->name()) found.emplace_back(at->name(), at->oid);
    }
    while (has_next()) add_loose();
    return found;
}

}  // namespace autobackup::git
