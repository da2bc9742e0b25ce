// SPDX-License-Identifier: MIT
#include "lib/remote/advertisement.hpp"

#include <algorithm>

#include "lib/core/text.hpp"

namespace autobackup::remote {
namespace {

constexpr std::size_t oid_digits = 40;

// "<oid> <rest>"
bool split_oid(std::string_view line, Oid& oid, std::string_view& rest) {
    if (line.size() < oid_digits + 2 || line[oid_digits] != ' ') return false;
    const std::optional<Oid> parsed = Oid::parse(line.substr(0, oid_digits));
    if (!parsed) return false;
    oid = *parsed;
    rest = line.substr(oid_digits + 1);
    return true;
}

// What git-check-ref-format(1) forbids and could do harm in a file name or a line of text.
bool plausible_name(std::string_view name) {
    if (name.empty() || name.front() == '/') return false;
    char before = '/';
    for (const char c : name) {
        if (static_cast<unsigned char>(c) <= ' ' || c == '\x7f' || (c == '.' && before == '.')) return false;
        before = c;
    }
    return true;
}

void sort_by_name(std::vector<Ref>& refs) {
    const auto by_name = [](const Ref& a, const Ref& b) { return a.name < b.name; };
    // git's own servers send them so.
    if (!std::is_sorted(refs.begin(), refs.end(), by_name)) std::sort(refs.begin(), refs.end(), by_name);
}

Result<void> only_sha1(const Advertisement& advertisement) {
    const auto format = advertisement.capabilities.find("object-format");
    if (format == advertisement.capabilities.end() || format->second == "sha1") return {};
    return fail(Errc::unsupported, "read", "the git protocol",
                "the repository names its objects by " + format->second + ", not by SHA-1");
}

bool contains_any(std::string_view text, std::initializer_list<std::string_view> words) {
    return std::any_of(words.begin(), words.end(),
                       [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

}  // namespace

std::string_view name(Service service) noexcept {
    return service == Service::upload_pack ? "git-upload-pack" : "git-receive-pack";
}

Failure failure_of_words(std::string words) {
    const std::string lower = to_lower(words);
    Errc code = Errc::server_error;
    if (contains_any(lower, {"not our ref"})) {
        code = Errc::remote_moved;  // it was forced or deleted since it was listed
    } else if (contains_any(lower, {"denied", "not permitted", "forbidden", "not allowed", "read-only", "read only"})) {
        code = Errc::forbidden;
    } else if (contains_any(lower, {"repository not found", "no such repository", "could not be found"})) {
        code = Errc::not_found;
    }
    return fail(code, "read", "the git protocol", "the git server reported an error", std::move(words));
}

std::optional<Failure> error_of(const Packet& packet) {
    constexpr std::string_view mark = "ERR ";
    if (packet.kind != Packet::Kind::data || !packet.payload.starts_with(mark)) return std::nullopt;
    return failure_of_words(std::string(trim(packet.payload.substr(mark.size()))));
}

Result<void> AdvertisementParser::take_preamble(const Packet& packet) {
    if (preamble_named_) {
        if (packet.kind != Packet::Kind::flush)
            return bad_answer("no flush after the name of the service", packet.payload);
        preamble_ = false;
        return {};
    }
    const std::string expected = "# service=" + std::string(name(service_));
    if (packet.kind == Packet::Kind::data && packet.line() == expected) {
        preamble_named_ = true;
        return {};
    }
    if (packet.kind == Packet::Kind::data && packet.line() == "version 2") {  // v2 may leave the preamble out
        preamble_ = false;
        return take(packet);
    }
    return bad_answer("the answer does not begin with \"" + expected + "\"", packet.payload);
}

Result<void> AdvertisementParser::take(const Packet& packet) {
    if (complete_) return {};  // padding after the end says nothing
    if (const std::optional<Failure> error = error_of(packet)) return *error;
    if (preamble_) return take_preamble(packet);
    if (packet.kind == Packet::Kind::flush) return finish();
    if (packet.kind != Packet::Kind::data) return bad_answer("an unexpected delimiter in the advertisement", {});
    const std::string_view line = packet.line();
    if (first_ && line.starts_with("version ")) {
        if (line == "version 1") version_ = 1;
        if (line == "version 2") version_ = 2;
        if (version_ == 0)
            return fail(Errc::unsupported, "read", "the git protocol", "unknown protocol version",
                        std::string(line));
        first_ = version_ == 1;  // v1 is v0 with this line before it
        return {};
    }
    if (version_ != 2) return take_ref(line);
    const std::size_t equals = line.find('=');
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : line.substr(equals + 1);
    value_.capabilities.emplace(line.substr(0, equals), value);
    return {};
}

Result<void> AdvertisementParser::take_ref(std::string_view line) {
    if (first_) {
        const std::size_t nul = line.find('\0');
        if (nul != std::string_view::npos) {
            take_capabilities(line.substr(nul + 1));
            line = line.substr(0, nul);
        }
        first_ = false;
    }
    if (line.starts_with("shallow ")) return {};
    Ref ref;
    std::string_view rest;
    if (!split_oid(line, ref.oid, rest)) return bad_answer("a line of the ref advertisement cannot be read", line);
    if (rest == "capabilities^{}" || rest == ".have")
        return {};  // an empty repository; objects of an alternate
    if (rest.ends_with("^{}")) {
        rest.remove_suffix(3);
        if (value_.refs.empty() || value_.refs.back().name != rest)
            return bad_answer("a peeled tag without its tag", line);
        value_.refs.back().peeled = ref.oid;
        return {};
    }
    if (!plausible_name(rest)) return bad_answer("the advertisement holds an impossible ref name", line);
    ref.name = rest;
    value_.refs.push_back(std::move(ref));
    return {};
}

void AdvertisementParser::take_capabilities(std::string_view words) {
    for (const std::string_view word : split(words, ' ')) {
        if (word.empty()) continue;
        const std::size_t equals = word.find('=');
        const std::string_view value =
            equals == std::string_view::npos ? std::string_view() : word.substr(equals + 1);
        std::string& stored = value_.capabilities[std::string(word.substr(0, equals))];
        if (!stored.empty()) stored += ' ';  // symref= may stand several times
        stored += value;
    }
}

Result<void> AdvertisementParser::finish() {
    const auto symrefs = value_.capabilities.find("symref");
    if (version_ != 2 && symrefs != value_.capabilities.end()) {
        for (const std::string_view pair : split(symrefs->second, ' ')) {  // "HEAD:refs/heads/main"
            const std::size_t colon = pair.find(':');
            if (colon == std::string_view::npos) continue;
            for (Ref& ref : value_.refs) {
                if (ref.name == pair.substr(0, colon)) ref.symref_target = pair.substr(colon + 1);
            }
        }
    }
    sort_by_name(value_.refs);
    complete_ = true;
    return only_sha1(value_);
}

Result<void> RefListParser::take(const Packet& packet) {
    if (complete_) return {};
    if (const std::optional<Failure> error = error_of(packet)) return *error;
    if (packet.kind == Packet::Kind::flush) {
        sort_by_name(refs_);
        complete_ = true;
        return {};
    }
    if (packet.kind != Packet::Kind::data) return bad_answer("an unexpected delimiter in the list of refs", {});
    const std::string_view line = packet.line();
    if (line.starts_with("unborn ")) {
        constexpr std::string_view head = "unborn HEAD symref-target:";
        if (line.starts_with(head)) unborn_head_ = line.substr(head.size());
        return {};
    }
    return take_ref(line);
}

// "<oid> <name> symref-target:<name> peeled:<oid>", the last two where they apply. Read in place: there may be a million of them.
Result<void> RefListParser::take_ref(std::string_view line) {
    Oid oid;
    std::string_view rest;
    if (!split_oid(line, oid, rest)) return bad_answer("a line of the list of refs cannot be read", line);
    std::size_t space = rest.find(' ');
    if (!plausible_name(rest.substr(0, space))) return bad_answer("the list of refs holds an impossible name", line);
    Ref& ref = refs_.emplace_back();
    ref.name = rest.substr(0, space);
    ref.oid = oid;
    while (space != std::string_view::npos) {
        rest.remove_prefix(space + 1);
        space = rest.find(' ');
        const std::string_view word = rest.substr(0, space);
        constexpr std::string_view symref = "symref-target:", peeled = "peeled:";
        if (word.starts_with(symref)) ref.symref_target = word.substr(symref.size());
        if (word.starts_with(peeled)) ref.peeled = Oid::parse(word.substr(peeled.size()));
    }
    return {};
}

void keep_prefixes(std::vector<Ref>& refs, const std::vector<std::string>& prefixes) {
    if (prefixes.empty()) return;
    std::erase_if(refs, [&](const Ref& ref) {
        return std::none_of(prefixes.begin(), prefixes.end(),
                            [&](const std::string& prefix) { return ref.name.starts_with(prefix); });
    });
}

bool offers(const Advertisement& advertisement, std::string_view capability) {
    return advertisement.capabilities.contains(std::string(capability));
}

bool offers(const Advertisement& advertisement, std::string_view capability, std::string_view word) {
    const auto found = advertisement.capabilities.find(std::string(capability));
    if (found == advertisement.capabilities.end()) return false;
    const std::vector<std::string_view> words = split(found->second, ' ');
    return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace autobackup::remote
