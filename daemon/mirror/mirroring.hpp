// SPDX-License-Identifier: MIT
// The steps of bringing one mirror up to date. Private to daemon/mirror. Loop thread; the disk is used on workers.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "daemon/mirror/large.hpp"
#include "daemon/mirror/local.hpp"
#include "daemon/mirror/mirror.hpp"
#include "daemon/mirror/plan.hpp"

namespace autobackup::mirror {

class Mirroring {
public:
    Mirroring(Context& context, Repository what, model::Item& item);
    Mirroring(const Mirroring&) = delete;
    Mirroring& operator=(const Mirroring&) = delete;
    ~Mirroring();
    Awaitable<void> run();

private:
    using Clock = std::chrono::steady_clock;
    /// What a fetch is to bring, and where to.
    struct Order {
        std::filesystem::path place;
        std::vector<Oid> wants, haves;
    };

    void begin_step(const char* name);
    Awaitable<Result<void>> inspect();
    Awaitable<void> look_here(Result<void>& done);
    Awaitable<Result<void>> compare(Result<remote::Advertisement> listed);
    Awaitable<Result<remote::Advertisement>> list_once();
    [[nodiscard]] bool is_up_to_date() const;
    Awaitable<Result<void>> bring();
    Awaitable<Result<void>> bring_once();
    Awaitable<Result<Order>> prepare();
    Result<Order> prepare_now();
    Result<std::vector<Oid>> wants_of(const git::Repository& repository);
    Awaitable<Result<void>> fetch(const Order& order);
    Awaitable<Result<std::filesystem::path>> index(const Order& order);
    Awaitable<Result<void>> take_in(const Order& order, std::filesystem::path index);
    Result<void> take_in_now(const Order& order, const std::filesystem::path& index);
    Result<void> note_large(const std::filesystem::path& place, const PointerCollector& pointers) const;
    Awaitable<void> large();
    Result<std::vector<LargeFile>> large_list();
    void dry_run();
    void finish();
    void add_stage(const char* name, Clock::time_point begin, std::optional<std::uint64_t> bytes, std::optional<int> attempts);
    [[nodiscard]] bool over_http() const;

    Context& context_;
    Repository what_;
    model::Item& item_;
    std::unique_ptr<remote::Remote> remote_;
    Local local_;
    Wanted wanted_;
    Plan plan_;
    std::optional<Oid> head_after_;
    std::string step_ = "inspect";  // the stage at work, for a failure
    std::uint64_t fetched_bytes_ = 0;
    int attempts_ = 0;
    bool broken_ = false;           // objects of the mirror are missing: all are asked for again
};

}  // namespace autobackup::mirror
