// SPDX-License-Identifier: MIT
// Reading a list that may move while it is read: objects appear and vanish between two pages. Pure.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace autobackup::cvat {

/// Collects the pages of one reading of a list and says how to go on.
class PageCollector {
public:
    enum class Next {
        more,   ///< ask for next_path()
        done,   ///< items() is the whole list
        moved,  ///< the list changed between two pages: read it anew
        broken  ///< not a list: problem() says why
    };

    /// `base_path`: path of the configured base URL, for re-basing `next`.
    explicit PageCollector(std::string base_path) : base_path_(std::move(base_path)) {}

    /// The parsed answer of one page: {count, next, results} or, from old servers, a bare list.
    Next take(const boost::json::value& page);

    [[nodiscard]] const std::string& next_path() const noexcept { return next_path_; }
    [[nodiscard]] const std::string& problem() const noexcept { return problem_; }
    [[nodiscard]] boost::json::array& items() noexcept { return items_; }

private:
    Next broken(std::string problem);
    std::size_t add(const boost::json::array& results);

    std::string base_path_;
    std::string next_path_;
    std::string problem_;
    std::optional<std::int64_t> count_;
    std::set<std::string> seen_;
    boost::json::array items_;
};

/// `path_and_query` with page_size and, unless it is there already, sort=id added: by id new objects only
/// lengthen the last page.
std::string with_page_size(std::string_view path_and_query, std::string_view page_size);

}  // namespace autobackup::cvat
