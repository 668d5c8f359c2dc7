#include "services/templates/html_text.hpp"

#include <algorithm>
#include <csetjmp>
#include <gumbo.h>
#include <memory>
#include <vector>

namespace spreaders::templates {
namespace {

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Collects text with collapsed white space; line breaks that are asked for twice count once.
class Writer {
 public:
  void text(std::string_view piece) {
    while (!piece.empty()) {
      if (is_space(piece[0])) {
        wants_space_ = true;
        piece.remove_prefix(1);
        continue;
      }
      if (const size_t filler = filler_size(piece); filler > 0) {
        if (piece[0] == '\xc2' && piece[1] == '\xa0') wants_space_ = true;
        piece.remove_prefix(filler);
        continue;
      }
      open();
      out_ += piece[0];
      piece.remove_prefix(1);
    }
  }

  void preformatted(std::string_view piece) {
    while (!piece.empty()) {
      const size_t line = std::min(piece.find('\n'), piece.size());
      if (line > 0) {
        open();
        out_.append(piece.substr(0, line));
      }
      if (line == piece.size()) return;
      if (has_text_) ++breaks_;
      piece.remove_prefix(line + 1);
    }
  }

  // What follows starts `count` lines further down at least: 1 a new line, 2 with an empty line between.
  void lines(size_t count) {
    if (has_text_) breaks_ = std::max(breaks_, count);
    wants_space_ = false;
  }
  void line_break() {
    constexpr size_t kBreaksMax = 2;
    if (has_text_) breaks_ = std::min(breaks_ + 1, std::max(breaks_, kBreaksMax));
    wants_space_ = false;
  }
  // Written before the next text, at the start of its line.
  void marker(std::string mark) { marker_ = std::move(mark); }
  void drop_marker() { marker_.clear(); }
  void indent(int change) { indent_ = static_cast<size_t>(static_cast<int>(indent_) + change); }
  void space() { wants_space_ = true; }
  [[nodiscard]] size_t size() const { return out_.size(); }
  [[nodiscard]] std::string_view since(size_t begin) const { return std::string_view(out_).substr(begin); }
  void raw(std::string_view piece) { out_.append(piece); }

  std::string take() {
    while (!out_.empty() && is_space(out_.back())) out_.pop_back();
    if (!out_.empty()) out_ += '\n';
    return std::move(out_);
  }

 private:
  // Characters mails fill their preview line with: no-break space, zero-width ones, soft hyphen, grapheme joiner.
  static size_t filler_size(std::string_view piece) {
    constexpr std::string_view kFillers[] = {"\xc2\xa0",     "\xc2\xad",     "\xcd\x8f",     "\xe2\x80\x8b",
                                             "\xe2\x80\x8c", "\xe2\x80\x8e", "\xe2\x80\x87", "\xef\xbb\xbf"};
    for (const std::string_view filler : kFillers) {
      if (piece.starts_with(filler)) return filler.size();
    }
    return 0;
  }

  void open() {
    if (breaks_ > 0) {
      while (!out_.empty() && out_.back() == ' ') out_.pop_back();
      out_.append(std::min<size_t>(breaks_, 3), '\n');
      at_line_start_ = true;
    }
    if (at_line_start_) {
      const size_t own = marker_.empty() ? 0 : 1;
      for (size_t i = own; i < indent_; ++i) out_ += "  ";
      out_ += marker_;
      marker_.clear();
    } else if (wants_space_ && !out_.empty() && !is_space(out_.back())) {
      out_ += ' ';
    }
    at_line_start_ = false;
    wants_space_ = false;
    breaks_ = 0;
    has_text_ = true;
  }

