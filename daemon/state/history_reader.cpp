// SPDX-License-Identifier: MIT
#include "daemon/state/history_reader.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <utility>

#include "daemon/state/schema.hpp"
#include "daemon/state/sqlite_failure.hpp"
#include "lib/core/text.hpp"

namespace autobackup::state {
namespace {

Failure not_ours(const std::filesystem::path& file, std::string why) {
    return fail(Errc::state_invalid, "open", file.string(), std::move(why));
}

// A reader does not migrate: what it asks for has been there since version 1.
Result<void> check_version(SQLite::Database& database, const std::filesystem::path& file) {
    const int version = database.execAndGet("PRAGMA user_version").getInt();
    if (database.execAndGet("PRAGMA application_id").getInt() != application_id) return not_ours(file, "it is not a state database of this program");
    const auto known = static_cast<int>(migrations().size());
    if (version > known) {
        return not_ours(file, "the state is of version " + std::to_string(version) + ", this program knows up to " + std::to_string(known));
    }
    return {};
}

}  // namespace

struct HistoryReader::Impl {
    Impl(const std::filesystem::path& path, int patience)
        : file(path), database(path.string(), SQLite::OPEN_READONLY | SQLite::OPEN_NOMUTEX, patience) {}

    // What SQLite throws in `body` becomes the failure of `operation`.
    template <class Body>
    auto guarded(const char* operation, Body body) -> Result<decltype(body())> {
        errno = 0;
        try {
            return body();
        } catch (const SQLite::Exception& error) {
            return state_error(error, database, operation, file).failure;
        }
    }

    std::filesystem::path file;
    SQLite::Database database;
};

HistoryReader::HistoryReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HistoryReader::HistoryReader(HistoryReader&&) noexcept = default;
HistoryReader& HistoryReader::operator=(HistoryReader&&) noexcept = default;
HistoryReader::~HistoryReader() = default;

Result<HistoryReader> HistoryReader::open(const std::filesystem::path& file, std::chrono::milliseconds busy_timeout) {
    if (::access(file.c_str(), R_OK) != 0) {
        if (errno == ENOENT) return fail(Errc::not_found, "open", file.string(), "no run was recorded here yet");
        return fail_errno(errno, "open", file.string());
    }
    std::unique_ptr<Impl> impl;
    try {
        impl = std::make_unique<Impl>(file, static_cast<int>(busy_timeout.count()));
    } catch (const SQLite::Exception& error) {
        return sqlite_failure(error.getErrorCode(), 0, error.what(), "open", file);
    }
    errno = 0;
    try {
        if (const Result<void> checked = check_version(impl->database, file); !checked) return checked.error();
    } catch (const SQLite::Exception& error) {
        return state_error(error, impl->database, "open", file).failure;
    }
    return HistoryReader(std::move(impl));
}

Result<std::vector<std::string>> HistoryReader::reports(const std::string& job, std::size_t limit) {
    return impl_->guarded("read history", [&] {
        SQLite::Statement query(impl_->database,
                                "SELECT report FROM runs WHERE report IS NOT NULL AND (?1 = '' OR job = ?1 OR (substr(?1, -1) = '/' AND (job = rtrim(?1, '/') "
                                "OR substr(job, 1, length(?1)) = ?1))) ORDER BY seq DESC LIMIT ?2");
        query.bind(1, job);
        query.bind(2, static_cast<std::int64_t>(limit));
        std::vector<std::string> found;
        while (query.executeStep()) found.push_back(query.getColumn(0).getString());
        return found;
    });
}

Result<std::vector<std::string>> HistoryReader::ids(const std::string& prefix, std::size_t limit) {
    std::string from = prefix;
    std::transform(from.begin(), from.end(), from.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return impl_->guarded("look for a run", [&] {
        SQLite::Statement query(impl_->database,
                                "SELECT run_id FROM runs WHERE substr(run_id, 1, length(?1)) = ?1 GROUP BY run_id ORDER BY max(seq) DESC LIMIT ?2");
        query.bind(1, from);
        query.bind(2, static_cast<std::int64_t>(limit));
        std::vector<std::string> found;
        while (query.executeStep()) found.push_back(query.getColumn(0).getString());
        return found;
    });
}

Result<std::optional<std::string>> HistoryReader::report(const std::string& run_id) {
    return impl_->guarded("read a report", [&] {
        SQLite::Statement query(impl_->database, "SELECT report FROM runs WHERE run_id = ? AND report IS NOT NULL ORDER BY seq DESC LIMIT 1");
        query.bind(1, run_id);
        std::optional<std::string> found;
        if (query.executeStep()) found = query.getColumn(0).getString();
        return found;
    });
}

Result<std::optional<std::string>> HistoryReader::value(const std::string& job, const std::string& key) {
    return impl_->guarded("read a value", [&] {
        SQLite::Statement query(impl_->database, "SELECT value FROM job_values WHERE job = ? AND key = ?");
        query.bind(1, job);
        query.bind(2, key);
        std::optional<std::string> found;
        if (query.executeStep()) found = query.getColumn(0).getString();
        return found;
    });
}

Result<std::string> only_run(HistoryReader& history, const std::string& prefix) {
    constexpr std::size_t most = 100;
    const Result<std::vector<std::string>> found = history.ids(prefix, most);
    if (!found) return found.error();
    if (found->empty() || prefix.empty()) return fail(Errc::not_found, "find run", one_line(prefix), "there is no such run");
    if (found->size() == 1) return found->front();
    const std::string many = found->size() == most ? "100 or more" : std::to_string(found->size());
    return fail(Errc::bad_request, "find run", one_line(prefix), many + " runs begin so, the latest is " + found->front());
}

}  // namespace autobackup::state
