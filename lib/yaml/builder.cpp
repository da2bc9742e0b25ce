// SPDX-License-Identifier: MIT
#include "lib/yaml/builder.hpp"

#include "lib/core/text.hpp"

namespace autobackup::yaml {
namespace {

// Tags as yaml-cpp's parser passes them: "?" for plain scalars and untagged collections, "!" for quoted
// scalars.
constexpr std::string_view core_tag = "tag:yaml.org,2002:";

}  // namespace

std::string Builder::path() const {
    std::string out;
    for (const Frame& frame : frames_) {
        if (frame.node->is_sequence()) {
            out += '[' + std::to_string(frame.node->items.size()) + ']';
        } else if (frame.pending) {
            if (!out.empty()) out += '.';
            out += one_line(frame.pending->key);
        }
    }
    return out;
}

void Builder::refuse(const Place& at, std::string message) const {
    throw Refused(Issue{at, path(), std::move(message)});
}

void Builder::report(const Place& at, std::string message) {
    if (issues_.size() >= limits_.issues) refuse(at, "there are more mistakes; the reading ends here");
    issues_.push_back(Issue{at, path(), std::move(message)});
}

bool Builder::key_expected() const {
    return !frames_.empty() && frames_.back().node->is_mapping() && !frames_.back().pending &&
           !frames_.back().skip_value;
}

void Builder::check_tag(const std::string& tag, const Place& at, bool text_allowed) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    if (text_allowed && tag == std::string(core_tag) + "str") return;
    report(at, "the tag " + one_line(tag) + " is not allowed here: no tag is needed");
}

void Builder::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) {
    auto node = std::make_shared<Node>();
    node->place = place(mark);
    if (key_expected()) {
        report(node->place, "a key must be text, not nothing");
        frames_.back().skip_value = true;
        return;
    }
    // For `key:` with nothing behind it yaml-cpp marks the token that comes next, lines below.
    if (!frames_.empty() && frames_.back().pending &&
        frames_.back().pending->place.line != node->place.line) {
        node->place = frames_.back().pending->place;
    }
    if (anchor != 0) anchors_[anchor] = node;
    add(std::move(node));
}

void Builder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
    const Place at = place(mark);
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) refuse(at, "the alias stands inside its own anchor");
    if (!key_expected()) return add(found->second);
    if (found->second->is_scalar()) return add_key(*found->second, false);
    report(at, "a key must be text, not " + std::string(describe_kind(*found->second)));
    frames_.back().skip_value = true;
}

void Builder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       const std::string& value) {
    auto node = std::make_shared<Node>();
    node->kind = Kind::scalar;
    node->place = place(mark);
    node->text = value;
    node->quoted = tag != "?";
    check_tag(tag, node->place, true);
    if (anchor != 0) anchors_[anchor] = node;
    if (key_expected()) return add_key(*node, !node->quoted);
    add(std::move(node));
}

void Builder::OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                              YAML::EmitterStyle::value) {
    open(Kind::sequence, mark, tag, anchor);
}

void Builder::OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) {
    open(Kind::mapping, mark, tag, anchor);
}

void Builder::open(Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    auto node = std::make_shared<Node>();
    node->kind = kind;
    node->place = place(mark);
    if (key_expected()) refuse(node->place, "a key must be text, not a list or a mapping");
    check_tag(tag, node->place, false);
    if (frames_.size() >= static_cast<std::size_t>(limits_.depth)) {
        refuse(node->place, "nested deeper than " + std::to_string(limits_.depth) + " levels");
    }
    Frame frame;
    frame.node = std::move(node);
    frame.anchor = anchor;
    frames_.push_back(std::move(frame));
}

void Builder::OnMapEnd() {
    merge_into(frames_.back());
    close();
}

void Builder::close() {
    const NodePtr node = frames_.back().node;
    const YAML::anchor_t anchor = frames_.back().anchor;
    frames_.pop_back();
    if (anchor != 0) anchors_[anchor] = node;  // only now: an alias inside its own anchor finds nothing
    add(node);
}

void Builder::add_key(const Node& key, bool plain) {
    Frame& frame = frames_.back();
    const bool merge = plain && key.text == "<<";
    const auto [known, is_new] = frame.seen.emplace(key.text, frame.node->entries.size());
    if (!is_new) {
        const Place& first = merge ? frame.merge->place : frame.node->entries[known->second].place;
        frame.pending = Entry{key.text, key.place, nullptr};
        report(key.place, "the key '" + one_line(key.text) + "' is here twice: first at " + text(first));
        frame.pending.reset();
        frame.skip_value = true;
        return;
    }
    if (merge) frame.merge = Entry{key.text, key.place, nullptr};
    frame.pending = Entry{key.text, key.place, nullptr};
}

void Builder::add(NodePtr node) {
    if (frames_.empty()) {
        root_ = std::move(node);
        return;
    }
    Frame& frame = frames_.back();
    frame.node->weight += node->weight;
    if (frame.node->weight > limits_.nodes) {
        refuse(node->place, "more than " + std::to_string(limits_.nodes) +
                                " values, aliases counted as often as they occur");
    }
    if (frame.node->is_sequence()) {
        frame.node->items.push_back(std::move(node));
    } else if (frame.skip_value) {
        frame.skip_value = false;
    } else if (frame.merge && frame.merge->value == nullptr && frame.pending->key == "<<") {
        frame.merge->value = std::move(node);
        frame.pending.reset();
    } else {
        frame.pending->value = std::move(node);
        frame.node->entries.push_back(std::move(*frame.pending));
        frame.pending.reset();
    }
}

void Builder::merge_into(Frame& frame) {
    if (!frame.merge || !frame.merge->value) return;
    const NodePtr value = frame.merge->value;
    if (value->is_mapping()) return merge_mapping(frame, value);
    if (!value->is_sequence())
        return report(frame.merge->place, "'<<' takes a mapping or a list of mappings");
    for (const NodePtr& item : value->items) {
        if (item->is_mapping()) {
            merge_mapping(frame, item);
        } else {
            report(frame.merge->place, "'<<' takes a mapping or a list of mappings");
        }
    }
}

// The mapping's own keys win, then those of the first merged one (https://yaml.org/type/merge.html).
void Builder::merge_mapping(Frame& frame, const NodePtr& from) {
    for (const Entry& entry : from->entries) {
        if (frame.seen.emplace(entry.key, frame.node->entries.size()).second)
            frame.node->entries.push_back(entry);
    }
}

}  // namespace autobackup::yaml
