// SPDX-License-Identifier: MIT
#include "lib/remote/answers.hpp"

#include <algorithm>

#include "lib/core/text.hpp"
#include "lib/remote/advertisement.hpp"

namespace autobackup::remote {
namespace {

enum class Band : char { data = 1, words = 2, fatal = 3 };

Failure fatal(const PeerWords& before, std::string_view last) {
    std::string words = before.text();
    if (!words.empty()) words += "\n";
    return failure_of_words(words + std::string(trim(last)));
}

}  // namespace

Result<void> PushAnswer::take(const Packet& packet) {
    if (const std::optional<Failure> error = error_of(packet)) return *error;
    if (!sideband_) return take_line(packet);
    if (packet.kind == Packet::Kind::flush)
        return {};  // the end of the outer stream; complete_ tells whether it was time
    if (packet.kind != Packet::Kind::data) return bad_answer("an unexpected delimiter in the report", {});
    if (packet.payload.empty()) return {};
    std::string_view content = packet.payload.substr(1);
    switch (static_cast<Band>(packet.payload.front())) {
        case Band::words:
            words_.add(content);
            return {};
        case Band::fatal:
            return fatal(words_, content);
        case Band::data:
            break;
        default:
            return bad_answer("an unknown sideband in the report", packet.payload);
    }
    for (;;) {
        const Result<std::optional<Packet>> inner = inner_.next(content);
        if (!inner) return inner.error();
        if (!*inner) return {};
        const Result<void> taken = take_line(**inner);
        if (!taken) return taken;
    }
}

Result<void> PushAnswer::take_line(const Packet& packet) {
    if (complete_) return {};
    if (packet.kind == Packet::Kind::flush) {
        if (report_.unpack.empty()) return bad_answer("the report says nothing of the pack", {});
        complete_ = true;
        return {};
    }
    if (packet.kind != Packet::Kind::data) return bad_answer("an unexpected delimiter in the report", {});
    const std::string_view line = packet.line();
    constexpr std::string_view unpack = "unpack ", ok = "ok ", ng = "ng ", option = "option ";
    if (report_.unpack.empty()) {
        if (!line.starts_with(unpack) || line.size() == unpack.size())
            return bad_answer("the report does not begin with \"unpack\"", line);
        report_.unpack = line.substr(unpack.size());
        return {};
    }
    if (line.starts_with(option)) return take_option(line.substr(option.size()));
    RefVerdict verdict;
    if (line.starts_with(ok)) {
        verdict.ok = true;
        verdict.name = line.substr(ok.size());
    } else if (line.starts_with(ng)) {
        const std::string_view rest = line.substr(ng.size());
        const std::size_t space = rest.find(' ');
        verdict.name = rest.substr(0, space);
        verdict.reason =
            space == std::string_view::npos ? "no reason given" : std::string(rest.substr(space + 1));
    } else {
        return bad_answer("a line of the report cannot be read", line);
    }
    report_.verdicts.push_back(std::move(verdict));
    return {};
}

Result<void> PushAnswer::take_option(std::string_view option) {
    constexpr std::string_view name = "refname ";
    if (report_.verdicts.empty()) return bad_answer("an option line of the report belongs to no ref", option);
    // A proc-receive hook has put the ref elsewhere; old-oid, new-oid and forced-update say nothing that
    // ls-refs does not.
    if (option.starts_with(name)) report_.verdicts.back().landed = option.substr(name.size());
    return {};
}

PushReport PushAnswer::report() const {
    PushReport report = report_;
    report.peer_words = words_.text();
    return report;
}

FetchAnswer::Section FetchAnswer::first_section(int version, bool depth) noexcept {
    if (version == 2) return Section::header;
    return depth ? Section::shallow : Section::acknowledgments;
}

Result<std::string_view> FetchAnswer::take(const Packet& packet) {
    if (section_ != Section::pack) {
        if (const std::optional<Failure> error = error_of(packet)) return *error;
    }
    Result<void> taken;
    switch (section_) {
        case Section::header:
            taken = take_header(packet);
            break;
        case Section::shallow:
            taken = take_shallow(packet);
            break;
        case Section::skipped:
            if (packet.kind == Packet::Kind::delimiter) section_ = Section::header;
            if (packet.kind == Packet::Kind::flush) taken = end_without_pack();
            break;
        case Section::acknowledgments:
            if (packet.line() == "NAK" || packet.payload.starts_with("ACK ")) break;
            section_ = Section::pack;
            return take_pack(packet);
        case Section::pack:
            return take_pack(packet);
        case Section::end:
            break;
    }
    if (!taken) return taken.error();
    return std::string_view();
}

Result<void> FetchAnswer::end_without_pack() {
    if (!asking_) return bad_answer("the answer ends before the pack", {});
    wants_more_ = true;
    section_ = Section::end;
    return {};
}

Result<void> FetchAnswer::take_header(const Packet& packet) {
    if (packet.kind != Packet::Kind::data) return bad_answer("the answer holds no pack", {});
    const std::string_view line = packet.line();
    if (line == "packfile") {
        section_ = Section::pack;
    } else if (line == "shallow-info") {
        section_ = Section::shallow;
    } else if (line == "acknowledgments" || line == "wanted-refs") {
        section_ = Section::skipped;
    } else {  // packfile-uris too: it was not asked for, and what lies there would be missing
        return bad_answer("an unknown section in the answer", line);
    }
    return {};
}

Result<void> FetchAnswer::take_shallow(const Packet& packet) {
    if (packet.kind != Packet::Kind::data) {
        const bool end = packet.kind == (v2_ ? Packet::Kind::delimiter : Packet::Kind::flush);
        if (!end) return bad_answer("the answer ends before the pack", {});
        section_ = v2_ ? Section::header : Section::acknowledgments;
        return {};
    }
    const std::string_view line = packet.line();
    const std::size_t space = line.find(' ');
    const std::string_view word = line.substr(0, space);
    const std::optional<Oid> oid =
        Oid::parse(space == std::string_view::npos ? std::string_view() : line.substr(space + 1));
    if (!oid || (word != "shallow" && word != "unshallow"))
        return bad_answer("a line of shallow-info cannot be read", line);
    (word == "shallow" ? report_.shallow : report_.unshallow).push_back(*oid);
    return {};
}

Result<std::string_view> FetchAnswer::take_pack(const Packet& packet) {
    if (packet.kind == Packet::Kind::flush) {
        section_ = Section::end;
        return std::string_view();
    }
    if (packet.kind != Packet::Kind::data) return bad_answer("an unexpected delimiter in the pack", {});
    if (packet.payload.empty()) return std::string_view();
    const std::string_view content = packet.payload.substr(1);
    switch (static_cast<Band>(packet.payload.front())) {
        case Band::data:
            return content;
        case Band::words:
            words_.add(content);
            return std::string_view();
        case Band::fatal:
            return fatal(words_, content);
    }
    return bad_answer("an unknown sideband in the pack", packet.payload.substr(0, 100));
}

FetchReport FetchAnswer::report() const {
    FetchReport report = report_;
    report.peer_words = words_.text();
    return report;
}

}  // namespace autobackup::remote
