// SPDX-License-Identifier: MIT
#include "lib/yaml/reader.hpp"

#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <sstream>

#include "lib/core/file.hpp"
#include "lib/core/text.hpp"
#include "lib/yaml/builder.hpp"
#include "lib/yaml/source.hpp"

namespace autobackup::yaml {
namespace {

// Swallows a second document; only that it exists matters.
class Ignore final : public YAML::EventHandler {
public:
    explicit Ignore(YAML::Mark& start) : start_(start) {}
    void OnDocumentStart(const YAML::Mark& mark) override { start_ = mark; }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
    void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
    void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
    void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                         YAML::EmitterStyle::value) override {}
    void OnSequenceEnd() override {}
    void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                    YAML::EmitterStyle::value) override {}
    void OnMapEnd() override {}

private:
    YAML::Mark& start_;
};

Issue syntax_issue(const YAML::ParserException& error, const Source& source) {
    std::string message = "not valid YAML: " + one_line(error.msg);
    const char first = source.at(error.mark.line, error.mark.column);
    if (first == '*' || first == '@' || first == '`' || first == '%') {
        message += std::string(" (a value that begins with ") + first + " must be quoted)";
    }
    if (error.mark.is_null()) return Issue{Place{source.file(), 1, 1}, std::string(), std::move(message)};
    return Issue{source.place(error.mark.line, error.mark.column), std::string(), std::move(message)};
}

void read_events(std::string_view text, const Source& source, const Limits& limits, Document& out) {
    Builder builder(source, limits);
    std::istringstream stream{std::string(text)};
    try {
        YAML::Parser parser(stream);
        const bool any = parser.HandleNextDocument(builder);
        out.root = any ? builder.root() : nullptr;
        out.issues = builder.take_issues();
        YAML::Mark second;
        Ignore ignore(second);
        if (any && parser.HandleNextDocument(ignore)) {
            out.issues.push_back(Issue{source.place(second.line, second.column), std::string(),
                                       "a second document ('---') begins here: only one is allowed"});
        }
    } catch (const Refused& refused) {
        if (out.issues.empty()) out.issues = builder.take_issues();
        out.issues.push_back(refused.issue);
        out.root = nullptr;
        return;
    } catch (const YAML::ParserException& error) {
        if (out.issues.empty()) out.issues = builder.take_issues();
        out.issues.push_back(syntax_issue(error, source));
        out.root = nullptr;
        return;
    }
    if (!out.root) {
        auto empty = std::make_shared<Node>();
        empty->place = Place{source.file(), 1, 1};
        out.root = std::move(empty);
    }
}

}  // namespace

Document parse(std::string_view text, const std::string& file, const Limits& limits) {
    Document out;
    if (text.size() > limits.bytes) {
        out.issues.push_back(
            Issue{Place{file, 0, 0}, std::string(), "the file is longer than " + human_bytes(limits.bytes)});
        return out;
    }
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    const Source source(text, file);
    if (const auto bad = source.first_bad_byte()) {
        out.issues.push_back(Issue{bad->place, std::string(), bad->message});
        return out;
    }
    read_events(text, source, limits, out);
    return out;
}

Document read(const std::filesystem::path& file, const Limits& limits) {
    const Result<std::string> text = read_file(file, limits.bytes);
    if (text) return parse(*text, file.string(), limits);
    Document out;
    std::string message = "cannot be read: " + text.error().message;
    if (text.error().code == Errc::response_too_large)
        message = "the file is longer than " + human_bytes(limits.bytes);
    out.issues.push_back(Issue{Place{file.string(), 0, 0}, std::string(), std::move(message)});
    return out;
}

}  // namespace autobackup::yaml
