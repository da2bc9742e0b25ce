// SPDX-License-Identifier: MIT
#include "lib/zip/inflate.hpp"

#include <libdeflate.h>
#include <zlib.h>

#include <new>
#include <optional>
#include <vector>

#include "lib/zip/format.hpp"

namespace autobackup::zip {
namespace {

constexpr int raw_deflate = -15;  // negative: no zlib header; largest window

struct DecompressorDeleter {
    void operator()(libdeflate_decompressor* one) const noexcept { libdeflate_free_decompressor(one); }
};

}  // namespace

struct Inflater::State {
    ~State() {
        if (stream_ready) inflateEnd(&stream);
    }
    Bytes room() {
        if (output.empty()) output.resize(whole_limit);
        return output;
    }

    std::unique_ptr<libdeflate_decompressor, DecompressorDeleter> decompressor;
    z_stream stream{};
    bool stream_ready = false;
    std::vector<std::byte> output;
};

Inflater::Inflater() : state_(std::make_unique<State>()) {}
Inflater::~Inflater() = default;

std::optional<Bytes> Inflater::whole(Bytes compressed, std::size_t size) {
    State& state = *state_;
    state.room();
    if (!state.decompressor) state.decompressor.reset(libdeflate_alloc_decompressor());
    if (!state.decompressor) throw std::bad_alloc();
    std::size_t used = 0;
    std::size_t made = 0;
    const auto result =
        libdeflate_deflate_decompress_ex(state.decompressor.get(), compressed.data(), compressed.size(),
                                         state.output.data(), size, &used, &made);
    if (result != LIBDEFLATE_SUCCESS || used != compressed.size() || made != size) return std::nullopt;
    return Bytes(state.output).first(size);
}

void Inflater::begin() {
    State& state = *state_;
    state.room();
    ended_ = false;
    const int done =
        state.stream_ready ? inflateReset(&state.stream) : inflateInit2(&state.stream, raw_deflate);
    if (done != Z_OK) throw std::bad_alloc();
    state.stream_ready = true;
}

Result<void> Inflater::feed(Bytes compressed, const Take& take, bool& bad) {
    State& state = *state_;
    z_stream& stream = state.stream;
    // zlib's input pointer is not const in this build of its header, but it only reads.
    stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(compressed.data()));
    stream.avail_in = static_cast<uInt>(compressed.size());
    for (bool more = !compressed.empty(); more;) {
        if (ended_) {
            bad = true;
            return {};
        }
        stream.next_out = reinterpret_cast<Bytef*>(state.output.data());
        stream.avail_out = static_cast<uInt>(piece_bytes);
        const int done = inflate(&stream, Z_NO_FLUSH);
        ended_ = done == Z_STREAM_END;
        if (!ended_ && done != Z_OK && done != Z_BUF_ERROR) {
            bad = true;
            return {};
        }
        const std::size_t made = piece_bytes - stream.avail_out;
        if (made > 0) {
            const auto taken = take(Bytes(state.output).first(made));
            if (!taken) return taken.error();
        }
        // A full output buffer may hide more output although no input is left.
        more = stream.avail_in > 0 || (stream.avail_out == 0 && !ended_);
    }
    return {};
}

}  // namespace autobackup::zip