  std::string out_;
  std::string marker_;
  size_t breaks_ = 0;
  size_t indent_ = 0;
  bool wants_space_ = false;
  bool at_line_start_ = true;
  bool has_text_ = false;
};

std::string_view attribute(const GumboElement& element, const char* name) {
  const GumboAttribute* found = gumbo_get_attribute(&element.attributes, name);
  return found == nullptr ? std::string_view{} : std::string_view(found->value);
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

bool is_dropped(GumboTag tag) {
  switch (tag) {
    case GUMBO_TAG_SCRIPT:
    case GUMBO_TAG_STYLE:
    case GUMBO_TAG_HEAD:
    case GUMBO_TAG_TITLE:
    case GUMBO_TAG_TEMPLATE:
    case GUMBO_TAG_NOSCRIPT:
    case GUMBO_TAG_SVG:
    case GUMBO_TAG_OBJECT:
    case GUMBO_TAG_IFRAME:
    case GUMBO_TAG_SELECT:
    case GUMBO_TAG_TEXTAREA:
      return true;
    default:
      return false;
  }
}

// Lines an element keeps between itself and its neighbours: 2 for paragraphs, 1 for other blocks, 0 inline.
size_t margin(GumboTag tag) {
  switch (tag) {
    case GUMBO_TAG_P:
    case GUMBO_TAG_H1:
    case GUMBO_TAG_H2:
    case GUMBO_TAG_H3:
    case GUMBO_TAG_H4:
    case GUMBO_TAG_H5:
    case GUMBO_TAG_H6:
    case GUMBO_TAG_UL:
    case GUMBO_TAG_OL:
    case GUMBO_TAG_DL:
    case GUMBO_TAG_TABLE:
    case GUMBO_TAG_BLOCKQUOTE:
    case GUMBO_TAG_PRE:
    case GUMBO_TAG_FIGURE:
    case GUMBO_TAG_HR:
      return 2;
    case GUMBO_TAG_DIV:
    case GUMBO_TAG_LI:
    case GUMBO_TAG_DT:
    case GUMBO_TAG_DD:
    case GUMBO_TAG_TR:
    case GUMBO_TAG_CAPTION:
    case GUMBO_TAG_HEADER:
    case GUMBO_TAG_FOOTER:
    case GUMBO_TAG_MAIN:
    case GUMBO_TAG_NAV:
    case GUMBO_TAG_SECTION:
    case GUMBO_TAG_ARTICLE:
    case GUMBO_TAG_ASIDE:
    case GUMBO_TAG_ADDRESS:
    case GUMBO_TAG_CENTER:
    case GUMBO_TAG_FIGCAPTION:
    case GUMBO_TAG_FORM:
    case GUMBO_TAG_FIELDSET:
      return 1;
    default:
      return 0;
  }
}

struct Frame {
  const GumboNode* node;
  size_t next_child = 0;
  size_t text_begin = 0;  // where the element's own text starts in the output
  size_t list_number = 0;
};

class Walker {
 public:
  std::string walk(const GumboNode* root) {
    enter(root);
    while (!frames_.empty()) {
      Frame& frame = frames_.back();
      const GumboVector& children = children_of(*frame.node);
      if (frame.next_child == children.length) {
        leave(frame);
        frames_.pop_back();
        continue;
      }
      visit(static_cast<const GumboNode*>(children.data[frame.next_child++]));
    }
    return writer_.take();
  }

 private:
  static const GumboVector& children_of(const GumboNode& node) {
    return node.type == GUMBO_NODE_DOCUMENT ? node.v.document.children : node.v.element.children;
  }

  void visit(const GumboNode* node) {
    switch (node->type) {
      case GUMBO_NODE_TEXT:
      case GUMBO_NODE_CDATA:
        if (pre_depth_ > 0) writer_.preformatted(node->v.text.text);
        else writer_.text(node->v.text.text);
        return;
      case GUMBO_NODE_WHITESPACE:
        if (pre_depth_ > 0) writer_.preformatted(node->v.text.text);
        else writer_.space();
        return;
      case GUMBO_NODE_ELEMENT:
        if (frames_.size() < kHtmlDepthMax && !is_dropped(node->v.element.tag)) enter(node);
        return;
      default:
        return;
    }
  }

  void enter(const GumboNode* node) {
    if (node->type == GUMBO_NODE_ELEMENT) open(node->v.element);
    frames_.push_back({node, 0, writer_.size(), 0});
  }

  void open(const GumboElement& element) {
    const GumboTag tag = element.tag;
    if (const size_t lines = margin(tag); lines > 0) writer_.lines(list_depth_ > 0 ? 1 : lines);
    switch (tag) {
      case GUMBO_TAG_BR:
        writer_.line_break();
        break;
      case GUMBO_TAG_HR:
        writer_.text("----------");
        break;
      case GUMBO_TAG_PRE:
        ++pre_depth_;
        break;
      case GUMBO_TAG_UL:
      case GUMBO_TAG_OL:
        ++list_depth_;
        writer_.indent(1);
        break;
      case GUMBO_TAG_LI:
        open_item();
        break;
      case GUMBO_TAG_TD:
      case GUMBO_TAG_TH:
        open_cell();
        break;
      case GUMBO_TAG_IMG:
        writer_.text(attribute(element, "alt"));
        break;
      default:
        break;
    }
  }

  void open_item() {
    Frame* parent = frames_.empty() ? nullptr : &frames_.back();
    const bool is_numbered =
        parent != nullptr && parent->node->type == GUMBO_NODE_ELEMENT && parent->node->v.element.tag == GUMBO_TAG_OL;
    writer_.marker(is_numbered ? std::to_string(++parent->list_number) + ". " : "- ");
  }

  // Cells of a row stand beside each other; mails nest tables for layout, whose single cells get no bar.
  void open_cell() {
    if (frames_.empty()) return;
    Frame& row = frames_.back();
    if (row.list_number > 0 && writer_.size() > row.text_begin) writer_.text(" | ");
    writer_.space();
    ++row.list_number;
  }

  void leave(const Frame& frame) {
    if (frame.node->type != GUMBO_NODE_ELEMENT) return;
    const GumboElement& element = frame.node->v.element;
    switch (element.tag) {
      case GUMBO_TAG_A:
        close_link(element, frame);
        break;
      case GUMBO_TAG_H1:
      case GUMBO_TAG_H2:
        close_heading(frame, element.tag == GUMBO_TAG_H1 ? '=' : '-');
        break;
      case GUMBO_TAG_PRE:
        --pre_depth_;
        break;
      case GUMBO_TAG_UL:
      case GUMBO_TAG_OL:
        --list_depth_;
        writer_.indent(-1);
        break;
      case GUMBO_TAG_LI:
        writer_.drop_marker();
        break;
      default:
        break;
    }
    if (const size_t lines = margin(element.tag); lines > 0) writer_.lines(list_depth_ > 0 ? 1 : lines);
  }

  void close_link(const GumboElement& element, const Frame& frame) {
    const std::string_view url = trimmed(attribute(element, "href"));
    const std::string_view shown = trimmed(writer_.since(frame.text_begin));
    const bool leads_nowhere = url.empty() || url[0] == '#' || url.starts_with("javascript:");
    std::string_view bare = url;
    for (const std::string_view scheme : {"mailto:", "tel:", "https://", "http://"}) {
      if (bare.starts_with(scheme)) bare.remove_prefix(scheme.size());
    }
    while (bare.ends_with('/')) bare.remove_suffix(1);
    if (leads_nowhere || shown == url || shown == bare) return;
    if (shown.empty()) {
      writer_.text(url);
      return;
    }
    writer_.raw(" (");
    writer_.raw(url);
    writer_.raw(")");
  }

  void close_heading(const Frame& frame, char line) {
    constexpr size_t kUnderlineMax = 60;
    std::string_view shown = trimmed(writer_.since(frame.text_begin));
    if (shown.empty()) return;
    shown.remove_prefix(shown.rfind('\n') == std::string_view::npos ? 0 : shown.rfind('\n') + 1);
    const auto characters = static_cast<size_t>(std::count_if(
        shown.begin(), shown.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
    writer_.raw("\n" + std::string(std::min(characters, kUnderlineMax), line));
  }

  Writer writer_;
  std::vector<Frame> frames_;
  size_t list_depth_ = 0;
  size_t pre_depth_ = 0;
};

// What the parser allocates, given back as a whole: its own freeing recurses as deep as the tree, and without a limit
// a few formatting tags that are never closed are copied into every paragraph after them.
class ParserMemory {
 public:
  static void* allocate(void* self, size_t bytes) {
    auto* memory = static_cast<ParserMemory*>(self);
    bytes = (bytes + 15) & ~size_t{15};
    if (memory->used_ + bytes > kHtmlMemoryBytesMax) std::longjmp(memory->exit, 1);  // the parser checks no result
    memory->used_ += bytes;
    if (bytes > memory->room_) memory->add_block(bytes);
    void* result = memory->next_;
    memory->next_ += bytes;
    memory->room_ -= bytes;
    return result;
  }

  std::jmp_buf exit{};

 private:
  void add_block(size_t bytes) {
    constexpr size_t kBlockBytes = 64 * 1024;
    room_ = std::max(bytes, kBlockBytes);
    blocks_.emplace_back(new char[room_]);
    next_ = blocks_.back().get();
  }

  std::vector<std::unique_ptr<char[]>> blocks_;
  char* next_ = nullptr;
  size_t room_ = 0;
  size_t used_ = 0;
};

// nullptr when the page needs more memory than it may have. Only C frames lie between the jump and here.
const GumboOutput* parse(ParserMemory& memory, const GumboOptions& options, std::string_view html) {
  if (setjmp(memory.exit) != 0) return nullptr;  // NOLINT: see ParserMemory
  return gumbo_parse_with_options(&options, html.data(), html.size());
}

// Every tag may look through all open ones, so their number bounds the work.
size_t safe_length(std::string_view html) {
  html = html.substr(0, kHtmlBytesMax);
  size_t tags = 0;
  for (size_t at = html.find('<'); at != std::string_view::npos; at = html.find('<', at + 1)) {
    if (++tags > kHtmlTagsMax) return at;
  }
  return html.size();
}

}  // namespace

std::string text_from_html(std::string_view html) {
  html = html.substr(0, safe_length(html));
  ParserMemory memory;
  GumboOptions options = kGumboDefaultOptions;
  options.max_errors = 0;
  options.allocator = ParserMemory::allocate;
  options.deallocator = [](void*, void*) {};
  options.userdata = &memory;
  const GumboOutput* parsed = parse(memory, options, html);
  return parsed == nullptr ? std::string{} : Walker().walk(parsed->root);
}

}  // namespace spreaders::templates
