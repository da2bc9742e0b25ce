// SPDX-License-Identifier: MIT
#include "daemon/checks/ref_mender.hpp"

#include <algorithm>

#include "daemon/checks/pack_files.hpp"
#include "daemon/mirror/plan.hpp"
#include "lib/core/file.hpp"
#include "lib/core/text.hpp"

namespace autobackup::checks {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t name_digits = 40;
constexpr std::size_t longest_packed = std::size_t{1} << 30;

// Ours, and no kept ref: it goes to no copy, and what a copy has there belongs to a push that was not ended.
bool is_nobodys(const std::string& name) { return name.starts_with(mirror::own_refs) && !name.starts_with(mirror::kept_refs); }

void take_line(std::string_view line, SalvagedRefs& found) {
    if (line.size() == name_digits + 1 && git::Oid::parse(line.substr(1))) {  // "^" and what a tag stands for: no ref
        found.packed_damaged = true;
        return;
    }
    const std::optional<git::Oid> oid = git::Oid::parse(line.substr(0, name_digits));
    const std::string name = line.size() > name_digits + 1 ? std::string(line.substr(name_digits + 1)) : std::string();
    if (oid && git::is_ref_name(name) && line[name_digits] == ' ') {
        found.refs.insert_or_assign(name, *oid);
        return;
    }
    found.packed_damaged = true;
    if (git::is_ref_name(name)) found.bad.insert_or_assign(name, std::string(line.substr(0, name_digits)));
    else found.nameless.emplace_back(line);
}

void read_packed(const fs::path& repository, SalvagedRefs& found) {
    std::error_code ignored;
    if (!fs::exists(repository / "packed-refs", ignored)) return;
    const Result<std::string> text = read_file(repository / "packed-refs", longest_packed);
    if (!text) {
        found.packed_damaged = true;
        found.nameless.push_back(describe(text.error()));
        return;
    }
    for (const std::string_view line : split(*text, '\n')) {
        if (line.empty() || line.front() == '#') continue;
        if (line.front() != '^') take_line(line, found);
        else found.packed_damaged = found.packed_damaged || !git::Oid::parse(line.substr(1, name_digits));
    }
}

void read_loose(const fs::path& repository, SalvagedRefs& found) {
    std::error_code ignored;
    for (fs::recursive_directory_iterator entry(repository / "refs", ignored), end; !ignored && entry != end; entry.increment(ignored)) {
        std::error_code gone;
        if (!entry->is_regular_file(gone)) continue;
        const std::string name = entry->path().lexically_relative(repository).string();
        if (!git::is_ref_name(name)) continue;
        const Result<std::string> text = read_file(entry->path(), std::size_t{4} << 10);
        const std::string value(text ? trim(*text) : std::string_view());
        const std::optional<git::Oid> oid = git::Oid::parse(std::string_view(value).substr(0, name_digits));  // as git reads it
        found.refs.erase(name);
        found.bad.erase(name);
        if (oid) found.refs.insert_or_assign(name, *oid);
        else if (value.starts_with("ref: ") && git::is_ref_name(value.substr(5))) found.symbolic.insert_or_assign(name, value);
        else found.bad.insert_or_assign(name, value);
    }
}

}  // namespace

SalvagedRefs salvage_refs(const fs::path& repository) {
    SalvagedRefs found;
    read_packed(repository, found);
    read_loose(repository, found);
    const Result<std::string> text = read_file(repository / "HEAD", std::size_t{4} << 10);
    const std::string head(text ? trim(*text) : std::string_view());
    const bool symbolic = head.starts_with("ref: ") && git::is_ref_name(head.substr(5));
    if (symbolic || git::Oid::parse(head.substr(0, name_digits))) found.head = head;
    return found;
}

