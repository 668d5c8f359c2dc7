// From tokens to nodes. A tag that is wrong is reported and left out; reading goes on, so that all problems are found.
#include <algorithm>
#include <array>
#include <initializer_list>

#include "services/templates/liquid/scanner.hpp"

namespace spreaders::liquid {
namespace {

class Parser {
 public:
  Parser(Compilation& compilation, std::vector<Token> tokens, size_t depth)
      : compilation_(compilation), source_(compilation.program.source), tokens_(std::move(tokens)), depth_(depth) {}

  Block parse_all() {
    Block block;
    while (next_ < tokens_.size() && !compilation_.is_full()) parse_token(tokens_[next_++], block);
    return block;
  }

 private:
  using Names = std::initializer_list<std::string_view>;

  Scanner arguments(const Token& token) { return {compilation_, token.content_begin, token.content_end}; }
  std::string shown(const Token& token) {
    return std::string(source_.substr(token.begin, std::min<size_t>(token.end - token.begin, 80)));
  }

  template <class Content>
  void add(Block& block, const Token& token, Content content) {
    if (++compilation_.nodes == compilation_.limits.nodes_max + 1) {
      compilation_.add_problem(token.begin, "the template has more tags, outputs and texts than allowed");
      next_ = tokens_.size();
    }
    block.push_back(Node{compilation_.position(token.begin), std::move(content)});
  }

  void parse_token(const Token& token, Block& block) {
    if (token.kind == Token::Kind::kText) {
      const std::string_view text = source_.substr(token.content_begin, token.content_end - token.content_begin);
      if (!text.empty()) add(block, token, TextNode{text});
    } else if (token.kind == Token::Kind::kOutput) {
      Scanner scanner = arguments(token);
      add(block, token, OutputNode{scanner.read_filtered_value()});
    } else if (!token.name.empty()) {
      parse_tag(token, block);
    }
  }

  void parse_tag(const Token& token, Block& block) {
    struct Tag {
      std::string_view name;
      void (Parser::*parse)(const Token&, Block&);
    };
    constexpr std::array kTags = {
        Tag{"#", &Parser::parse_note},
        Tag{"assign", &Parser::parse_assign},
        Tag{"break", &Parser::parse_interrupt},
        Tag{"capture", &Parser::parse_capture},
        Tag{"case", &Parser::parse_case},
        Tag{"comment", &Parser::parse_comment},
        Tag{"continue", &Parser::parse_interrupt},
        Tag{"cycle", &Parser::parse_cycle},
        Tag{"decrement", &Parser::parse_counter},
        Tag{"echo", &Parser::parse_echo},
        Tag{"for", &Parser::parse_for},
        Tag{"if", &Parser::parse_if},
        Tag{"increment", &Parser::parse_counter},
        Tag{"liquid", &Parser::parse_liquid},
        Tag{"raw", &Parser::parse_raw},
        Tag{"render", &Parser::parse_render},
        Tag{"tablerow", &Parser::parse_tablerow},
        Tag{"unless", &Parser::parse_unless},
    };
    const auto* known =
        std::find_if(kTags.begin(), kTags.end(), [&](const Tag& tag) { return tag.name == token.name; });
    if (known == kTags.end()) {
      // The end of an unknown block would only repeat what its begin already said.
      const bool repeats = token.name.starts_with("end") &&
                           std::find(unknown_.begin(), unknown_.end(), token.name.substr(3)) != unknown_.end();
      if (!repeats) compilation_.add_problem(token.begin, "no tag is called " + std::string(token.name));
      unknown_.push_back(token.name);
      return;
    }
    if (++depth_ > compilation_.limits.depth_max) {
      compilation_.add_problem(token.begin, "blocks nest deeper than allowed");
      next_ = tokens_.size();
    } else {
      (this->*known->parse)(token, block);
    }
    --depth_;
  }

