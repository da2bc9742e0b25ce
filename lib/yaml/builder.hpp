// SPDX-License-Identifier: MIT
// Inside lib/yaml only: turns yaml-cpp's events into our nodes.
#pragma once

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/mark.h>

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "lib/yaml/reader.hpp"
#include "lib/yaml/source.hpp"

namespace autobackup::yaml {

/// Thrown through the parser when a limit is passed or an alias makes no sense; caught in parse().
struct Refused : std::exception {
    explicit Refused(Issue what) : issue(std::move(what)) {}
    [[nodiscard]] const char* what() const noexcept override { return issue.message.c_str(); }
    Issue issue;
};

class Builder final : public YAML::EventHandler {
public:
    Builder(const Source& source, const Limits& limits) : source_(source), limits_(limits) {}

    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override;
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value style) override;
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value style) override;
    void OnMapEnd() override;

    [[nodiscard]] NodePtr root() const { return root_; }
    [[nodiscard]] std::vector<Issue> take_issues() { return std::move(issues_); }

private:
    struct Frame {
        std::shared_ptr<Node> node;
        YAML::anchor_t anchor = 0;
        std::optional<Entry> pending;  // a key whose value comes next
        std::unordered_map<std::string, std::size_t> seen;
        std::optional<Entry> merge;  // value of `<<`
        bool skip_value = false;     // the value of a key that was refused
    };

    [[nodiscard]] Place place(const YAML::Mark& mark) const { return source_.place(mark.line, mark.column); }
    [[nodiscard]] std::string path() const;
    void open(Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor);
    void close();
    void add(NodePtr node);
    void add_key(const Node& key, bool plain);
    void merge_into(Frame& frame);
    void merge_mapping(Frame& frame, const NodePtr& from);
    [[nodiscard]] bool key_expected() const;
    void check_tag(const std::string& tag, const Place& at, bool text_allowed);
    [[noreturn]] void refuse(const Place& at, std::string message) const;
    void report(const Place& at, std::string message);

    const Source& source_;
    const Limits& limits_;
    std::vector<Frame> frames_;
    std::unordered_map<YAML::anchor_t, NodePtr> anchors_;
    NodePtr root_;
    std::vector<Issue> issues_;
};

}  // namespace autobackup::yaml
