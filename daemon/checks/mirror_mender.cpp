// SPDX-License-Identifier: MIT
#include "daemon/checks/mirror_mender.hpp"

#include <algorithm>

#include "daemon/mirror/local.hpp"
#include "lib/core/file.hpp"
#include "lib/core/stop.hpp"
#include "lib/core/text.hpp"

namespace autobackup::checks {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t named_at_most = 20;
constexpr std::size_t longest_shown = 120;  // of a line: one may be a whole block of the disk
constexpr std::size_t most_rounds = 16;  // of looking for what is missing: each time what was found names more

Result<void> link(const fs::path& file, const fs::path& place) {
    const Result<void> made = make_directories(place.parent_path());
    std::error_code error;
    if (made) fs::create_hard_link(file, place, error);
    // What was taken out of a damaged pack has the name that a repair before, cut off after it had given it, gave it too.
    if (error == std::errc::file_exists) error.clear();
    return error ? Result<void>(fail_errno(error.value(), "link", file.string())) : made;
}

std::vector<std::string> packs_in(const fs::path& repository) {
    std::vector<std::string> names;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(repository / "objects/pack", ignored)) {
        const bool pack = entry.path().extension() == ".pack" || entry.path().extension() == ".idx";
        if (pack && entry.path().filename().string().starts_with("pack-")) names.push_back(entry.path().stem().string());
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

}  // namespace

fs::path MirrorMender::workshop_of(const fs::path& mirror) { return mirror::own_folder(mirror) / "repair"; }

MirrorMender::MirrorMender(fs::path mirror, std::string url, Bounds bounds)
    : mirror_(std::move(mirror)), url_(std::move(url)), bounds_(std::move(bounds)), workshop_(workshop_of(mirror_)), whole_(workshop_ / "whole.git") {}

Result<void> MirrorMender::begin() {
    const Result<git::Repository> made = git::Repository::open_or_init(whole_, "main");
    if (!made) return made.error();
    refs_ = salvage_refs(mirror_);
    for (const std::string& name : packs_in(mirror_)) {
        if (bounds_.stop.stop_requested()) return fail_cancelled("mend", mirror_.string());
        const Result<void> looked = look_at_pack(mirror_ / "objects/pack" / (name + ".pack"));
        if (!looked) return looked;
    }
    Result<void> done = link_loose();
    if (done) mend_refs_here();
    if (done) done = write_refs();
    return done ? find_missing() : done;
}

Result<void> MirrorMender::link_pack(const fs::path& pack) {
    Result<void> done;
    for (const char* extension : {".pack", ".promisor", ".idx"}) {
        const fs::path file = fs::path(pack).replace_extension(extension);
        if (done && is_there(file)) done = link(file, whole_ / "objects/pack" / file.filename());
    }
    linked_.insert(pack.stem().string());
    return done;
}

// The others can still be mended.
Result<void> MirrorMender::leave_for_want_of_room(const Failure& why) {
    no_room_.push_back(describe(why));
    return {};
}

// A sound one is taken as it is. Of a damaged one what can be had without others: a new index or frame, or else its good objects.
Result<void> MirrorMender::look_at_pack(const fs::path& pack) {
    PackMender mender(pack, workshop_ / "pack", bounds_);
    const Result<bool> sound = mender.whole();
    if (!sound) return sound.error();
    if (*sound) return link_pack(pack);
    damaged_packs_.push_back(pack);
    Result<git::Repository> whole = git::Repository::open(whole_);
    if (!whole) return whole.error();
    const Result<void> indexed = is_there(pack) ? mender.index_anew() : fail(Errc::not_found, "mend", pack.string(), "there is an index without its pack");
    if (!indexed && indexed.error().code == Errc::cancelled) return indexed;
    if (!indexed && indexed.error().code == Errc::reserve) return leave_for_want_of_room(indexed.error());
    if (indexed) {
        index_mended_ = true;
        const Result<git::Repository> mended = git::Repository::open(mender.mended());
        Result<void> done = mended ? Result<void>() : Result<void>(mended.error());
        for (const std::string& name : packs_in(mender.mended())) {
            for (const char* extension : {".pack", ".idx"}) {
                const fs::path file = mender.mended() / "objects/pack" / (name + extension);
                if (done) done = rename_durably(file, whole_ / "objects/pack" / file.filename());
            }
        }
        return done;
    }
    const Result<PackMender::Parts> parts = mender.parts();
    if (!parts) return Result<void>();  // without an index nothing in it can be found: all of it comes from elsewhere
    bad_.insert(parts->bad.begin(), parts->bad.end());
    const Result<void> taken = mender.take_good(*parts, *whole);
    if (taken || taken.error().code == Errc::cancelled) return taken;
    if (taken.error().code == Errc::reserve) return leave_for_want_of_room(taken.error());
    bad_.insert(parts->good.begin(), parts->good.end());  // more is damaged than was seen: none of it is believed
    return {};
}

Result<void> MirrorMender::link_loose() {
    std::error_code ignored;
    bool any = false;
    for (const auto& folder : fs::directory_iterator(mirror_ / "objects", ignored)) {
        const std::string first = folder.path().filename().string();
        if (first.size() != 2 || !folder.is_directory(ignored)) continue;
        for (const auto& file : fs::directory_iterator(folder.path(), ignored)) {
            const std::string rest = file.path().filename().string();
            if (!git::Oid::parse(first + rest)) continue;
            const Result<void> linked = link(file.path(), whole_ / "objects" / first / rest);
            if (!linked) return linked;
            any = true;
        }
    }
    if (!any) return {};
    // No ref is there yet: what the check names now is damaged itself.
    const Result<git::Repository> whole = git::Repository::open(whole_);
    if (!whole) return whole.error();
    const Result<git::Repository::CheckReport> report = whole->check(stop_asked_by(bounds_.stop));
    if (!report) return report.error();
    for (const git::Oid& oid : report->damaged) {
        const fs::path place = fs::path(oid.hex().substr(0, 2)) / oid.hex().substr(2);
        if (!is_there(whole_ / "objects" / place)) continue;
        remove_quietly(whole_ / "objects" / place);
        damaged_loose_.push_back(mirror_ / "objects" / place);
        bad_.insert(oid);
    }
    return {};
}

// An object name with one wrong letter is found among all that are here.
void MirrorMender::mend_refs_here() {
    const std::vector<git::Oid> names = all_object_names(whole_);
    const std::set<git::Oid> here(names.begin(), names.end());
    std::map<std::string, std::string> doubtful = refs_.bad;
    for (const auto& [name, oid] : refs_.refs) {
        if (!here.contains(oid) && !bad_.contains(oid)) doubtful.emplace(name, oid.hex());
    }
    for (const auto& [name, text] : doubtful) {
        const std::optional<git::Oid> meant = nearly(text, names);
        if (!meant) continue;
        mended_refs_.insert_or_assign(name, *meant);
        refs_.bad.erase(name);
    }
}

// Each as it stands in the mirror, or as it was found out; those that are not known yet are left out.
Result<void> MirrorMender::write_refs() {
    RefMap all = mended_refs_;
    all.insert(refs_.refs.begin(), refs_.refs.end());
    std::string text;
    for (const auto& [name, oid] : all) text += oid.hex() + " " + name + "\n";
    const Result<void> written = write_file_durably(whole_ / "packed-refs", text);
    return written && !refs_.head.empty() ? write_file_durably(whole_ / "HEAD", refs_.head + "\n") : written;
}

Result<void> MirrorMender::find_missing() {
    missing_.clear();
    const Result<git::Repository> whole = git::Repository::open(whole_);
    if (!whole) return whole.error();
    const Result<git::Repository::CheckReport> report = whole->check(stop_asked_by(bounds_.stop));
    if (!report) return report.error();
    if (report->problems.size() > report->missing.size() + report->damaged.size())
        return fail(Errc::repository_invalid, "mend", mirror_.string(), report->problems.front());
    missing_.insert(report->missing.begin(), report->missing.end());
    missing_.insert(report->damaged.begin(), report->damaged.end());
    return {};
}

void MirrorMender::mend_refs_from(const KnownRefs& known) {
    for (auto bad = refs_.bad.begin(); bad != refs_.bad.end();) {
        const auto found = known.refs.find(bad->first);
        if (found != known.refs.end()) mended_refs_.insert_or_assign(bad->first, found->second);
        bad = found == known.refs.end() ? std::next(bad) : refs_.bad.erase(bad);
    }
    if (refs_.nameless.empty()) return;
    const std::optional<RefMap> more = unnamed_refs(refs_, mended_refs_, known);
    if (!more) return;
    mended_refs_.insert(more->begin(), more->end());
    refs_.nameless.clear();
}

// A copy without pull requests and the source tell all together.
KnownRefs MirrorMender::with_pulls(const Supply& supply) {
    KnownRefs known = supply.known;
    if (supply.is_source) {
        pulls_.emplace();
        for (const auto& [name, oid] : known.refs) {
            if (name.starts_with(mirror::forge_pulls)) pulls_->emplace(name, oid);
        }
    } else if (!known.pulls && pulls_) {
        known.refs.insert(pulls_->begin(), pulls_->end());
        known.pulls = true;
    }
    return known;
}

Result<void> MirrorMender::know(const KnownRefs& noted) {
    mend_refs_from(noted);
    const Result<void> written = write_refs();
    return written ? find_missing() : written;
}

Result<void> MirrorMender::take_from(const Supply& supply) {
    if (refs_.head.empty() && !supply.head.empty()) {
        refs_.head = supply.head;
        head_mended_ = true;
    }
    Result<void> done = know(with_pulls(supply));
    const Result<git::Repository> other = git::Repository::open_any(supply.repository);
    if (!other) return other.error();
    for (std::size_t round = 0; done && round < most_rounds; ++round) {
        Result<git::Repository> whole = git::Repository::open(whole_);
        if (!whole) return whole.error();
        std::vector<git::Oid> tips;
        for (const Oids* wanted : {&missing_, &bad_}) {
            for (const git::Oid& oid : *wanted) {
                if (other->has(oid) && !whole->has(oid)) tips.push_back(oid);
            }
        }
        if (tips.empty()) break;
        Result<std::vector<git::Oid>> objects = other->missing_objects(tips, {});
        if (!objects) return objects.error();
        std::erase_if(*objects, [&](const git::Oid& oid) { return whole->has(oid); });
        done = take_objects(supply.repository, *objects, *whole, workshop_ / "given.pack", bounds_);
        if (done) givers_.insert(supply.words);
        if (done) done = find_missing();
    }
    return done;
}

// The refs that need what is missing, and what that is.
void MirrorMender::name_broken(const git::Repository& whole, std::vector<std::string>& lines) {
    const Result<std::vector<std::pair<std::string, git::Oid>>> refs = whole.refs("refs/");
    if (!refs) return lines.push_back(describe(refs.error()));
    std::vector<git::Oid> proved;
    for (std::size_t i = 0; i < refs->size(); ++i) {
        if (lines.size() >= named_at_most) return lines.push_back("and " + std::to_string(refs->size() - i) + " more refs were not looked at");
        const auto& [name, oid] = (*refs)[i];
        const Result<std::vector<git::Oid>> walked = whole.missing_objects({oid}, proved);
        if (walked) proved.push_back(oid);
        else lines.push_back(one_line(name) + ": " + (whole.has(oid) ? walked.error().message : "the object " + oid.hex() + " is missing"));
    }
}

std::vector<std::string> MirrorMender::left() {
    std::vector<std::string> lines;
    for (const auto& [name, text] : refs_.bad) lines.push_back(one_line(name) + ": its value cannot be read, and nobody knows it: \"" + one_line(text) + "\"");
    for (const std::string& line : refs_.nameless) lines.push_back("a line of packed-refs cannot be read, and nobody tells all refs that stood there: \"" + cut_utf8(one_line(line), longest_shown) + "\"");
    if (refs_.head.empty()) lines.emplace_back("HEAD cannot be read, and nobody knows it");
    const Result<git::Repository> whole = git::Repository::open(whole_);
    if (whole && !missing_.empty()) name_broken(*whole, lines);
    if (!missing_.empty()) lines.push_back(std::to_string(missing_.size()) + " objects that refs need are whole nowhere: " + missing_.begin()->hex());
    for (std::string& line : lines) line = mirror_.string() + ": " + line;
    lines.insert(lines.end(), no_room_.begin(), no_room_.end());
    return lines;
}

}  // namespace autobackup::checks