  // Reads nodes into `*into` until one of `ends`; calls at(token) for each tag in `between`, which may change `into`.
  template <class Between>
  void parse_body(const Token& opener, std::string_view end, Names between, Block*& into, Between at) {
    while (next_ < tokens_.size()) {
      const Token& token = tokens_[next_++];
      if (token.kind == Token::Kind::kTag && token.name == end) {
        if (end == "endif" || end == "endfor") expect_no_arguments(token);
        return;
      }
      if (token.kind == Token::Kind::kTag && std::find(between.begin(), between.end(), token.name) != between.end()) {
        at(token);
        continue;
      }
      parse_token(token, *into);
    }
    if (!compilation_.is_full() && depth_ <= compilation_.limits.depth_max) {
      compilation_.add_problem(opener.begin, "the tag " + shown(opener) + " is not closed by " + std::string(end));
    }
  }
  void parse_body(const Token& opener, std::string_view end, Block& body) {
    Block* into = &body;
    parse_body(opener, end, {}, into, [](const Token&) {});
  }

  void expect_no_arguments(const Token& token) {
    if (token.content_begin < token.content_end) {
      compilation_.add_problem(token.begin, shown(token) + " takes no arguments");
    }
  }

  void parse_note(const Token& token, Block&) {
    std::string_view rest = source_.substr(token.content_begin, token.content_end - token.content_begin);
    for (size_t line = rest.find('\n'); line != std::string_view::npos; line = rest.find('\n', line + 1)) {
      const size_t first = rest.find_first_not_of(" \t\r\n", line);
      if (first != std::string_view::npos && rest[first] != '#') {
        compilation_.add_problem(token.begin, "every line of a comment in one tag must begin with #");
        return;
      }
    }
  }

  void parse_comment(const Token& token, Block&) {
    while (next_ < tokens_.size()) {
      const Token& inside = tokens_[next_++];
      if (inside.kind == Token::Kind::kTag && inside.name == "endcomment") return;
    }
    compilation_.add_problem(token.begin, "the tag " + shown(token) + " is not closed by endcomment");
  }

  void parse_raw(const Token&, Block& block) {
    while (next_ < tokens_.size()) {
      const Token& inside = tokens_[next_++];
      if (inside.kind == Token::Kind::kTag && inside.name == "endraw") return;
      add(block, inside, TextNode{source_.substr(inside.begin, inside.end - inside.begin)});
    }
  }

  void parse_assign(const Token& token, Block& block) {
    Scanner scanner = arguments(token);
    AssignNode node{scanner.read_name(), {}};
    scanner.skip_blank();
    if (node.name.empty()) scanner.fail("assign needs a name");
    else if (scanner.peek() != '=') scanner.fail("expected = after the name, not " + scanner.shown_rest());
    if (scanner.failed()) return;
    scanner.advance();
    node.value = scanner.read_filtered_value();
    add(block, token, std::move(node));
  }

  void parse_echo(const Token& token, Block& block) {
    Scanner scanner = arguments(token);
    scanner.skip_blank();
    if (!scanner.at_end()) add(block, token, OutputNode{scanner.read_filtered_value()});
  }

  void parse_capture(const Token& token, Block& block) {
    Scanner scanner = arguments(token);
    CaptureNode node{scanner.read_name(), {}};
    if (node.name.empty()) {
      const Operand quoted = scanner.read_quoted();
      if (quoted.kind == Operand::Kind::kNone) scanner.fail("capture needs a name");
      else node.name = quoted.constant.view();
    }
    parse_body(token, "endcapture", node.body);
    add(block, token, std::move(node));
  }

  void parse_counter(const Token& token, Block& block) {
    Scanner scanner = arguments(token);
    add(block, token, CounterNode{scanner.read_name(), token.name == "increment"});
  }

  void parse_interrupt(const Token& token, Block& block) { add(block, token, InterruptNode{token.name == "break"}); }

  void parse_liquid(const Token& token, Block& block) {
    Parser inner(compilation_, read_lines(compilation_, token.content_begin, token.content_end), depth_);
    add(block, token, GroupNode{inner.parse_all()});
  }

  void parse_if(const Token& token, Block& block) {
    IfNode node;
    bool has_else = false;
    node.branches.push_back({arguments(token).read_filtered_value(), true, {}});
    Block* into = &node.branches.back().body;
    parse_body(token, "endif", {"elsif", "else"}, into, [&](const Token& tag) {
      if (has_else) compilation_.add_problem(tag.begin, std::string(tag.name) + " after else");
      if (tag.name == "elsif") {
        node.branches.push_back({arguments(tag).read_filtered_value(), true, {}});
        into = &node.branches.back().body;
        return;
      }
      expect_no_arguments(tag);
      has_else = true;
      into = &node.otherwise;
    });
    add(block, token, std::move(node));
  }

