// SPDX-License-Identifier: MIT
// Continuing a download: "the URL is not the file" (contract §5). A re-export puts another file, or the same
// one with another ETag, under the same URL; only total length and Content-Disposition (its time is the
// version) tell. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/core/failure.hpp"
#include "lib/http/client.hpp"

namespace autobackup::cvat {

/// What identifies the bytes of a file on the server.
struct FileStamp {
    std::string etag;
    std::string content_disposition;
    std::uint64_t total = 0;  ///< length of the whole file; 0 = not told
};

/// Content-Range of a 206: "bytes 1000-52463/52464"; of a 416: "bytes */52464".
struct ContentRange {
    std::optional<std::uint64_t> first, last, total;
};
std::optional<ContentRange> parse_content_range(std::string_view text);

/// The stamp of a 200 or 206.
FileStamp stamp_of(const http::ResponseHead& head);

/// The same file, so that bytes from both may be put together: an equal length and Content-Disposition (after
/// a re-export that changed nothing the ETag differs all the same); where no Content-Disposition comes, an
/// equal ETag. Without a length never.
bool same_file(const FileStamp& have, const FileStamp& offered);

/// What to do with the head of an answer to a download request.
enum class TakeBody {
    from_start,  ///< write from byte 0
    append,      ///< continue at our offset
    restart,     ///< another file: ask again without Range
    refuse,      ///< no file: `problem` says why
    not_a_file   ///< another status: the body is an error to be read
};
struct TakeDecision {
    TakeBody action = TakeBody::not_a_file;
    std::string problem;
};
/// `offset`: where our part ends; 0 when none was asked for.
TakeDecision decide_take(const http::ResponseHead& head, std::uint64_t offset, const FileStamp& have);

/// How the server says that no file comes, from status and body of the answer.
enum class DownloadProblem {
    expired,       ///< the result is gone: ask for the export again
    not_finished,  ///< the export runs (again): poll
    result_lost,   ///< family A: the record is alive, its file is not: needs the escape call
    changed,       ///< 412: the ETag moved
    out_of_range,  ///< 416: our part is longer than the file
    other          ///< see the Failure
};
DownloadProblem classify_download(int status, std::string_view body);

/// The first bytes of a ZIP: a member, or the end record of an empty one.
bool looks_like_zip(std::string_view first_bytes);

/// The side file of a partial download.
struct ResumeNote {
    FileStamp stamp;
    std::string object;       ///< "project 12 of lab"
    std::uint64_t bytes = 0;  ///< written for sure
    std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;  ///< of a file that comes in parts: which bytes, [begin, end)
    std::string boot_id;      ///< after a reboot the tail of the file may be zeros: then it is not used …
    bool durable = false;     ///< … unless all of these bytes were fsynced before this was written
};
std::string to_json(const ResumeNote& note);
std::optional<ResumeNote> parse_resume_note(std::string_view text);

}  // namespace autobackup::cvat
