// SPDX-License-Identifier: MIT
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/state/sqlite_failure.hpp"
#include "daemon/state/sqlite_open.hpp"
#include "daemon/state/store.hpp"

namespace autobackup::state {

/// Store over one connection. Every call is one transaction that is on disk when it returns.
class SqliteStore final : public Store {
public:
    /// `database` is migrated; `file` is its path, for errors; `identity` is what stood there before it was opened.
    SqliteStore(std::unique_ptr<SQLite::Database> database, std::filesystem::path file, FileIdentity identity);

    [[nodiscard]] bool current() const noexcept override;

    Result<void> begin_run(const model::Run& run) override;
    Result<void> finish_run(const model::Run& run, const std::string& report_json) override;
    Result<std::vector<std::string>> mark_interrupted(const std::string& job) override;
    Result<std::vector<std::string>> history(const std::string& job, std::size_t limit) override;

    Result<std::map<std::string, ItemState>> items(const std::string& job) override;
    Result<void> save_item(const std::string& job, const ItemState& item) override;

    Result<void> save_export(const std::string& job, const PendingExport& pending) override;
    Result<void> forget_export(const std::string& job, const std::string& object) override;
    Result<std::vector<PendingExport>> exports(const std::string& job) override;

    Result<std::optional<std::string>> value(const std::string& job, const std::string& key) override;
    Result<void> set_value(const std::string& job, const std::string& key, const std::string& value) override;

private:
    class Query;

    Result<void> write_end(const model::Run& run, const std::string& report_json);
    void prune(const std::string& job, std::int64_t newest);
    std::int64_t upsert_run(const model::Run& run, const std::string& report_json);
    void insert_items(std::int64_t run, const std::vector<model::Item>& items);
    void insert_stages(std::int64_t run, int item, const std::vector<model::Stage>& stages);

    // The failure of `operation`; after damage the next open is asked to check the file.
    Failure told(const StateError& error, const char* operation) const;

    // Runs `body` under the mutex; what SQLite throws becomes the failure of `operation`.
    template <class Body>
    auto guarded(const char* operation, Body body) -> Result<decltype(body())>;

    std::filesystem::path file_;
    FileIdentity identity_;
    std::unique_ptr<SQLite::Database> database_;
    std::mutex mutex_;
    std::unordered_map<std::string_view, SQLite::Statement> statements_;  // by SQL, which are literals
};

}  // namespace autobackup::state
