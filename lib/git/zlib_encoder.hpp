// SPDX-License-Identifier: MIT
// The zlib stream (RFC 1950) of a pack entry. Private to lib/git.
#pragma once

#include <libdeflate.h>
#include <zlib.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "lib/git/handle.hpp"
#include "lib/git/repository.hpp"

namespace autobackup::git {

/// Encodes one content after another. Stored: blocks of 65535 bytes as they come, no compression (RFC 1951
/// §3.2.4). Compressed at level 6: contents up to 4 MiB as a whole by libdeflate (twice as fast as zlib),
/// longer ones in pieces by zlib. At most 8 MiB of memory, whatever the size.
class ZlibEncoder {
public:
    ZlibEncoder();
    ZlibEncoder(const ZlibEncoder&) = delete;
    ZlibEncoder& operator=(const ZlibEncoder&) = delete;
    ~ZlibEncoder();

    void begin(std::uint64_t size, bool compress);
    /// Encoded bytes go to `put`. Precondition: no more than `size` bytes in all.
    Result<void> update(std::span<const std::byte> bytes, const TakeBytes& put);
    /// Precondition: exactly `size` bytes were given.
    Result<void> finish(const TakeBytes& put);

private:
    enum class Method { stored, whole, streamed };
    Result<void> store(std::span<const std::byte> bytes, const TakeBytes& put);
    Result<void> start_stored(const TakeBytes& put);
    Result<void> finish_stored(const TakeBytes& put);
    Result<void> finish_whole(const TakeBytes& put);
    Result<void> deflate_pieces(std::span<const std::byte> bytes, int flush, const TakeBytes& put);

    Method method_ = Method::stored;
    std::uint64_t left_ = 0;      ///< stored: content bytes not yet encoded
    std::size_t block_left_ = 0;  ///< stored: of the block whose header is out
    std::uint32_t adler_ = 1;
    bool started_ = false;  ///< stored: whether the stream's header is out
    std::unique_ptr<libdeflate_compressor, Freer<&libdeflate_free_compressor>> compressor_;
    z_stream stream_{};
    bool stream_ready_ = false;
    std::vector<std::byte> content_;
    std::vector<std::byte> encoded_;
};

}  // namespace autobackup::git
