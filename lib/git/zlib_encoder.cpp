// SPDX-License-Identifier: MIT
#include "lib/git/zlib_encoder.hpp"

#include <algorithm>
#include <new>

#include "lib/git/pack_format.hpp"

namespace autobackup::git {

namespace {

constexpr int level = 6;
constexpr std::uint64_t whole_limit = std::uint64_t{4} << 20;
constexpr std::size_t longest_block = 65'535;
constexpr std::size_t encoded_bytes = std::size_t{64} << 10;

template <class Byte, std::size_t size>
std::span<const std::byte> bytes_of(const Byte (&raw)[size]) {
    return std::as_bytes(std::span<const Byte>(raw, size));
}

}  // namespace

ZlibEncoder::ZlibEncoder() = default;

ZlibEncoder::~ZlibEncoder() {
    if (stream_ready_) deflateEnd(&stream_);
}

void ZlibEncoder::begin(std::uint64_t size, bool compress) {
    left_ = size;
    block_left_ = 0;
    adler_ = 1;
    started_ = false;
    content_.clear();
    method_ = !compress ? Method::stored : size <= whole_limit ? Method::whole : Method::streamed;
    if (method_ == Method::whole && compressor_ == nullptr) {
        compressor_.reset(libdeflate_alloc_compressor(level));
        if (compressor_ == nullptr) throw std::bad_alloc();
    }
    if (method_ != Method::streamed) return;
    if (stream_ready_) {
        deflateReset(&stream_);
    } else {
        if (deflateInit(&stream_, level) != Z_OK) throw std::bad_alloc();
        stream_ready_ = true;
    }
}

Result<void> ZlibEncoder::update(std::span<const std::byte> bytes, const TakeBytes& put) {
    switch (method_) {
        case Method::stored:
            return store(bytes, put);
        case Method::whole:
            content_.insert(content_.end(), bytes.begin(), bytes.end());
            return {};
        case Method::streamed:
            return deflate_pieces(bytes, Z_NO_FLUSH, put);
    }
    return {};
}

Result<void> ZlibEncoder::finish(const TakeBytes& put) {
    switch (method_) {
        case Method::stored:
            return finish_stored(put);
        case Method::whole:
            return finish_whole(put);
        case Method::streamed:
            return deflate_pieces({}, Z_FINISH, put);
    }
    return {};
}

Result<void> ZlibEncoder::store(std::span<const std::byte> bytes, const TakeBytes& put) {
    const Result<void> started = start_stored(put);
    if (!started) return started;
    while (!bytes.empty()) {
        if (block_left_ == 0) {
            block_left_ = static_cast<std::size_t>(std::min<std::uint64_t>(left_, longest_block));
            const bool last = left_ == block_left_;
            const auto length = static_cast<unsigned>(block_left_);
            const unsigned char header[] = {
                static_cast<unsigned char>(last), static_cast<unsigned char>(length),
                static_cast<unsigned char>(length >> 8), static_cast<unsigned char>(~length),
                static_cast<unsigned char>(~length >> 8)};
            const Result<void> done = put(bytes_of(header));
            if (!done) return done;
        }
        const std::span<const std::byte> piece = bytes.first(std::min(bytes.size(), block_left_));
        adler_ = libdeflate_adler32(adler_, piece.data(), piece.size());
        const Result<void> done = put(piece);
        if (!done) return done;
        bytes = bytes.subspan(piece.size());
        block_left_ -= piece.size();
        left_ -= piece.size();
    }
    return {};
}

Result<void> ZlibEncoder::start_stored(const TakeBytes& put) {
    if (started_) return {};
    started_ = true;
    const unsigned char header[] = {0x78, 0x01};  // method deflate, 32 KiB window
    const Result<void> done = put(bytes_of(header));
    if (!done || left_ != 0) return done;
    const unsigned char empty_block[] = {0x01, 0x00, 0x00, 0xff, 0xff};
    return put(bytes_of(empty_block));
}

Result<void> ZlibEncoder::finish_stored(const TakeBytes& put) {
    const Result<void> started = start_stored(put);
    if (!started) return started;
    unsigned char sum[4];
    put32(sum, adler_);
    return put(bytes_of(sum));
}

Result<void> ZlibEncoder::finish_whole(const TakeBytes& put) {
    encoded_.resize(content_.size() + 64);
    const std::size_t length = libdeflate_zlib_compress(compressor_.get(), content_.data(), content_.size(),
                                                        encoded_.data(), encoded_.size());
    if (length != 0) return put(std::span<const std::byte>(encoded_).first(length));
    // It does not shrink: store it.
    left_ = content_.size();
    const Result<void> stored = store(content_, put);
    if (!stored) return stored;
    return finish_stored(put);
}

Result<void> ZlibEncoder::deflate_pieces(std::span<const std::byte> bytes, int flush, const TakeBytes& put) {
    encoded_.resize(encoded_bytes);
    int state = Z_OK;
    do {
        // zlib counts in 32 bits; pieces are far smaller, but nothing here depends on it.
        const std::size_t take = std::min(bytes.size(), std::size_t{1} << 30);
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
        stream_.avail_in = static_cast<uInt>(take);
        bytes = bytes.subspan(take);
        do {
            stream_.next_out = reinterpret_cast<Bytef*>(encoded_.data());
            stream_.avail_out = static_cast<uInt>(encoded_.size());
            state = deflate(&stream_, flush);
            const std::size_t made = encoded_.size() - stream_.avail_out;
            if (made == 0) break;
            const Result<void> done = put(std::span<const std::byte>(encoded_).first(made));
            if (!done) return done;
        } while (stream_.avail_out == 0);
    } while (!bytes.empty());
    if (state == Z_STREAM_ERROR)
        return fail(Errc::internal, "compress", "a git object", "zlib reports a stream error");
    return {};
}

}  // namespace autobackup::git
