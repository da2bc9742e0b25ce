// SPDX-License-Identifier: MIT
// annotations.json: [{"version", "tags": […], "shapes": […], "tracks": […]}, one per job]. The parser keeps
// no value, so that memory does not grow with the file.
#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>

#include "lib/cvat/backup_format.hpp"

namespace autobackup::cvat {
namespace {

namespace json = boost::json;

Failure wrong(std::string message) {
    return fail(Errc::archive_invalid, "read annotations.json", std::string(), std::move(message));
}

// Levels of nesting: 1 the array, 2 the entry of a job, 3 one of its lists, 4 a shape, track or tag. What
// lies deeper (the elements of a skeleton, the shapes of a track) is part of that one.
constexpr int list_level = 1;
constexpr int entry_level = 2;
constexpr int kind_level = 3;
constexpr std::size_t longest_kind = 6;

class Counts {
public:
    static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);

    using Error = boost::system::error_code;
    using Text = json::string_view;

    bool on_document_begin(Error&) { return true; }
    bool on_document_end(Error&) { return true; }
    bool on_array_begin(Error& error) { return opened(false, error); }
    bool on_array_end(std::size_t, Error&) { return closed(); }
    bool on_object_begin(Error& error) { return opened(true, error); }
    bool on_object_end(std::size_t, Error&) { return closed(); }
    bool on_string_part(Text, std::size_t, Error&) { return true; }
    bool on_string(Text, std::size_t, Error& error) { return plain(error); }
    bool on_key_part(Text text, std::size_t, Error&) { return add_to_key(text); }
    bool on_key(Text text, std::size_t, Error& error) {
        add_to_key(text);
        return level_ != entry_level || chosen(error);
    }
    bool on_number_part(Text, Error&) { return true; }
    bool on_int64(std::int64_t, Text, Error& error) { return plain(error); }
    bool on_uint64(std::uint64_t, Text, Error& error) { return plain(error); }
    bool on_double(double, Text, Error& error) { return plain(error); }
    bool on_bool(bool, Error& error) { return plain(error); }
    bool on_null(Error& error) { return plain(error); }
    bool on_comment_part(Text, Error&) { return true; }
    bool on_comment(Text, Error&) { return true; }

    std::int64_t entries = 0, tags = 0, shapes = 0, tracks = 0;
    std::string problem;

private:
    bool refuse(Error& error, std::string why) {
        problem = std::move(why);
        error = boost::system::errc::make_error_code(boost::system::errc::bad_message);
        return false;
    }

    bool opened(bool object, Error& error) {
        ++level_;
        if (level_ == list_level && object) return refuse(error, "it is not an array");
        if (level_ == entry_level) {
            if (!object) return refuse(error, "an entry is not an object");
            ++entries;
            seen_ = 0;
            kind_ = nullptr;
        }
        if (level_ == kind_level && kind_ != nullptr && object)
            return refuse(error, key_ + " is not an array");
        if (level_ == kind_level + 1 && kind_ != nullptr) {
            if (!object) return refuse(error, "an item of " + key_ + " is not an object");
            ++*kind_;
        }
        if (level_ == entry_level) key_.clear();
        return true;
    }

    bool closed() {
        --level_;
        if (level_ == entry_level) {
            key_.clear();
            kind_ = nullptr;
        }
        return true;
    }

    bool plain(Error& error) {
        if (level_ == 0) return refuse(error, "it is not an array");
        if (level_ == list_level) return refuse(error, "an entry is not an object");
        if (level_ == entry_level && kind_ != nullptr) return refuse(error, key_ + " is not an array");
        if (level_ == kind_level && kind_ != nullptr)
            return refuse(error, "an item of " + key_ + " is not an object");
        if (level_ == entry_level) key_.clear();
        return true;
    }

    // Only keys of an entry matter, and only as much of them as tells them apart.
    bool add_to_key(Text text) {
        if (level_ == entry_level && key_.size() <= longest_kind)
            key_.append(text.data(), std::min(text.size(), longest_kind + 1 - key_.size()));
        return true;
    }

    bool chosen(Error& error) {
        int bit = 0;
        if (key_ == "tags") {
            kind_ = &tags;
            bit = 1;
        } else if (key_ == "shapes") {
            kind_ = &shapes;
            bit = 2;
        } else if (key_ == "tracks") {
            kind_ = &tracks;
            bit = 4;
        } else {
            kind_ = nullptr;
            key_.clear();
        }
        if ((seen_ & bit) != 0) return refuse(error, key_ + " stands twice in one entry");
        seen_ |= bit;
        return true;
    }

    int level_ = 0;
    int seen_ = 0;                  ///< kinds of the entry so far
    std::int64_t* kind_ = nullptr;  ///< what the list that is open, or comes next, counts
    std::string key_;
};

}  // namespace

struct AnnotationCounter::Impl {
    Impl() : parser(json::parse_options()) {}

    Result<void> write(bool more, std::string_view piece) {
        boost::system::error_code error;
        const std::size_t used = parser.write_some(more, piece.data(), piece.size(), error);
        const std::string& problem = parser.handler().problem;
        if (error) return wrong(problem.empty() ? "it is not JSON: " + error.message() : problem);
        if (used != piece.size()) return wrong("something follows the JSON text");
        return {};
    }

    json::basic_parser<Counts> parser;
};

AnnotationCounter::AnnotationCounter() : impl_(std::make_unique<Impl>()) {}
AnnotationCounter::AnnotationCounter(AnnotationCounter&&) noexcept = default;
AnnotationCounter& AnnotationCounter::operator=(AnnotationCounter&&) noexcept = default;
AnnotationCounter::~AnnotationCounter() = default;

Result<void> AnnotationCounter::feed(std::string_view piece) {
    if (piece.empty()) return {};
    return impl_->write(true, piece);
}

Result<void> AnnotationCounter::finish() {
    return impl_->write(false, std::string_view("", 0));
}

std::int64_t AnnotationCounter::entries() const noexcept {
    return impl_->parser.handler().entries;
}
std::int64_t AnnotationCounter::tags() const noexcept {
    return impl_->parser.handler().tags;
}
std::int64_t AnnotationCounter::shapes() const noexcept {
    return impl_->parser.handler().shapes;
}
std::int64_t AnnotationCounter::tracks() const noexcept {
    return impl_->parser.handler().tracks;
}

}  // namespace autobackup::cvat
