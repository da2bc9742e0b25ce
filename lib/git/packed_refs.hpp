// SPDX-License-Identifier: MIT
// packed-refs: rows "<40 hex> <name>", under that of a tag "^<40 hex>" with what it stands for (git's refs/packed-backend.c). Private to
// lib/git. Flat, since a mirror has tens of thousands of rows, and they are read at each look at it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/git/oid.hpp"
#include "lib/git/repository.hpp"

namespace autobackup::git {

/// What a tag object stands for; nothing for any other object.
using PeelTag = std::function<std::optional<Oid>(const Oid&)>;

/// The rows of a packed-refs file, by name, each name once.
class PackedRefs {
public:
    struct Row {
        [[nodiscard]] std::string_view name() const noexcept { return {at + name_begins, name_bytes}; }
        /// As it stands in the file, with the row of what it stands for.
        [[nodiscard]] std::string_view text() const noexcept { return {at, bytes}; }
        const char* at = nullptr;
        std::uint32_t name_bytes = 0;
        std::uint32_t bytes = 0;
        Oid oid;
        static constexpr std::size_t name_begins = 41;  // behind the object's name and a blank
    };

    /// Nothing when a line is not a ref. Rows in another order than by name are sorted; of several with one name the last one counts.
    static std::optional<PackedRefs> parse(std::string text);

    [[nodiscard]] std::vector<Row>::const_iterator begin() const noexcept { return rows_.begin(); }
    [[nodiscard]] std::vector<Row>::const_iterator end() const noexcept { return rows_.end(); }
    /// The first row whose name is not before `name`.
    [[nodiscard]] std::vector<Row>::const_iterator first_from(std::string_view name) const noexcept;
    /// Null when there is none.
    [[nodiscard]] const Row* find(std::string_view name) const noexcept;
    [[nodiscard]] bool contains(std::string_view name) const noexcept { return find(name) != nullptr; }
    /// The first name that begins so; empty when there is none.
    [[nodiscard]] std::string_view first_below(std::string_view prefix) const noexcept;

    /// Text of a file in which `changes` are made (a zero target: the row is left out; of several of a name the last one counts). All others
    /// stay as they are; where the file did not say of each tag what it stands for, `peel` is asked.
    [[nodiscard]] std::string with(const std::vector<RefChange>& changes, const PeelTag& peel) const;

private:
    bool add_row(std::string_view line);
    bool add_peeled(std::string_view line);
    void sort();

    std::unique_ptr<const std::string> text_;  ///< rows point into it
    std::vector<Row> rows_;
    bool fully_peeled_ = true;                 ///< its header says that no tag is without what it stands for
};

/// The changes by name; of several of a name the last one.
std::vector<const RefChange*> by_name(const std::vector<RefChange>& changes);

}  // namespace autobackup::git
