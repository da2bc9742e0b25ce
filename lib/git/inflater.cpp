// SPDX-License-Identifier: MIT
#include <libdeflate.h>

#include <algorithm>
#include <new>

#include "lib/git/file_window.hpp"
#include "lib/git/pack_format.hpp"

namespace autobackup::git {

namespace {

constexpr std::size_t output_bytes = std::size_t{128} << 10;

Failure damaged(const FileWindow& file, std::uint64_t offset, const std::string& what) {
    return fail(Errc::repository_invalid, "unpack", file.name().string(),
                "the entry at offset " + std::to_string(offset) + " is damaged: " + what);
}

/// Reads a stream's bytes and keeps the CRC of them.
class StreamBytes {
public:
    StreamBytes(FileWindow& file, std::uint64_t offset, std::uint64_t end, std::uint32_t crc_so_far) noexcept
        : crc(crc_so_far), at(offset), file_(file), end_(end) {}
    /// Fewer bytes than asked for: the stream ends too early.
    Result<std::size_t> copy(std::span<std::byte> bytes) {
        const Result<std::size_t> got = file_.copy(at, end_, bytes);
        if (got) pass(bytes.first(*got));
        return got;
    }
    Result<std::span<const std::byte>> next(std::size_t most) {
        Result<std::span<const std::byte>> piece = file_.at(at, std::min<std::uint64_t>(end_, at + most));
        if (piece) pass(*piece);
        return piece;
    }
    [[nodiscard]] bool at_end() const noexcept { return at >= end_; }

    std::uint32_t crc;
    std::uint64_t at;

private:
    void pass(std::span<const std::byte> bytes) noexcept {
        crc = libdeflate_crc32(crc, bytes.data(), bytes.size());
        at += bytes.size();
    }
    FileWindow& file_;
    std::uint64_t end_;
};

}  // namespace

Inflater::Inflater() : output_(output_bytes) {
    if (inflateInit(&stream_) != Z_OK) throw std::bad_alloc();
}

Inflater::~Inflater() {
    inflateEnd(&stream_);
}

Result<std::uint64_t> Inflater::run(FileWindow& file, std::uint64_t offset, std::uint64_t end,
                                    const TakeBytes& take, std::uint32_t* crc) {
    const Result<StoredRun> stored = run_stored(file, offset, end, take, crc);
    if (!stored) return stored.error();
    if (stored->behind != 0) return stored->behind;
    // Something else than stored blocks came up, which may refer back to what lies before it: unpack from the
    // beginning, and leave out what was given already.
    std::uint64_t skip = stored->given;
    const auto take_rest = [&skip, &take](std::span<const std::byte> bytes) -> Result<void> {
        const std::size_t left_out = static_cast<std::size_t>(std::min<std::uint64_t>(skip, bytes.size()));
        skip -= left_out;
        bytes = bytes.subspan(left_out);
        return bytes.empty() ? Result<void>() : take(bytes);
    };
    return run_inflate(file, offset, end, take_rest, crc);
}

// Our own media blobs are nothing but stored blocks: their content goes from the file's window straight to
// the consumer, which is several times faster than zlib's inflate with its copy and its slow adler sum.
Result<Inflater::StoredRun> Inflater::run_stored(FileWindow& file, std::uint64_t offset, std::uint64_t end,
                                                 const TakeBytes& take, std::uint32_t* crc) {
    StreamBytes bytes(file, offset, end, crc != nullptr ? *crc : 0);
    StoredRun run;
    std::array<std::byte, 2> front{};
    const Result<std::size_t> fronted = bytes.copy(front);
    if (!fronted) return fronted.error();
    if (*fronted != front.size() || front[0] != std::byte{0x78} || front[1] != std::byte{0x01}) return run;
    std::uint32_t adler = 1;
    for (bool last = false; !last;) {
        std::array<std::byte, 5> block{};
        const Result<std::size_t> headed = bytes.copy(block);
        if (!headed) return headed.error();
        const unsigned length = std::to_integer<unsigned>(block[1]) | std::to_integer<unsigned>(block[2])
                                                                          << 8;
        const unsigned inverse = std::to_integer<unsigned>(block[3]) | std::to_integer<unsigned>(block[4])
                                                                           << 8;
        if (*headed != block.size() || std::to_integer<unsigned>(block[0]) > 1 ||
            (length ^ inverse) != 0xffff)
            return run;
        last = block[0] == std::byte{1};
        for (std::size_t left = length; left != 0;) {
            if (bytes.at_end()) return damaged(file, offset, "it is cut off");
            const Result<std::span<const std::byte>> piece = bytes.next(left);
            if (!piece) return piece.error();
            adler = libdeflate_adler32(adler, piece->data(), piece->size());
            const Result<void> taken = take(*piece);
            if (!taken) return taken.error();
            left -= piece->size();
            run.given += piece->size();
        }
    }
    std::array<std::byte, 4> sum{};
    const Result<std::size_t> summed = bytes.copy(sum);
    if (!summed) return summed.error();
    if (*summed != sum.size()) return damaged(file, offset, "it is cut off");
    if (get32(reinterpret_cast<const unsigned char*>(sum.data())) != adler)
        return damaged(file, offset, "its checksum differs");
    if (crc != nullptr) *crc = bytes.crc;
    run.behind = bytes.at;
    return run;
}

Result<std::uint64_t> Inflater::run_inflate(FileWindow& file, std::uint64_t offset, std::uint64_t end,
                                            const TakeBytes& take, std::uint32_t* crc) {
    const std::uint64_t start = offset;
    inflateReset(&stream_);
    for (;;) {
        if (offset >= end) return damaged(file, start, "it is cut off");
        const Result<std::span<const std::byte>> input = file.at(offset, end);
        if (!input) return input.error();
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(input->data()));
        stream_.avail_in = static_cast<uInt>(input->size());
        int state = Z_OK;
        do {
            stream_.next_out = reinterpret_cast<Bytef*>(output_.data());
            stream_.avail_out = static_cast<uInt>(output_.size());
            state = inflate(&stream_, Z_NO_FLUSH);
            if (state != Z_OK && state != Z_STREAM_END && state != Z_BUF_ERROR) {
                return damaged(file, start, stream_.msg != nullptr ? stream_.msg : "not a zlib stream");
            }
            const std::size_t made = output_.size() - stream_.avail_out;
            if (made == 0) continue;
            const Result<void> taken = take(std::span<const std::byte>(output_).first(made));
            if (!taken) return taken.error();
        } while (state == Z_OK && (stream_.avail_in != 0 || stream_.avail_out == 0));
        const std::size_t used = input->size() - stream_.avail_in;
        if (crc != nullptr) *crc = libdeflate_crc32(*crc, input->data(), used);
        offset += used;
        if (state == Z_STREAM_END) return offset;
    }
}

}  // namespace autobackup::git
