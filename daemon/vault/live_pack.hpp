// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <mutex>
#include <optional>

#include "lib/async/workers.hpp"
#include "lib/git/repository.hpp"
#include "lib/http/client.hpp"

namespace autobackup::vault {

/// A pack as a request body while the vault still writes it. The last bytes (its checksum, without which no server accepts a pack) are
/// held back until release(): until the commit was read back, is on the disk, and the vault's branch stands at it. What is not released
/// ends as a failure of read(), and the connection breaks off. Lives in a shared_ptr.
class LivePack final : public http::BodySource, public git::PackTap, public std::enable_shared_from_this<LivePack> {
public:
    /// `loop`: where the body is read. A pack with less content than `least` bytes is not worth it: begun() says nullopt.
    LivePack(asio::any_io_executor loop, async::Workers& workers, std::uint64_t least);

    // -- the vault's side: worker threads --
    /// The commit that will be written, and the tip that it stands on; before begin().
    void announce(const git::Oid& commit, const std::optional<git::Oid>& parent);
    void begin(FileDescriptor file, std::uint64_t content_bytes) override;
    void written(std::uint64_t bytes) override;
    void complete(std::uint64_t bytes) override;

    // -- the loop's side --
    struct Begun {
        git::Oid commit;
        std::optional<git::Oid> parent;
    };
    /// Waits until a pack worth sending begins; nullopt: none will.
    Awaitable<std::optional<Begun>> begun();
    /// The commit stands in the vault.
    void release() { end(State::released); }
    /// There is no such commit (a failure, or nothing to write). After release() without effect.
    void give_up() { end(State::given_up); }
    /// Bytes read so far.
    [[nodiscard]] std::uint64_t sent() const noexcept { return sent_; }

    [[nodiscard]] std::optional<std::uint64_t> size() const override { return std::nullopt; }
    Awaitable<Result<std::size_t>> read(std::span<std::byte> buffer) override;
    /// A live pack is sent once.
    bool rewind() override { return sent_ == 0; }

private:
    enum class State { waiting, writing, released, given_up };
    void end(State state);
    void notify();
    Awaitable<void> wait();
    /// What may be sent now, and whether that is all.
    struct Ready {
        std::uint64_t bytes = 0;
        bool last = false;
        bool failed = false;
        bool settled = false;  ///< all of it was synced and read back
    };
    Ready ready();
    void drop_sent();  ///< on a worker, while nothing else of the loop's side runs

    asio::any_io_executor loop_;
    async::Workers& workers_;
    std::uint64_t least_;
    asio::steady_timer changed_;  ///< never expires; cancelled when something is new
    std::uint64_t sent_ = 0;
    std::uint64_t dropped_ = 0;  ///< of which so many were given back to the system

    std::mutex mutex_;  ///< guards what follows
    State state_ = State::waiting;
    Begun begun_;
    FileDescriptor file_;
    std::uint64_t written_ = 0;
    std::uint64_t total_ = 0;  ///< 0: not complete
};

}  // namespace autobackup::vault
