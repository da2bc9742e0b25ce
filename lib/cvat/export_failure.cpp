// SPDX-License-Identifier: MIT
#include "lib/cvat/export_failure.hpp"

#include <array>

#include "lib/core/text.hpp"

namespace autobackup::cvat {

namespace {

struct Rule {
    std::string_view pattern;  ///< anywhere in the message
    ExportFailureKind kind;
};

// In order; the first that matches counts. Messages as seen on 2.14.4 and 2.54.1, or read in the source of rq
// and CVAT.
constexpr std::array rules{
    Rule{"JobTimeoutException",
         {Errc::export_failed, false, "the export ran into the server's time limit for one job",
          "the limit is 4 h on a server as delivered: back the project up task by task"}},
    Rule{"Work-horse terminated",
         {Errc::export_failed, true, "the server's export process was killed",
          "most often its memory ran out: look at the export worker on the server"}},
    Rule{"Work-horse process",
         {Errc::export_failed, true, "the server's export process was killed",
          "most often its memory ran out: look at the export worker on the server"}},
    Rule{"AbandonedJobError",
         {Errc::export_failed, true, "the server's export worker died while it worked on this", ""}},
    Rule{"stuck in intermediate queue",
         {Errc::export_failed, true, "the server's export worker died before it began", ""}},
    Rule{"No space left on device",
         {Errc::export_failed, false, "the server's disk is full",
          "the server builds every backup on the disk of its media: make room there"}},
    Rule{"ENOSPC",
         {Errc::export_failed, false, "the server's disk is full",
          "make room on the disk of the server's media"}},
    Rule{"timestamps before 1980",
         {Errc::export_failed, false, "a media file on the server has a date before 1980",
          "give the file a newer modification time on the server: ZIP cannot hold this one"}},
    Rule{"FileNotFoundError",
         {Errc::export_failed, false, "a file of the object's data is missing on the server",
          "a connected share may not be mounted, or a file on it was moved"}},
    Rule{"Such a project does not exist",
         {Errc::not_found, false, "the project was deleted while the export waited", ""}},
    Rule{"Such a task does not exist",
         {Errc::not_found, false, "the task was deleted while the export waited", ""}},
    Rule{"task without data", {Errc::no_data, false, "the task has no data", ""}},
    Rule{"force_zip64",
         {Errc::export_failed, false, "the annotations of one task are too large for the server's ZIP writer",
          "split the task: its annotations.json has more than 2 GiB"}},
    Rule{"cloud storage is not currently supported",
         {Errc::unsupported, false, "this server cannot back up cloud storage data", ""}},
    Rule{"backing up tasks with data from cloud storage",
         {Errc::unsupported, false, "this server cannot back up tasks with data from a cloud storage",
          "it needs CVAT 2.29 or later"}},
    Rule{"LockNotAvailable",
         {Errc::export_failed, true, "the server's export cache was locked by another export", ""}},
    Rule{"acquire lock",
         {Errc::export_failed, true, "the server's export cache was locked by another export", ""}},
    Rule{"LockError",
         {Errc::export_failed, true, "the server's export cache was locked by another export", ""}},
    Rule{"MemoryError", {Errc::export_failed, true, "the server's memory ran out", ""}},
    Rule{"PermissionError",
         {Errc::export_failed, false, "the server may not read a file of the object's data", ""}},
    Rule{"ValidationError", {Errc::export_failed, false, "the server refuses to export this object", ""}},
    Rule{"DoesNotExist",
         {Errc::export_failed, false, "something that the object refers to is gone on the server", ""}},
    Rule{"ValueError", {Errc::export_failed, false, "the export fails on the object's content", ""}},
    Rule{"TypeError", {Errc::export_failed, false, "the export fails on the object's content", ""}},
    Rule{"KeyError", {Errc::export_failed, false, "the export fails on the object's content", ""}},
    Rule{"AttributeError", {Errc::export_failed, false, "the export fails on the object's content", ""}},
};

}  // namespace

ExportFailureKind classify_export_failure(std::string_view server_message) {
    for (const Rule& rule : rules) {
        if (server_message.find(rule.pattern) != std::string_view::npos) return rule.kind;
    }
    return {Errc::export_failed, true, "the server says that the export failed", ""};
}

Failure export_failure(std::string_view server_message, std::string object) {
    const ExportFailureKind kind = classify_export_failure(server_message);
    // Servers before 2.11 leave a whole traceback; its last line is the reason.
    std::string_view words = trim(server_message);
    if (words.starts_with("Traceback")) words = trim(words.substr(words.rfind('\n') + 1));
    Failure failure =
        fail(kind.code, "export", std::move(object), std::string(kind.message), cut_peer_words(words));
    failure.transient = kind.transient;
    failure.hint = std::string(kind.hint);
    return failure;
}

}  // namespace autobackup::cvat
