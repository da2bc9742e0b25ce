// SPDX-License-Identifier: MIT
// What is known of a copy lies in the mirror itself: with it, also a restored or moved mirror knows what it may force there.
#include "daemon/mirror/local.hpp"
#include "daemon/mirror/outlets.hpp"
#include "lib/core/file.hpp"
#include "lib/core/text.hpp"
#include "lib/hash/digest.hpp"
#include "lib/remote/local_url.hpp"

namespace autobackup::mirror {
namespace {

constexpr std::string_view whole_word = "large whole";
constexpr std::string_view partly_word = "large partly";

fs::path record_file(const fs::path& repository, const std::string& url) {
    return own_folder(repository) / "copies" / hash::sha256_hex(url).substr(0, 16);
}

}  // namespace

Result<std::optional<CopyRecord>> read_copy_record(const fs::path& repository, const std::string& url) {
    const fs::path file = record_file(repository, url);
    std::error_code ignored;
    if (!fs::exists(file, ignored)) return std::optional<CopyRecord>();
    const Result<std::string> text = read_file(file, std::size_t{1} << 30);
    if (!text) return text.error();
    CopyRecord record;
    std::size_t number = 0;
    for (const std::string_view line : split(*text, '\n')) {
        ++number;
        if (line.empty() || number == 1) continue;  // the first line is the URL, for people
        if (number == 2) {
            record.whole = line == whole_word;
            continue;
        }
        const std::optional<Oid> oid = Oid::parse(line.substr(0, 40));
        if (!oid || line.size() < 42 || line[40] != ' ') return std::optional<CopyRecord>();
        record.refs.emplace(std::string(line.substr(41)), *oid);
    }
    if (number < 2) return std::optional<CopyRecord>();
    return std::optional<CopyRecord>(std::move(record));
}

Result<void> write_copy_record(const fs::path& repository, const std::string& url, const CopyRecord& record) {
    std::string text = one_line(url) + "\n" + std::string(record.whole ? whole_word : partly_word) + "\n";
    for (const auto& [name, oid] : record.refs) text += oid.hex() + " " + name + "\n";
    const fs::path file = record_file(repository, url);
    const Result<void> made = make_directories(file.parent_path());
    if (!made) return made;
    return write_file_durably(file, text);
}

bool takes_pulls(const config::MirrorCopy& settings) { return settings.pull_refs.value_or(remote::local_path(settings.url).has_value()); }

RefMap copied_refs(const Refs& refs, const config::MirrorCopy& settings) {
    const bool pulls = takes_pulls(settings);
    RefMap out;
    for (const auto& [name, oid] : refs) {
        const bool ours = name.starts_with(own_refs);
        if (ours && !(settings.kept && name.starts_with(kept_refs))) continue;
        if (!pulls && name.starts_with(forge_pulls)) continue;
        out.emplace_hint(out.end(), name, oid);
    }
    return out;
}

}  // namespace autobackup::mirror
