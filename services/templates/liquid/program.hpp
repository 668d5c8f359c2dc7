// The compiled form of a template: a tree of nodes whose texts and constants point into the source it keeps.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "services/templates/liquid/value.hpp"

namespace spreaders::liquid {

struct Position {
  uint32_t line = 1;
  uint32_t column = 1;  // in characters
};

// A constant, a variable path or a range.
struct Operand {
  enum class Kind : uint8_t { kNone, kConstant, kPath, kRange };
  Kind kind = Kind::kNone;
  bool has_base = false;  // kPath: parts[0] is the object itself, as in "text".size
  Value constant = {};
  std::vector<Operand> parts = {};  // kPath: the keys, most of them constants; kRange: first and last
  std::string_view text = {};       // as written
};

enum class Operator : uint8_t {
  kNone,  // the item is an operand
  kEqual,
  kNotEqual,
  kGreater,
  kLess,
  kGreaterOrEqual,
  kLessOrEqual,
  kContains,
  kNot,
  kAnd,
  kOr
};

struct ExpressionItem {
  Operator operation = Operator::kNone;
  Operand operand = {};
};

struct Argument {
  std::string_view key;  // empty when positional
  Operand value;
};

struct Filter;  // filters.hpp

struct FilterCall {
  const Filter* filter = nullptr;  // nullptr: unknown and passed over
  std::vector<Argument> arguments;
};

struct FilteredValue {
  std::vector<ExpressionItem> postfix;
  std::vector<FilterCall> filters;
  bool starts_with_default = false;
  bool ends_with_raw = false;
  std::string_view text = {};
};

struct Node;
using Block = std::vector<Node>;

struct NamedOperand {
  std::string_view name;
  Operand value;  // kNone: the name alone, which means true
};

struct TextNode {
  std::string_view text;
};
struct OutputNode {
  FilteredValue value;
};
struct AssignNode {
  std::string_view name;
  FilteredValue value;
};
struct CaptureNode {
  std::string_view name;
  Block body;
};
struct Branch {
  FilteredValue condition;
  bool wants_true = true;  // false: unless
  Block body;
};
struct IfNode {
  std::vector<Branch> branches;
  Block otherwise;
};
struct When {
  std::vector<Operand> values;
  Block body;
};
struct CaseNode {
  FilteredValue value;
  std::vector<When> branches;
  Block otherwise;
};
struct ForNode {
  std::string_view variable;
  Operand collection;
  std::vector<NamedOperand> settings;  // limit, offset, reversed
  std::string loop_name;               // "variable-collection": forloop.name, and what `offset: continue` continues
  bool uses_register = false;          // `continue` occurs among the settings
  Block body;
  Block otherwise;
};
struct TablerowNode {
  std::string_view variable;
  Operand collection;
  std::vector<NamedOperand> settings;  // limit, offset, cols
  std::string loop_name;
  Block body;
};
struct CycleNode {
  Operand group;
  std::vector<FilteredValue> candidates;
  std::string fingerprint;
};
struct CounterNode {
  std::string_view name;
  bool is_increment = true;
};
struct PartialBinding {
  Operand value;
  std::optional<std::string_view> alias;
};
struct RenderNode {
  std::optional<std::string_view> fixed_name;
  std::optional<Block> name_template;  // 'mails/{{ language }}'
  Operand name;                        // otherwise
  std::optional<PartialBinding> with, each;
  std::vector<NamedOperand> arguments;
};
struct InterruptNode {
  bool is_break = true;
};
struct GroupNode {  // {% liquid %}
  Block body;
};

struct Node {
  Position at;
  std::variant<TextNode, OutputNode, AssignNode, CaptureNode, IfNode, CaseNode, ForNode, TablerowNode, CycleNode,
               CounterNode, RenderNode, InterruptNode, GroupNode>
      content;
};

struct Program {
  std::string source;
  std::deque<std::string> strings;  // literals with escapes, which cannot point into the source
  Block body;
};

}  // namespace spreaders::liquid
