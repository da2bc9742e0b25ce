// SPDX-License-Identifier: MIT
// What drills have asked CVAT servers for and have not taken away again, as the state remembers it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "daemon/state/store.hpp"
#include "lib/core/instant.hpp"
#include "lib/cvat/types.hpp"

namespace autobackup::checks {

/// A project or task that a drill has asked a server for. Its name holds the id of the drill's run: nobody else has one of that name.
struct Remnant {
    std::string url, server;   ///< where it is, and how people call that
    std::string organization;  ///< slug; "" = the account's own space
    cvat::Kind kind = cvat::Kind::project;
    std::string name;
    std::int64_t id = 0;  ///< 0: whether it is there, and under which id, is not known (yet)
    Instant created{};    ///< by the server; Instant(): not known
    Instant noted{};      ///< before its upload began
    friend bool operator==(const Remnant&, const Remnant&) = default;
};

/// "project 31 "autobackupd drill …" of staging".
std::string words_of(const Remnant& remnant);

std::string to_text(const std::vector<Remnant>& remnants);
/// What cannot be read is left out.
std::vector<Remnant> parse_remnants(const std::string& text);

/// The list of one job. Every change is in the state before it returns. Synchronous; worker threads, one at a time.
class Remnants {
public:
    /// The store may not be null.
    static Result<Remnants> load(std::shared_ptr<state::Store> store, std::string job);

    [[nodiscard]] const std::vector<Remnant>& all() const { return all_; }
    Result<void> add(Remnant remnant);
    /// The one of that server and name whose id is not known.
    Result<void> know(const std::string& url, const std::string& name, std::int64_t id, Instant created);
    Result<void> forget(const Remnant& remnant);

private:
    Remnants(std::shared_ptr<state::Store> store, std::string job) : store_(std::move(store)), job_(std::move(job)) {}
    Result<void> save();

    std::shared_ptr<state::Store> store_;
    std::string job_;
    std::vector<Remnant> all_;
};

}  // namespace autobackup::checks
