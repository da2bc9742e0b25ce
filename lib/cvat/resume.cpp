// SPDX-License-Identifier: MIT
#include "lib/cvat/resume.hpp"

#include <boost/json.hpp>
#include <charconv>

#include "lib/core/text.hpp"
#include "lib/cvat/fields.hpp"
#include "lib/cvat/wire.hpp"

namespace autobackup::cvat {

namespace json = boost::json;

namespace {

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
    return value;
}

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

bool chunked(const http::ResponseHead& head) {
    return contains(to_lower(head.headers.value_or("Transfer-Encoding", std::string())), "chunked");
}

TakeDecision refuse(std::string problem) {
    return {TakeBody::refuse, std::move(problem)};
}

/// HTML or JSON with status 200 is a page of something in front of the server.
bool is_page(const http::ResponseHead& head) {
    const std::string type = to_lower(head.headers.value_or("Content-Type", std::string()));
    return type.starts_with("text/html") || contains(type, "json");
}

TakeDecision decide_partial(const http::ResponseHead& head, std::uint64_t offset, const FileStamp& have) {
    if (offset == 0) return refuse("a partial answer (206) came to a request for the whole file");
    const auto range = parse_content_range(head.headers.value_or("Content-Range", std::string()));
    if (!range || !range->first || !range->last || !range->total)
        return refuse("a partial answer (206) has no usable Content-Range");
    const FileStamp offered = stamp_of(head);
    if (!same_file(have, offered))
        return {TakeBody::restart, "the server has another file under this URL now"};
    if (*range->first != offset || *range->last + 1 != *range->total) {
        return refuse("a partial answer (206) covers another range than was asked for");
    }
    if (head.content_length && *head.content_length != *range->total - offset) {
        return refuse("Content-Length and Content-Range of a partial answer (206) contradict each other");
    }
    return {TakeBody::append, std::string()};
}

}  // namespace

std::optional<ContentRange> parse_content_range(std::string_view text) {
    text = trim(text);
    if (!to_lower(text).starts_with("bytes ")) return std::nullopt;
    text = trim(text.substr(6));
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    ContentRange out;
    out.total = number(text.substr(slash + 1));
    const std::string_view span = text.substr(0, slash);
    if (span == "*") return out;
    const auto dash = span.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    out.first = number(span.substr(0, dash));
    out.last = number(span.substr(dash + 1));
    if (!out.first || !out.last || *out.last < *out.first) return std::nullopt;
    return out;
}

FileStamp stamp_of(const http::ResponseHead& head) {
    FileStamp out;
    out.etag = head.headers.value_or("ETag", std::string());
    out.content_disposition = head.headers.value_or("Content-Disposition", std::string());
    if (head.status == 206) {
        const auto range = parse_content_range(head.headers.value_or("Content-Range", std::string()));
        if (range && range->total) out.total = *range->total;
    } else if (head.content_length) {
        out.total = *head.content_length;
    }
    return out;
}

bool same_file(const FileStamp& have, const FileStamp& offered) {
    if (have.total == 0 || have.total != offered.total) return false;
    // nginx makes the ETag of whole seconds and the length: an equal one under another version stamp is no
    // proof.
    if (have.content_disposition != offered.content_disposition) return false;
    return !have.content_disposition.empty() || (!have.etag.empty() && have.etag == offered.etag);
}

TakeDecision decide_take(const http::ResponseHead& head, std::uint64_t offset, const FileStamp& have) {
    if (head.status != 200 && head.status != 206) return {TakeBody::not_a_file, std::string()};
    if (is_page(head)) return refuse("a page came where a ZIP was expected");
    if (head.status == 206) return decide_partial(head, offset, have);
    if (!head.content_length && !chunked(head))
        return refuse("the answer does not tell its length: a cut could not be told from the end");
    return {TakeBody::from_start, std::string()};
}

DownloadProblem classify_download(int status, std::string_view body) {
    if (status == 412) return DownloadProblem::changed;
    if (status == 416) return DownloadProblem::out_of_range;
    const std::string words = to_lower(peer_words(body));
    if (status == 400) {
        if (contains(words, "unknown export request id")) return DownloadProblem::expired;
        if (contains(words, "not finished")) return DownloadProblem::not_finished;
    }
    if (status == 404 && (contains(words, "expired") || contains(words, "no request with specified id")))
        return DownloadProblem::expired;
    if (status == 500 && contains(words, "result file does not exist")) return DownloadProblem::result_lost;
    // Up to 2.14.2 a download request without a finished export starts one.
    if (status == 202 || status == 201) return DownloadProblem::not_finished;
    return DownloadProblem::other;
}

bool looks_like_zip(std::string_view first_bytes) {
    return first_bytes.starts_with("PK\x03\x04") || first_bytes.starts_with("PK\x05\x06");
}

std::string to_json(const ResumeNote& note) {
    json::object out;
    out["format"] = 1;
    out["object"] = note.object;
    out["etag"] = note.stamp.etag;
    out["content_disposition"] = note.stamp.content_disposition;
    out["total"] = note.stamp.total;
    out["bytes"] = note.bytes;
    out["boot_id"] = note.boot_id;
    out["durable"] = note.durable;
    if (note.ranges.empty()) return json::serialize(out);
    json::array ranges;
    for (const auto& [begin, end] : note.ranges) ranges.push_back(json::array({begin, end}));
    out["ranges"] = std::move(ranges);
    return json::serialize(out);
}

namespace {

bool read_ranges(const json::value& note, ResumeNote& out) {
    const json::value* ranges = note.get_object().if_contains("ranges");
    if (ranges == nullptr) return true;
    if (!ranges->is_array()) return false;
    for (const json::value& each : ranges->get_array()) {
        if (!each.is_array() || each.get_array().size() != 2) return false;
        boost::system::error_code wrong, wrong_too;
        const auto begin = each.get_array()[0].to_number<std::uint64_t>(wrong);
        const auto end = each.get_array()[1].to_number<std::uint64_t>(wrong_too);
        if (wrong || wrong_too || begin >= end || end > out.stamp.total) return false;
        out.ranges.emplace_back(begin, end);
    }
    return true;
}

}  // namespace

std::optional<ResumeNote> parse_resume_note(std::string_view text) {
    boost::system::error_code error;
    const json::value value = json::parse(json::string_view(text.data(), text.size()), error);
    if (error) return std::nullopt;
    Fields fields(value, "the resume note");
    ResumeNote out;
    if (fields.integer("format") != 1) return std::nullopt;
    const std::int64_t bytes = fields.integer("bytes");
    const std::int64_t total = fields.integer("total");
    if (bytes < 0 || total < bytes) return std::nullopt;
    out.bytes = static_cast<std::uint64_t>(bytes);
    out.stamp.total = static_cast<std::uint64_t>(total);
    out.stamp.etag = fields.text("etag");
    out.stamp.content_disposition = fields.text("content_disposition");
    out.object = fields.text("object");
    out.boot_id = fields.text("boot_id");
    out.durable = fields.flag("durable");
    if (!fields.problem().empty() || !read_ranges(value, out)) return std::nullopt;
    return out;
}

}  // namespace autobackup::cvat