  // Unlike if, unless lets everything after its else go unread.
  void parse_unless(const Token& token, Block& block) {
    IfNode node;
    Block ignored;
    bool has_else = false;
    node.branches.push_back({arguments(token).read_filtered_value(), false, {}});
    Block* into = &node.branches.back().body;
    parse_body(token, "endunless", {"elsif", "else"}, into, [&](const Token& tag) {
      if (tag.name == "else") {
        into = has_else ? &ignored : &node.otherwise;
        has_else = true;
      } else if (has_else) {
        into = &ignored;
      } else {
        node.branches.push_back({arguments(tag).read_filtered_value(), true, {}});
        into = &node.branches.back().body;
      }
    });
    add(block, token, std::move(node));
  }

  std::vector<Operand> read_when(const Token& token) {
    std::vector<Operand> values;
    Scanner scanner = arguments(token);
    while (!scanner.at_end()) {
      Operand value = scanner.read_value();
      if (value.kind == Operand::Kind::kNone) scanner.fail("expected a value, not " + scanner.shown_rest());
      if (scanner.failed()) break;
      values.push_back(std::move(value));
      scanner.skip_blank();
      scanner.skip_past(scanner.peek() == ',' ? "," : "or");
      scanner.skip_blank();
    }
    return values;
  }

  // What stands before the first when is dropped; a when after the else belongs to the else.
  void parse_case(const Token& token, Block& block) {
    CaseNode node;
    Block ignored;
    int else_count = 0;
    node.value = arguments(token).read_filtered_value();
    Block* into = &ignored;
    parse_body(token, "endcase", {"when", "else"}, into, [&](const Token& tag) {
      if (tag.name == "else") {
        into = ++else_count == 1 ? &node.otherwise : &ignored;
      } else if (else_count == 0) {
        node.branches.push_back({read_when(tag), {}});
        into = &node.branches.back().body;
      }
    });
    add(block, token, std::move(node));
  }

  // variable in collection
  bool read_loop(const Token& token, Scanner& scanner, std::string_view& variable, Operand& collection) {
    variable = scanner.read_name();
    const std::string_view word = scanner.read_name();
    collection = scanner.read_value();
    if (scanner.failed()) return false;
    if (!variable.empty() && word == "in" && collection.kind != Operand::Kind::kNone) return true;
    compilation_.add_problem(token.begin,
                             "a loop is written " + std::string(token.name) + " item in list, not " + shown(token));
    return false;
  }

  void parse_for(const Token& token, Block& block) {
    Scanner scanner = arguments(token);
    ForNode node;
    if (read_loop(token, scanner, node.variable, node.collection)) node.settings = scanner.read_named_values();
    node.loop_name.append(node.variable).append("-").append(node.collection.text);
    node.uses_register = std::any_of(node.settings.begin(), node.settings.end(), [](const NamedOperand& entry) {
      return entry.value.text.find("continue") != std::string_view::npos;
    });
    Block* into = &node.body;
    parse_body(token, "endfor", {"else"}, into, [&](const Token& tag) {
      expect_no_arguments(tag);
      into = &node.otherwise;
    });
    add(block, token, std::move(node));
  }

  void parse_tablerow(const Token& token, Block& block) {
    Scanner scanner = arguments(token);
    TablerowNode node;
    if (read_loop(token, scanner, node.variable, node.collection)) node.settings = scanner.read_named_values();
    node.loop_name.append(node.variable).append("-").append(node.collection.text);
    parse_body(token, "endtablerow", node.body);
    add(block, token, std::move(node));
  }

