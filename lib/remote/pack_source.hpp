// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "lib/async/workers.hpp"
#include "lib/git/repository.hpp"
#include "lib/http/client.hpp"

namespace autobackup::remote {

/// A pack as a request body: read on a worker, a piece at a time, so that memory stays flat. Loop thread.
class PackSource final : public http::BodySource {
public:
    PackSource(async::Workers& workers, git::PackReader reader) : workers_(workers), reader_(std::move(reader)) {}

    [[nodiscard]] std::optional<std::uint64_t> size() const override { return reader_.size(); }
    Awaitable<Result<std::size_t>> read(std::span<std::byte> buffer) override {
        auto work = [this, buffer] { return reader_.read(buffer); };
        co_return co_await workers_.run(std::move(work));
    }
    bool rewind() override {
        reader_.rewind();
        return true;
    }

private:
    async::Workers& workers_;
    git::PackReader reader_;
};

/// A pack of `objects` of the repository at `path`, which is opened on a worker. Objects that it lacks are errors of the reader. Loop thread.
Awaitable<Result<std::shared_ptr<PackSource>>> make_pack_source(async::Workers& workers, std::filesystem::path path, std::vector<git::Oid> objects);

}  // namespace autobackup::remote
