// SPDX-License-Identifier: MIT
#include "daemon/restore/verify.hpp"

#include <fcntl.h>

#include <algorithm>

#include "daemon/archive/version_zip.hpp"
#include "daemon/restore/verify_mirror.hpp"
#include "daemon/restore/verify_vault.hpp"

namespace autobackup::restore {
namespace {

std::string sentence(const vault::ManifestMember& expected, const zip::Member& found) {
    if (expected.name != found.name) return "where the manifest lists \"" + expected.name + "\" it holds \"" + found.name + "\"";
    const bool same = expected.size == found.size && expected.crc32 == found.crc32 && expected.dos_time == found.dos_time;
    return same ? std::string() : "member \"" + expected.name + "\" is not the one that the manifest lists (size, CRC-32 or time)";
}

Result<void> read_all(Checked& checked, zip::Archive& archive, const std::stop_token& stop) {
    const Result<std::string> digest = archive::read_through(archive.fd(), archive.file_bytes(), archive.path(), stop);
    if (!digest) return digest.error();
    checked.bytes += archive.file_bytes();
    if (*digest != checked.dated->manifest->zip_sha256) checked.problems.emplace_back("it does not have the SHA-256 of its manifest");
    return archive.check(2, {}, stop);
}

// What keeps the check from going on; the rest is added to the problems.
Result<void> check_copy(Checked& checked, Level level, const std::stop_token& stop) {
    const archive::DatedCopy& copy = *checked.dated;
    const bool has_manifest_file = copy.manifest || std::filesystem::exists(copy.beside(".json"));
    if (!copy.bytes) checked.problems.emplace_back("the ZIP is missing");
    if (!has_manifest_file) checked.problems.emplace_back("the manifest is missing");
    if (!copy.manifest && (has_manifest_file && level >= Level::structure)) checked.problems.push_back(copy.manifest_problem);
    if (copy.bytes && copy.manifest && *copy.bytes != copy.manifest->zip_bytes) {
        checked.problems.push_back("the ZIP has " + std::to_string(*copy.bytes) + " bytes, its manifest says " + std::to_string(copy.manifest->zip_bytes));
    }
    if (level == Level::exists || !checked.good()) return {};
    Result<zip::Archive> archive = zip::Archive::open(copy.zip);
    if (!archive) return archive.error();
    checked.problems = compare_members(*copy.manifest, archive->members());
    if (level == Level::structure) return {};
    return read_all(checked, *archive, stop);
}

Result<void> verify_archives(const Place& place, Level level, const std::stop_token& stop, std::vector<Checked>& all) {
    std::error_code ignored;
    std::vector<std::filesystem::path> folders;
    for (const auto& entry : std::filesystem::directory_iterator(place.archives, ignored)) folders.push_back(entry.path());
    std::sort(folders.begin(), folders.end());
    for (const std::filesystem::path& folder : folders) {
        const std::optional<vault::ItemId> item = vault::item_of_key(folder.filename().string());
        if (!item || (place.only && place.only != item)) continue;
        for (archive::DatedCopy& copy : archive::dated_copies(folder)) {
            Checked checked;
            checked.job = place.job;
            checked.id = item->key() + "@" + copy.stem;
            checked.where = "archive";
            checked.path = copy.zip.string();
            checked.dated = std::move(copy);
            const Result<void> looked = check_copy(checked, level, stop);
            if (stop.stop_requested()) return fail_cancelled("verify", checked.path);
            if (!looked) checked.problems.push_back(describe(looked.error()));
            if (checked.dated->manifest) checked.dated->manifest->members = {};
            all.push_back(std::move(checked));
        }
    }
    return {};
}

struct Mark {
    std::string level, at;
};

// Nothing that can be read: as if there were none.
Mark read_mark(const std::string& text) {
    boost::system::error_code error;
    const boost::json::value value = boost::json::parse(text, error);
    if (error || !value.is_object()) return {};
    const boost::json::value* const level = value.get_object().if_contains("level");
    const boost::json::value* const at = value.get_object().if_contains("at");
    if (level == nullptr || at == nullptr || !level->is_string() || !at->is_string()) return {};
    return Mark{std::string(level->get_string()), std::string(at->get_string())};
}

}  // namespace

std::vector<std::string> compare_members(const vault::Manifest& manifest, const std::vector<zip::Member>& members) {
    std::vector<std::string> problems;
    if (manifest.members.size() != members.size()) {
        problems.push_back("it holds " + std::to_string(members.size()) + " members, the manifest lists " + std::to_string(manifest.members.size()));
    }
    for (std::size_t i = 0; i < std::min(members.size(), manifest.members.size()) && problems.size() < most_problems; ++i) {
        std::string wrong = sentence(manifest.members[i], members[i]);
        if (!wrong.empty()) problems.push_back(std::move(wrong));
    }
    return problems;
}

const char* name(Level level) {
    switch (level) {
        case Level::exists:
            return "exists";
        case Level::structure:
            return "structure";
        case Level::checksum:
            break;
    }
    return "checksum";
}

std::optional<Level> parse_level(std::string_view text) {
    for (const Level level : {Level::exists, Level::structure, Level::checksum}) {
        if (text == name(level)) return level;
    }
    return std::nullopt;
}

Result<std::vector<Checked>> verify(const Place& place, Level level, const std::stop_token& stop) {
    std::vector<Checked> all;
    std::error_code error;
    if (!place.vault.empty() && std::filesystem::exists(place.vault, error)) {
        Checked checked;
        checked.job = place.job;
        checked.where = place.vault_word;
        checked.path = place.vault.string();
        const Result<void> looked = check_vault(place, level, stop, checked);
        if (stop.stop_requested()) return fail_cancelled("verify", checked.path);
        if (!looked) checked.problems.push_back(describe(looked.error()));
        all.push_back(std::move(checked));
    }
    for (const std::filesystem::path& mirror : place.mirrors) {
        Checked checked;
        checked.job = place.job;
        checked.where = "mirror";
        checked.path = mirror.string();
        const Result<void> looked = check_mirror(mirror, level, stop, checked);
        if (stop.stop_requested()) return fail_cancelled("verify", checked.path);
        if (!looked) checked.problems.push_back(describe(looked.error()));
        all.push_back(std::move(checked));
    }
    if (!place.archives.empty()) {
        const Result<void> looked = verify_archives(place, level, stop, all);
        if (!looked) return looked.error();
    }
    return all;
}

std::vector<std::string> record(const std::vector<Checked>& checked, Level level, Instant at) {
    std::vector<std::string> problems;
    for (const Checked& one : checked) {
        if (!one.dated || !one.dated->bytes) continue;
        const Result<void> recorded = archive::record_check(*one.dated, name(level), one.good(), at);
        if (!recorded) problems.push_back(describe(recorded.error()));
    }
    return problems;
}

boost::json::object verify_json(const std::vector<Checked>& checked, const std::string& level, Instant at) {
    namespace json = boost::json;
    json::array copies;
    std::uint64_t damaged = 0;
    for (const Checked& one : checked) {
        json::array problems;
        for (const std::string& problem : one.problems) problems.emplace_back(json::string(problem));
        if (!one.good()) ++damaged;
        json::object copy{{"job", one.job.empty() ? json::value(nullptr) : json::value(json::string(one.job))},
                          {"id", one.id.empty() ? json::value(nullptr) : json::value(json::string(one.id))},
                          {"where", one.where},
                          {"path", one.path},
                          {"outcome", one.good() ? "good" : "damaged"},
                          {"problems", std::move(problems)}};
        if (one.id.empty()) copy["versions"] = one.versions;
        copies.emplace_back(std::move(copy));
    }
    return {{"format", 1},
            {"level", level},
            {"at", rfc3339_seconds(at)},
            {"good", checked.size() - damaged},
            {"damaged", damaged},
            {"copies", std::move(copies)}};
}

int exit_code_of(const std::vector<Checked>& checked) {
    const auto good = std::count_if(checked.begin(), checked.end(), [](const Checked& one) { return one.good(); });
    if (static_cast<std::size_t>(good) == checked.size()) return 0;
    return good == 0 ? 1 : 3;
}

bool any_damaged(const std::vector<Checked>& checked) {
    return std::any_of(checked.begin(), checked.end(), [](const Checked& one) { return !one.good(); });
}

std::string vault_mark(const std::string& before, const std::vector<Checked>& checked, Level level, Instant at) {
    const auto vault = std::find_if(checked.begin(), checked.end(), [](const Checked& one) { return one.where == "vault"; });
    const std::string recorded = read_mark(before).level;
    if (vault == checked.end()) return before;
    if (vault->good() ? !archive::replaces(name(level), recorded) : recorded == archive::failed_level) return before;
    return boost::json::serialize(boost::json::object{{"level", vault->good() ? name(level) : archive::failed_level}, {"at", rfc3339_seconds(at)}});
}

void apply_vault_mark(const std::string& text, std::vector<Snapshot>& snapshots) {
    const Mark mark = read_mark(text);
    if (mark.level.empty()) return;
    for (Snapshot& one : snapshots) {
        if (!one.in_vault || rfc3339_seconds(one.time) > mark.at) continue;
        if (mark.level == archive::failed_level) {
            if (one.reason.empty()) one.reason = "the vault was found damaged on " + mark.at + " (autobackupctl verify)";
        } else if (mark.at > one.verified_at && archive::replaces(mark.level, one.verified_level)) {
            one.verified_level = mark.level;
            one.verified_at = mark.at;
        }
    }
}

}  // namespace autobackup::restore