  void parse_cycle(const Token& token, Block& block) {
    Scanner scanner = arguments(token);
    CycleNode node;
    const size_t begin = scanner.offset();
    Operand group = scanner.read_value();
    scanner.skip_blank();
    if (group.kind != Operand::Kind::kNone && scanner.peek() == ':') {
      node.group = std::move(group);
      scanner.advance();
    } else {
      scanner.move_to(begin);
    }
    while (!scanner.at_end()) {
      node.candidates.push_back(scanner.read_filtered_value());
      if (node.candidates.size() > 1) node.fingerprint += ',';
      node.fingerprint += node.candidates.back().text;
      scanner.skip_past(",");
    }
    if (node.candidates.empty() && !scanner.failed()) scanner.fail("cycle needs values to go through");
    if (!scanner.failed()) add(block, token, std::move(node));
  }

  // `with value as name` and `for list as name`; false when the word is an argument of its own.
  bool read_binding(Scanner& scanner, RenderNode& node) {
    const size_t begin = scanner.offset();
    const std::string_view word = scanner.read_name();
    scanner.skip_blank();
    Operand value;
    if ((word == "with" || word == "for") && scanner.peek() != ':') value = scanner.read_value();
    if (value.kind == Operand::Kind::kNone) {
      scanner.move_to(begin);
      return false;
    }
    PartialBinding binding{std::move(value), std::nullopt};
    const size_t before_as = scanner.offset();
    if (scanner.read_name() == "as") binding.alias = scanner.read_name();
    else scanner.move_to(before_as);
    (word == "with" ? node.with : node.each) = std::move(binding);
    scanner.skip_blank();
    if (scanner.peek() == ',') scanner.advance();
    return !scanner.failed();
  }

  void parse_render(const Token& token, Block& block) {
    Scanner scanner = arguments(token);
    RenderNode node;
    const Operand name = scanner.read_value();
    if (name.kind == Operand::Kind::kNone) scanner.fail("render needs the name of a partial");
    if (scanner.failed()) return;
    const bool is_quoted = name.kind == Operand::Kind::kConstant && name.constant.is(Kind::kString);
    if (!is_quoted) {
      node.name = name;
    } else if (name.constant.view().find("{{") == std::string_view::npos &&
               name.constant.view().find("{%") == std::string_view::npos) {
      node.fixed_name = name.constant.view();
    } else {
      node.name_template = parse_name_template(name);
    }
    scanner.skip_blank();
    while (!scanner.at_end() && read_binding(scanner, node)) scanner.skip_blank();
    node.arguments = scanner.read_named_values();
    add(block, token, std::move(node));
  }

  // A name with outputs in it, 'mails/{{ language }}', is a small template: "mails/" and the outputs, by hand.
  Block parse_name_template(const Operand& name) {
    Block block;
    const size_t begin = static_cast<size_t>(name.text.data() - source_.data()) + 1;
    const size_t end = begin + name.text.size() - 2;
    for (size_t at = begin; at < end;) {
      const size_t open = std::min(source_.substr(0, end).find("{{", at), end);
      Token text{Token::Kind::kText, at, open, at, open};
      parse_token(text, block);
      if (open == end) break;
      const size_t close = source_.substr(0, end).find("}}", open);
      if (close == std::string_view::npos) {
        compilation_.add_problem(open, "the output in the partial's name is not closed");
        break;
      }
      Token output{Token::Kind::kOutput, open, close + 2, open + 2, close};
      parse_token(output, block);
      at = close + 2;
    }
    return block;
  }

  Compilation& compilation_;
  std::string_view source_;
  std::vector<Token> tokens_;
  size_t next_ = 0;
  size_t depth_;
  std::vector<std::string_view> unknown_;
};

}  // namespace

Result<Template> compile(std::string_view source, const CompileLimits& limits) {
  if (source.size() > limits.source_bytes_max) {
    return invalid("The template is " + std::to_string(source.size()) + " bytes long; at most " +
                   std::to_string(limits.source_bytes_max) + " are allowed");
  }
  auto program = std::make_shared<Program>();
  program->source = source;
  Compilation compilation{*program, limits};
  program->body = Parser(compilation, read_tokens(compilation), 0).parse_all();
  if (compilation.problems.empty()) return Template(std::move(program));
  const size_t count = compilation.problems.size();
  Error error =
      invalid(count == 1 ? "The template has a problem" : "The template has " + std::to_string(count) + " problems");
  error.issues = std::move(compilation.problems);
  return error;
}

}  // namespace spreaders::liquid
