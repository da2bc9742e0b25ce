// SPDX-License-Identifier: MIT
// What was put together goes into the mirror, file by file: a stop at any point leaves everything that was there, here or aside.
#include <algorithm>

#include "daemon/checks/mirror_mender.hpp"
#include "lib/core/file.hpp"

namespace autobackup::checks {

namespace fs = std::filesystem;

Result<void> MirrorMender::give_new_packs(Aside& aside, std::vector<std::string>& done) {
    std::vector<std::string> names;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(whole_ / "objects/pack", ignored)) {
        const std::string name = entry.path().stem().string();
        if (entry.path().extension() == ".pack" && !linked_.contains(name)) names.push_back(name);
    }
    if (names.empty() || !(complete() || index_mended_ || !givers_.empty())) return {};
    std::string words = "what was damaged in its packs was made anew from what is whole here";
    for (const std::string& giver : givers_) words += ", " + giver;
    const Result<void> given = give_packs(whole_ / "objects/pack", mirror_ / "objects/pack", names, false, aside);
    if (!given) return given;
    std::erase_if(damaged_packs_, [&](const fs::path& pack) { return std::find(names.begin(), names.end(), pack.stem().string()) != names.end(); });
    done.push_back(mirror_.string() + ": " + words);
    return {};
}

Result<void> MirrorMender::mend_files(Aside& aside, std::vector<std::string>& done) {
    const bool ours = !mended_refs_.empty() || (refs_.packed_damaged && knows_refs());
    Result<void> written = ours ? write_mended(mirror_, refs_, mended_refs_, aside) : Result<void>();
    for (const auto& [name, oid] : mended_refs_) done.push_back(mirror_.string() + ": " + name + " stands at " + oid.hex() + " again");
    if (written && ours && mended_refs_.empty()) done.push_back(mirror_.string() + ": packed-refs was written anew, with every ref");
    if (written && head_mended_) written = write_head(mirror_, refs_.head, aside);
    if (written && head_mended_) done.push_back(mirror_.string() + ": HEAD stands for " + refs_.head + " again");
    if (written && !is_there(mirror_ / "refs")) {
        written = make_directories(mirror_ / "refs");
        done.push_back(mirror_.string() + ": its directory refs was made anew");
    }
    return written && knows_refs() && !refs_.head.empty() ? mend_config(aside, done) : written;
}

// Everything else that is needed to open it is sound now: when it still cannot be, it is the configuration.
Result<void> MirrorMender::mend_config(Aside& aside, std::vector<std::string>& done) {
    if (git::Repository::open(mirror_)) return {};
    const Result<void> kept = fs::exists(mirror_ / "config") ? aside.keep(mirror_ / "config", "refs") : Result<void>();
    const Result<std::string> text = read_file(whole_ / "config");
    if (!kept || !text) return kept ? Result<void>(text.error()) : kept;
    const Result<void> written = write_file_durably(mirror_ / "config", *text);
    if (!written) return written;
    Result<git::Repository> again = git::Repository::open(mirror_);
    if (!again) return again.error();
    done.push_back(mirror_.string() + ": its configuration was made anew");
    return url_.empty() ? Result<void>() : again->configure({{"remote.origin.url", url_}});
}

Result<void> MirrorMender::retire_damaged(Aside& aside, std::vector<std::string>& done) {
    for (const fs::path& pack : damaged_packs_) {
        const Result<void> retired = retire_pack(pack, aside);
        if (!retired) return retired;
    }
    for (const fs::path& file : damaged_loose_) {
        const Result<void> taken = aside.take(file, "objects/" + file.parent_path().filename().string());
        if (!taken) return taken;
    }
    const Result<git::Repository> whole = git::Repository::open(mirror_);
    const auto lost = !whole ? 0 : std::count_if(bad_.begin(), bad_.end(), [&](const git::Oid& oid) { return !whole->has(oid); });
    const std::string name = mirror_.string() + ": ", place = aside.folder();
    if (lost > 0) done.push_back(name + std::to_string(lost) + " damaged objects that no ref needs are nowhere else; what is left of them is in " + place);
    if (!damaged_loose_.empty()) done.push_back(name + std::to_string(damaged_loose_.size()) + " damaged loose objects went to " + place);
    return {};
}

Result<std::vector<std::string>> MirrorMender::join(Aside& aside) {
    std::vector<std::string> done;
    for (const char* branch : {"refs/heads/main", "refs/heads/master"}) {  // nobody knows where HEAD stood
        head_mended_ = head_mended_ || refs_.head.empty();
        if (refs_.head.empty() && (refs_.refs.contains(branch) || mended_refs_.contains(branch))) refs_.head = std::string("ref: ") + branch;
    }
    head_mended_ = head_mended_ && !refs_.head.empty();
    Result<void> joined = give_new_packs(aside, done);
    if (joined) joined = mend_files(aside, done);
    if (joined && complete()) joined = retire_damaged(aside, done);
    if (!joined) return joined.error();
    return done;
}

}  // namespace autobackup::checks
