// SPDX-License-Identifier: MIT
#include <algorithm>

#include "lib/core/text.hpp"
#include "lib/http/client.hpp"

namespace autobackup::http {

namespace {

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view a, std::string_view b) noexcept {
    return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

std::string_view name(Method method) noexcept {
    switch (method) {
        case Method::get:
            return "GET";
        case Method::head:
            return "HEAD";
        case Method::post:
            return "POST";
        case Method::put:
            return "PUT";
        case Method::patch:
            return "PATCH";
        case Method::options:
            return "OPTIONS";
        case Method::delete_:
            return "DELETE";
    }
    return "GET";
}

void Headers::add(std::string name, std::string value) {
    fields_.emplace_back(std::move(name), std::move(value));
}

void Headers::set(std::string name, std::string value) {
    std::erase_if(fields_, [&](const auto& field) { return same_name(field.first, name); });
    add(std::move(name), std::move(value));
}

const std::string* Headers::find(std::string_view name) const noexcept {
    const auto found =
        std::ranges::find_if(fields_, [&](const auto& field) { return same_name(field.first, name); });
    return found == fields_.end() ? nullptr : &found->second;
}

std::string Headers::value_or(std::string_view name, std::string fallback) const {
    const std::string* value = find(name);
    return value != nullptr ? *value : fallback;
}

}  // namespace autobackup::http