std::optional<RefMap> unnamed_refs(const SalvagedRefs& found, const RefMap& mended, const KnownRefs& known) {
    if (!known.kept || !found.bad.empty()) return std::nullopt;
    for (const auto& [name, oid] : found.refs) {
        if (name.starts_with(mirror::forge_pulls) && !known.pulls) return std::nullopt;
        if (is_nobodys(name) || name.starts_with(mirror::forge_pulls)) continue;
        const auto told = known.refs.find(name), better = mended.find(name);
        if (told == known.refs.end() || told->second != (better == mended.end() ? oid : better->second)) return std::nullopt;
    }
    RefMap more;
    for (const auto& [name, oid] : known.refs) {
        if (!is_nobodys(name) && !found.refs.contains(name) && !found.symbolic.contains(name) && !mended.contains(name)) more.emplace(name, oid);
    }
    return more.size() < found.nameless.size() ? std::nullopt : std::optional(std::move(more));
}

std::optional<git::Oid> nearly(const std::string& text, const std::vector<git::Oid>& names) {
    if (text.size() != name_digits) return std::nullopt;
    std::optional<git::Oid> found;
    for (const git::Oid& name : names) {
        const std::string digits = name.hex();
        std::size_t different = 0;
        for (std::size_t i = 0; i < name_digits && different < 2; ++i) different += digits[i] == text[i] ? 0U : 1U;
        if (different != 1 || found == name) continue;
        if (found) return std::nullopt;
        found = name;
    }
    return found;
}

Result<void> write_mended(const fs::path& repository, const SalvagedRefs& before, const RefMap& mended, Aside& aside) {
    std::error_code ignored;
    const auto is_known = [&mended](const auto& bad) { return mended.contains(bad.first); };
    const bool all = before.nameless.empty() && std::all_of(before.bad.begin(), before.bad.end(), is_known);
    bool packed = before.packed_damaged && all;
    for (const auto& [name, oid] : mended) {
        const fs::path loose = repository / name;
        const bool there = fs::is_regular_file(loose, ignored);
        if (!there && all) {
            packed = true;
            continue;
        }
        if (fs::is_directory(loose, ignored)) fs::remove(loose, ignored);  // an empty one, as deleted refs leave it
        Result<void> done = there ? aside.keep(loose, (fs::path("refs") / name).parent_path().string()) : make_directories(loose.parent_path());
        if (done) done = write_file_durably(loose, oid.hex() + "\n");
        if (!done) return done;
    }
    if (!packed) return {};
    RefMap refs = mended;
    refs.insert(before.refs.begin(), before.refs.end());
    std::string text;  // without a header: whoever reads it finds out himself what the tags stand for
    for (const auto& [name, oid] : refs) text += oid.hex() + " " + name + "\n";
    const Result<void> kept = fs::exists(repository / "packed-refs", ignored) ? aside.keep(repository / "packed-refs", "refs") : Result<void>();
    return kept ? write_file_durably(repository / "packed-refs", text) : kept;
}

Result<void> write_head(const fs::path& repository, const std::string& head, Aside& aside) {
    std::error_code ignored;
    const Result<void> kept = fs::exists(repository / "HEAD", ignored) ? aside.keep(repository / "HEAD", "refs") : Result<void>();
    return kept ? write_file_durably(repository / "HEAD", head + "\n") : kept;
}

std::vector<git::Oid> all_object_names(const fs::path& repository) {
    std::vector<git::Oid> all;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(repository / "objects/pack", ignored)) {
        if (entry.path().extension() != ".idx") continue;
        const Result<std::vector<git::Oid>> names = objects_of(entry.path());
        if (names) all.insert(all.end(), names->begin(), names->end());
    }
    for (const auto& folder : fs::directory_iterator(repository / "objects", ignored)) {
        if (folder.path().filename().native().size() != 2) continue;
        for (const auto& file : fs::directory_iterator(folder.path(), ignored)) {
            const auto oid = git::Oid::parse(folder.path().filename().string() + file.path().filename().string());
            if (oid) all.push_back(*oid);
        }
    }
    return all;
}

}  // namespace autobackup::checks
