// SPDX-License-Identifier: MIT
// One use of a prepared statement of SqliteStore, and the border between SQLite's exceptions and our results.
#pragma once

#include <cerrno>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "daemon/state/sqlite_open.hpp"
#include "daemon/state/sqlite_store.hpp"

namespace autobackup::state {

/// Binds in order, steps, and gives the statement back reset and without values. `sql` must be a literal.
class SqliteStore::Query {
public:
    Query(SqliteStore& store, std::string_view sql) : store_(store), statement_(prepared(store, sql)) {}
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;
    ~Query() {
        statement_.tryReset();
        statement_.clearBindings();
    }

    Query& add(const std::string& text) { return statement_.bind(++index_, text), *this; }
    Query& add(const char* text) { return statement_.bind(++index_, text), *this; }
    Query& add(std::int64_t number) { return statement_.bind(++index_, number), *this; }
    Query& add(int number) { return statement_.bind(++index_, number), *this; }
    Query& add(double number) { return statement_.bind(++index_, number), *this; }
    Query& add(std::uint64_t number) {
        constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
        return add(static_cast<std::int64_t>(number > largest ? largest : number));
    }
    template <class T>
    Query& add(const std::optional<T>& value) {
        if (value) return add(*value);
        return statement_.bind(++index_), *this;
    }

    bool step() {
        return translated([&] { return statement_.executeStep(); });
    }
    void run() {
        translated([&] { return statement_.exec(); });
    }
    [[nodiscard]] std::string text(int column) const { return statement_.getColumn(column).getString(); }
    [[nodiscard]] std::int64_t number(int column) const { return statement_.getColumn(column).getInt64(); }

private:
    static SQLite::Statement& prepared(SqliteStore& store, std::string_view sql) {
        const auto found = store.statements_.find(sql);
        if (found != store.statements_.end()) return found->second;
        return store.statements_.emplace(sql, SQLite::Statement(*store.database_, std::string(sql)))
            .first->second;
    }

    // At once: the destructor's reset overwrites what the system said.
    template <class Step>
    auto translated(Step step) -> decltype(step()) {
        errno = 0;
        try {
            return step();
        } catch (const SQLite::Exception& error) {
            throw state_error(error, *store_.database_, std::string(), store_.file_);
        }
    }

    SqliteStore& store_;
    SQLite::Statement& statement_;
    int index_ = 0;
};

template <class Body>
auto SqliteStore::guarded(const char* operation, Body body) -> Result<decltype(body())> {
    const std::lock_guard lock(mutex_);
    errno = 0;
    try {
        if constexpr (std::is_void_v<decltype(body())>) {
            body();
            return {};
        } else {
            return body();
        }
    } catch (const StateError& error) {
        return told(error, operation);
    } catch (const SQLite::Exception& error) {
        return told(state_error(error, *database_, std::string(), file_), operation);
    }
}

}  // namespace autobackup::state
